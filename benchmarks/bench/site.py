"""One database with Cairn before it, and what people would ask of it."""

from __future__ import annotations

import gzip
import json
import re
import secrets
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks.bench.data import SLUG, Cluster, Database
from benchmarks.bench.load import Request, ask
from benchmarks.bench.servers import Server, granian
from benchmarks.server import ROOT

ZIPPED = {"Accept-Encoding": "gzip"}
STATES = ["done", "learning", "skipped", "none"]  # each of one of the first people
TICK = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}
ROW = re.compile(r'(?=<li id="[^"]+" class="step )')
SECRET = secrets.token_hex(32)


def environment(url: str) -> dict[str, str]:
    """What production needs to be told."""
    return {
        "DEBUG": "false",
        "DATABASE_URL": url,
        "DATABASE_POOL_SIZE": "8",  # as many as ask
        "MALLOC_ARENA_MAX": "2",  # as in deploy/start
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "localhost",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def run(url: str, *command: str) -> str:
    """What Python prints that runs `command` in Cairn's environment."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(url),
        check=True,
        text=True,
        capture_output=True,
    ).stdout


def prepare(url: str) -> None:
    """The tables, one roadmap of 23 steps, and somebody whom others are made after."""
    run(url, "manage.py", "collectstatic", "--noinput")
    run(url, "manage.py", "migrate", "--verbosity=0")
    run(url, "manage.py", "import_roadmap", f"fixtures/{SLUG}.yaml")
    person = "User.objects.create_user('person0@example.com')"
    run(url, "manage.py", "shell", "--verbosity=0", "-c", person)


class Site:
    """Cairn on a database of its own, with some of its people signed in."""

    def __init__(self, cluster: Cluster, name: str, people: int, sessions: int) -> None:
        self.database = Database(cluster.url(name))
        arguments = (SLUG, str(people), str(sessions))
        printed = run(self.database.url, "-m", "benchmarks.bench.inside", *arguments)
        self.told: dict[str, Any] = json.loads(printed.splitlines()[-1])
        self.people: list[int] = self.told["people"][len(STATES) :]
        self.queries: dict[str, int] = self.told["queries"]
        self.page: str = self.told["addresses"]["page"]
        self.sessions: list[dict[str, str]] = self.told["cookies"][len(STATES) :]
        self.cookies = [
            {"Cookie": "; ".join(f"{name}={value}" for name, value in own.items())}
            for own in self.told["cookies"]
        ]

    def serve(self) -> Server:
        self.server = granian("config.wsgi:application", environment(self.database.url))
        return self.server

    def signed_in(self, name: str, more: Mapping[str, str] = {}) -> list[Request]:
        """A page, asked for by one after another."""
        path = self.told["addresses"][name]
        return [Request(path, {**own, **more}) for own in self.cookies[len(STATES) :]]

    def ticks(self) -> list[Request]:
        """Every step taken back and done again by everybody, nobody twice in a row."""
        return [
            Request(f"/progress/{step}/{state}/", {**own, **TICK}, "POST")
            for state in ("none", "done")
            for step in self.told["steps"].values()
            for own in self.cookies[len(STATES) :]
        ]

    def put_back(self) -> None:
        """Have people stand where they stood at first."""
        self.database.put_back(self.people)

    def finish(self) -> None:
        """Have people be done with every step, so that every tick changes something."""
        self.database.finish(self.people)

    def visit(self) -> Request:
        return Request(self.page)

    def revisit(self) -> Request:
        """The visitor's page by a browser that has it."""
        etag = ask(self.server.port, self.visit()).headers["etag"]
        return Request(self.page, {"If-None-Match": etag}, expected=304)

    def parts(self) -> dict[str, Any]:
        """What FLOOR puts its answers together from: fragments of Cairn's own."""
        port, steps = self.server.port, list(self.told["steps"].values())
        usual = self.cookies[len(STATES)]
        rows: dict[int, dict[str, str]] = {step: {} for step in steps}
        for state, own in zip([*STATES, None], self.cookies, strict=False):
            body = ask(port, Request(self.page, own)).body.decode()
            route, _, tail = body.partition("</ol>")
            head, *cut = ROW.split(route)
            if state:
                for step, row in zip(steps, cut, strict=True):
                    rows[step][state] = row
        self.finish()
        marked = {
            path: ask(port, Request(path, {**usual, **TICK}, "POST")).body.decode()
            for step in steps
            for path in (f"/progress/{step}/none/", f"/progress/{step}/done/")
        }
        return {
            "cookie": self.told["cookie"],
            "head": head,
            "tail": f"</ol>{tail}",
            "rows": rows,
            "marked": marked,
        }

    def compressed(self, request: Request) -> int:
        """The bytes of an answer's body once it is compressed."""
        zipped = request._replace(headers={**request.headers, **ZIPPED})
        answer = ask(self.server.port, zipped)
        is_zipped = answer.headers.get("content-encoding") == "gzip"
        return len(answer.body if is_zipped else gzip.compress(answer.body))
