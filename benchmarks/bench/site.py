"""Cairn on its own database, and the requests that people send to it."""

from __future__ import annotations

import gzip
import json
import re
import secrets
import subprocess
from typing import Any

from benchmarks.bench.data import SLUG, Cluster, Database
from benchmarks.bench.load import MeasurementError, Request, fetch
from benchmarks.bench.revision import CURRENT, Revision
from benchmarks.bench.servers import start_granian
from benchmarks.server import ROOT

STATES = ["done", "learning", "skipped", "none"]  # of the first four people
TICK = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}
ROW = re.compile(r'(?=<li\s+id="[^"]+"\s+class="step\b)')
SECRET_KEY = secrets.token_hex(32)


def environment(url: str) -> dict[str, str]:
    return {
        "DEBUG": "false",
        "DATABASE_URL": url,
        "DATABASE_POOL_SIZE": "8",  # one for each connection of the client
        "MALLOC_ARENA_MAX": "2",  # as in deploy/start
        "SECRET_KEY": SECRET_KEY,
        "ALLOWED_HOSTS": "localhost",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def run(revision: Revision, url: str, *command: str) -> str:
    """What Python prints for `command` in the revision's environment."""
    ran = subprocess.run(
        [revision.python, *command],
        cwd=revision.root,
        env=environment(url),
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        raise MeasurementError(f"{revision.name}: {command}\n{ran.stderr[-2000:]}")
    return ran.stdout


def create_base(cluster: Cluster, revision: Revision, database: str) -> str:
    """A database with one roadmap of 23 steps and one person to copy; its URL."""
    url = cluster.create(database)
    run(revision, url, "manage.py", "collectstatic", "--noinput")
    run(revision, url, "manage.py", "migrate", "--verbosity=0")
    run(revision, url, "manage.py", "import_roadmap", f"fixtures/{SLUG}.yaml")
    person = (
        "from accounts.models import User;"
        " User.objects.create_user('person0@example.com')"
    )
    run(revision, url, "manage.py", "shell", "--verbosity=0", "-c", person)
    return url


class Site:
    def __init__(
        self,
        cluster: Cluster,
        database: str,
        people: int,
        sessions: int,
        revision: Revision = CURRENT,
    ) -> None:
        self.name, self.revision = revision.name, revision
        self.database = Database(cluster.url(database))
        script = str(ROOT / "benchmarks/bench/sign_in.py")
        arguments = (script, SLUG, str(people), str(sessions))
        printed = run(revision, self.database.url, *arguments)
        prepared: dict[str, Any] = json.loads(printed.splitlines()[-1])
        self.session_cookie: str = prepared["session_cookie"]
        self.people: list[int] = prepared["people"][len(STATES) :]
        self.steps: list[int] = prepared["steps"]
        self.queries: dict[str, int] = prepared["queries"]
        self.paths: dict[str, str] = prepared["paths"]
        self.cookies: list[dict[str, str]] = prepared["cookies"]
        headers = [
            {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
            for cookies in self.cookies
        ]
        self.headers_by_state = dict(zip(STATES, headers, strict=False))
        self.headers = headers[len(STATES) :]
        self.visit = Request(self.paths["page"])
        self.server = start_granian(
            "config.wsgi:application", environment(self.database.url), revision
        )

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

    def revisit(self) -> Request:
        """The visitor's page, requested by a browser that has it already."""
        etag = fetch(self.server.port, self.visit).headers["etag"]
        return Request(self.visit.path, {"If-None-Match": etag}, expected_status=304)

    def fragments(self) -> dict[str, Any]:
        """Pieces of Cairn's own responses, from which FLOOR builds its responses."""
        port = self.server.port
        rows: dict[int, dict[str, str]] = {step: {} for step in self.steps}
        for state, headers in self.headers_by_state.items():
            body = fetch(port, Request(self.paths["page"], headers)).body.decode()
            route, _, tail = body.partition("</ol>")
            head, *pieces = ROW.split(route)
            for step, row in zip(self.steps, pieces, strict=True):
                rows[step][state] = row
        self.finish_all()
        usual = {**self.headers[0], **TICK}
        marked = {
            path: fetch(port, Request(path, usual, "POST")).body.decode()
            for step in self.steps
            for path in (f"/progress/{step}/none/", f"/progress/{step}/done/")
        }
        return {
            "cookie": self.session_cookie,
            "head": head,
            "tail": f"</ol>{tail}",
            "rows": rows,
            "marked": marked,
        }

    def compressed_size(self, request: Request) -> int:
        """The bytes of the response's body, compressed."""
        headers = {**request.headers, "Accept-Encoding": "gzip"}
        response = fetch(self.server.port, request._replace(headers=headers))
        is_compressed = response.headers.get("content-encoding") == "gzip"
        return len(response.body if is_compressed else gzip.compress(response.body))
