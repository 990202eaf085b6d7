"""Retire, merge, split and import while people tick steps of the same roadmap."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django_tasks_db.models import DBTaskResult

from benchmarks.growth.measure import time_limit
from benchmarks.growth.people import People
from benchmarks.growth.results import Result, Results
from benchmarks.growth.ticks import Ticks
from benchmarks.server import ROOT, free_port, wait_for
from editing.background_operations import UNFINISHED
from editing.yaml_format.exporter import export

LIMIT = 15 * 60  # seconds for an operation and its tasks
BEFORE = 30  # seconds of ticks without an operation
POLL_INTERVAL = 1.0  # seconds


def measure_operations(
    results: Results, people: People, chosen: re.Pattern[str]
) -> None:
    steps = people.steps
    editor = people.editor()

    def change(name: str, step: int, data: dict[str, object]) -> None:
        path = f"/admin/roadmaps/step/{steps[step].pk}/{name}/"
        response = editor.post(path, data)
        if response.status_code != 302:
            raise ValueError(f"{path} answered {response.status_code}")

    new = {"title": "New", "slug": "new", "summary": "New."}
    operations: dict[str, Callable[[], None]] = {
        "retire a step": partial(change, "retire", 20, {}),
        "merge two steps": partial(change, "merge", 4, {"into": str(steps[5].pk)}),
        "split a step": partial(change, "split", 10, new),
        "import with another required step": partial(import_changed, people),
    }
    operations = {
        name: each for name, each in operations.items() if chosen.search(name)
    }
    if not operations:
        return
    with site() as port:
        for name, operation in operations.items():
            results.add(measure_operation(name, operation, people, port))


def measure_operation(
    name: str, operation: Callable[[], None], people: People, port: int
) -> Result:
    result = Result(name, [], [])
    cookies = [
        f"{settings.SESSION_COOKIE_NAME}={people.start_session(user)}"
        for user in people.choose(Ticks.PEOPLE)
    ]
    steps = list(people.largest.steps.active().values_list("pk", flat=True))
    failed_before = DBTaskResult.objects.failed().count()
    with Ticks(port, cookies, steps) as ticks:
        time.sleep(BEFORE)
        begun = time.perf_counter()
        try:
            with time_limit(LIMIT):
                operation()
                responded = time.perf_counter()
                while DBTaskResult.objects.filter(status__in=UNFINISHED).exists():
                    time.sleep(POLL_INTERVAL)
        except TimeoutError as error:
            result.note = str(error)
            connection.close()
        except Exception as error:
            result.note = f"failed: {type(error).__name__}: {error}"[:200]
            connection.close()
        ended = time.perf_counter()
    result.first = [(ended - begun) * 1000]
    if not result.note:
        result.note = f"the editor's request {(responded - begun) * 1000:,.0f} ms"
        if failed := DBTaskResult.objects.failed().count() - failed_before:
            result.note += f", {failed} tasks failed"
    result.ticks = ticks.summarize(begun, ended)
    return result


def import_changed(people: People) -> None:
    """Make the last step optional: people who have not done it complete the roadmap."""
    text = export(people.largest)
    head, last = text.rsplit("\n  - slug: ", 1)
    if "\n    optional:" in last:
        raise ValueError("The last step is optional already.")
    slug, rest = last.split("\n", 1)
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{people.largest.slug}.yaml"
        file.write_text(f"{head}\n  - slug: {slug}\n    optional: true\n{rest}")
        call_command("import_roadmap", str(file), verbosity=0)


@contextmanager
def site() -> Iterator[int]:
    """A web process and a worker, as in production. Yields the port."""
    port = free_port()
    environment = os.environ | {
        "GRANIAN_PORT": str(port),
        "SITE_URL": f"http://localhost:{port}",
    }
    web = subprocess.Popen(
        ["deploy/start"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "db_worker", "--queue-name=*"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield port
    finally:
        for process in (web, worker):
            process.terminate()
        for process in (web, worker):
            process.wait(timeout=60)
