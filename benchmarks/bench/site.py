"""Cairn on its own database, and the requests that people send to it."""

from __future__ import annotations

import json
import re
from typing import Any

from benchmarks.bench.data import SLUG, Database
from benchmarks.bench.servers import (
    CURRENT,
    ROOT,
    Request,
    Revision,
    environment,
    fetch,
    start_granian,
)

STATES = ["done", "learning", "skipped", "none"]  # of the first four people
TICK = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}
ROW = re.compile(r'(?=<li\s+id="[^"]+"\s+class="step\b)')
CREATE_PERSON = """
from accounts.models import User
User.objects.create_user("person0@example.com")
"""


def fill(revision: Revision, url: str) -> None:
    """Create the tables, one roadmap of 23 steps and one person to copy."""
    revision.run(url, "manage.py", "collectstatic", "--noinput")
    revision.run(url, "manage.py", "migrate", "--verbosity=0")
    revision.run(url, "manage.py", "import_roadmap", f"fixtures/{SLUG}.yaml")
    revision.run(url, "manage.py", "shell", "--verbosity=0", "-c", CREATE_PERSON)


class Site:
    """One web process. `sessions` of its people are signed in."""

    def __init__(
        self,
        url: str,
        sessions: int,
        revision: Revision = CURRENT,
        slug: str = SLUG,  # of the roadmap that is measured
    ) -> None:
        self.name = revision.name
        self.database = Database(url)
        people = self.database.count_people()
        script = str(ROOT / "benchmarks/bench/sign_in.py")
        printed = revision.run(url, script, slug, str(people), str(sessions))
        prepared: dict[str, Any] = json.loads(printed.splitlines()[-1])
        self.session_cookie: str = prepared["session_cookie"]
        self.people: list[int] = prepared["people"][len(STATES) :]
        self.cookies: list[dict[str, str]] = prepared["cookies"][len(STATES) :]
        self.steps: list[int] = prepared["steps"]
        self.queries: dict[str, int] = prepared["queries"]
        self.paths: dict[str, str] = prepared["paths"]
        headers = [
            {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
            for cookies in prepared["cookies"]
        ]
        self.headers_by_state = dict(zip(STATES, headers, strict=False))
        self.headers = headers[len(STATES) :]
        self.visit = Request(self.paths["page"])
        self.server = start_granian(
            "config.wsgi:application", environment(url), revision
        )
        self.server.wait(self.visit)

    def pages(self, name: str) -> list[Request]:
        """The same page, requested by one person after the other."""
        return [Request(self.paths[name], headers) for headers in self.headers]

    def ticks(self) -> list[Request]:
        """Every person unticks every step and ticks it again, never twice in a row."""
        return [
            Request(f"/progress/{step}/{state}/", {**headers, **TICK}, "POST")
            for state in ("none", "done")
            for step in self.steps
            for headers in self.headers
        ]

    def reset_progress(self) -> None:
        self.database.reset_progress(self.people)

    def finish_all(self) -> None:
        """Mark every step done, so that every tick changes something."""
        self.database.finish_all(self.people)

    def fragments(self) -> dict[str, Any]:
        """Pieces of Cairn's own responses, from which FLOOR builds its responses."""
        rows: dict[int, dict[str, str]] = {step: {} for step in self.steps}
        for state, headers in self.headers_by_state.items():
            page = self.fetch_text(Request(self.paths["page"], headers))
            end = page.index("</form>", page.index('id="roadmap_route"'))
            head, *pieces = ROW.split(page[:end])
            for step, row in zip(self.steps, pieces, strict=True):
                rows[step][state] = row
        self.finish_all()
        headers = {**self.headers[0], **TICK}
        marked = {
            path: self.fetch_text(Request(path, headers, "POST"))
            for step in self.steps
            for path in (f"/progress/{step}/none/", f"/progress/{step}/done/")
        }
        return {
            "cookie": self.session_cookie,
            "visitors_page": self.fetch_text(self.visit),
            "head": head,
            "tail": page[end:],
            "rows": rows,
            "marked": marked,
        }

    def fetch_text(self, request: Request) -> str:
        return fetch(self.server.port, request).body.decode()
