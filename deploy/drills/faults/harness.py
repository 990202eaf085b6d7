"""Cairn with a database that can be killed, and people who tick."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle, product
from pathlib import Path

import dj_database_url
import psutil
import psycopg

from benchmarks.server import Cairn, free_port
from core.postgresql.embedded import PostgresServer, get_server
from deploy.drills.faults.ledger import FOUND, Answer, Check, Ledger, ticks_stored
from deploy.drills.rolling import PAUSE, SESSIONS, STATES, Person
from tests.production import Proxy, get_database_url

PAGE = "/roadmaps/backend-developer/"
STEPS = """
from roadmaps.models import Step
for step in Step.objects.filter(roadmap__slug="backend-developer"): print(step.pk)
"""


class TickingLearner(Person):
    """Ticks one step after the other, sometimes views the page, and repeats each tick
    until it is acknowledged.
    """

    def __init__(
        self, learners: Learners, person: int, session: str, steps: list[int]
    ) -> None:
        super().__init__(learners.port, session, "", learners.stopped)
        self.person, self.steps, self.ledger = person, steps, learners.ledger
        self.history: list[Answer] = []

    def run(self) -> None:
        ticks = cycle(product(STATES, self.steps))
        state, step = next(ticks)
        while not self.stopped.wait(PAUSE * random.uniform(0.9, 1.2)):
            self.ledger.request((self.person, step), state)
            if self.ask("POST", f"/progress/{step}/{state}/") == FOUND:
                self.ledger.acknowledge((self.person, step), state)
                state, step = next(ticks)
            if random.random() < 0.1:
                self.ask("GET", PAGE)
        self.browser.close()

    def ask(self, method: str, address: str) -> str:
        begun = time.monotonic()
        answer = super().ask(method, address)
        took = time.monotonic() - begun
        self.history.append(Answer(begun, took, answer, self.retry_after))
        return answer


class Learners:
    def __init__(self, harness: Harness, port: int) -> None:
        self.port = port
        self.stopped = threading.Event()
        self.ledger = Ledger()
        self.people = [
            TickingLearner(self, person, session, harness.steps)
            for person, session in harness.sessions.items()
        ]

    @property
    def answers(self) -> list[Answer]:
        return [one for person in self.people for one in [*person.history]]

    def between(self, begun: float, ended: float) -> list[Answer]:
        """The answers to requests that began and ended within that time."""
        return [one for one in self.answers if begun <= one.begun and one.ended < ended]


class Database:
    """The PostgreSQL of a folder."""

    def __init__(self, folder: Path) -> None:
        self.server: PostgresServer = get_server(folder)
        self.url = self.server.get_uri()
        self.parsed = dj_database_url.parse(self.url)

    def connect(self) -> psycopg.Connection:
        """As the superuser, with autocommit."""
        return psycopg.connect(self.url, autocommit=True)

    def run(self, sql: str) -> None:
        with self.connect() as own:
            own.execute(sql)

    def progress(self) -> list[tuple[int, int, str]]:
        """The rows, read without an index, which could hide a duplicate."""
        with self.connect() as own:
            for kind in ("indexscan", "indexonlyscan", "bitmapscan"):
                own.execute(f"SET enable_{kind} = off")
            rows = own.execute(
                "SELECT user_id, step_id, state FROM progress_stepprogress"
            )
            return rows.fetchall()

    def kill(self) -> None:
        """Send SIGKILL to the postmaster and all its children."""
        kill(self.server.get_pid())

    def start(self) -> float:
        """Start it unless it runs. Return the time of its first answer."""
        deadline = time.monotonic() + 30
        while True:
            with suppress(subprocess.SubprocessError, psycopg.OperationalError):
                self.server.ensure_postgres_running()
                self.connect().close()
                return time.monotonic()
            assert time.monotonic() < deadline, "PostgreSQL does not start again"
            time.sleep(0.1)

    @contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        """Let every tick take `seconds` in the database."""
        self.run(
            "CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END $$;"
            " CREATE TRIGGER be_slow BEFORE INSERT OR DELETE"
            " ON progress_stepprogress EXECUTE FUNCTION be_slow()"
        )
        try:
            yield
        finally:
            self.run("DROP FUNCTION be_slow CASCADE")

    @contextmanager
    def behind_proxy(self) -> Iterator[tuple[Proxy, str]]:
        """A proxy in front of the database, and the URL that leads through it."""
        proxy = Proxy(self.parsed["OPTIONS"]["host"] or self.parsed["HOST"])
        try:
            yield proxy, get_database_url(self.parsed, "127.0.0.1", proxy.port)
        finally:
            proxy.close()


class Harness(Cairn):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, CACHE_URL="", EMAIL_HOST="")
        self.folder = folder
        self.database = Database(folder / "postgres")
        self.steps = [int(step) for step in self.shell(STEPS)]
        words = self.shell(SESSIONS)
        self.sessions = dict(zip(map(int, words[::2]), words[1::2], strict=True))

    @contextmanager
    def serving(self, **environment: str) -> Iterator[Web]:
        with (self.folder / "web.log").open("w+b") as self.log:
            web = Web(self, environment)
            try:
                yield web
            finally:
                web.stop()
        del self.log

    @contextmanager
    def working(self, **environment: str) -> Iterator[None]:
        """Run the worker that compose runs."""
        command = (sys.executable, "manage.py", "db_worker", "--no-startup-delay")
        worker = self.run(*command, **environment)
        try:
            yield
        finally:
            worker.terminate()
            worker.wait()

    @contextmanager
    def people(self, port: int) -> Iterator[Learners]:
        self.database.run("TRUNCATE progress_stepprogress, progress_completion")
        learners = Learners(self, port)
        for person in learners.people:
            person.start()
        try:
            yield learners
        finally:
            learners.stopped.set()
            for person in learners.people:
                person.join()

    def ticks_stored(self, learners: Learners) -> Check:
        return ticks_stored(learners.ledger, self.database.progress())

    def logged(self, event: str) -> int:
        """How often the current web process has logged `event`."""
        return self.log_of_web().count(f'"{event}"')

    def log_of_web(self) -> str:
        return (self.folder / "web.log").read_text()


class Web:
    """A web process as deploy/start runs it."""

    def __init__(self, harness: Harness, environment: dict[str, str]) -> None:
        self.harness, self.environment = harness, environment
        self.port = free_port()
        self.start()

    def start(self) -> float:
        """Start it. Return the time of its first answer."""
        self.process = self.harness.serve(self.port, **self.environment)
        return time.monotonic()

    def kill(self) -> None:
        kill(self.process.pid)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.kill()


def kill(pid: int | None) -> None:
    assert pid
    parent = psutil.Process(pid)
    processes = [parent, *parent.children(recursive=True)]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)
