"""Measure the editors' pages and operations at 44 roadmaps and ten million marks.

    .venv/bin/python -m benchmarks.admin

Takes ten minutes and 3 GB of disk. Half of the marks are on one roadmap.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.bench.data import SLUG, Database
from benchmarks.server import django_with_own_database

ROADMAPS, PEOPLE = 44, 200_000
REPETITIONS = 5
# All people mark all steps of the first roadmap, and one in forty those of each other.
MARK = f"""
    INSERT INTO progress_stepprogress (user_id, step_id, state, started_at, done_at)
    SELECT u.id, s.id, state, day, CASE state WHEN 'done' THEN day END
    FROM accounts_user AS u, roadmaps_step AS s
    JOIN roadmaps_roadmap AS r ON r.id = roadmap_id,
    LATERAL (SELECT
        (array['done', 'done', 'done', 'learning', 'skipped'])[1 + mod(u.id + s.id, 5)],
        date_trunc('day', now()) - mod(u.id * 7 + s.id, 300) * interval '1 day'
    ) AS chosen (state, day)
    WHERE r.slug = '{SLUG}' OR mod(u.id, 40) = mod(r.id, 40)"""
COMPLETE = """
    INSERT INTO progress_completion (user_id, roadmap_id, completed_at)
    SELECT DISTINCT user_id, roadmap_id, now() FROM progress_stepprogress
    JOIN roadmaps_step AS s ON s.id = step_id WHERE mod(user_id, 3) = 0"""


def fill(url: str) -> None:
    database = Database(url)
    person = "t.email = 'person0@example.com'"
    email = {"email": "'person' || n || '@example.com'"}
    database._copy("accounts_user", PEOPLE, email, person)
    database.grow_roadmaps(ROADMAPS)
    for statement in (MARK, COMPLETE, "VACUUM (ANALYZE)", "CHECKPOINT"):
        database._connection.execute(statement)
    marks = database.value("SELECT count(*) FROM progress_stepprogress")
    print(f"{marks:,} marks on {ROADMAPS} roadmaps, {PEOPLE:,} people", flush=True)
    database.close()


def measure(name: str, action: Callable[[], Any], repetitions: int = 1) -> Any:
    """Print the median time, and return the last result."""
    times = []
    for _ in range(repetitions):
        begun = time.perf_counter()
        result = action()
        times.append(time.perf_counter() - begun)
    print(f"{name}: {statistics.median(times) * 1000:,.0f} ms", flush=True)
    return result


def work() -> None:
    """Do what a worker does, until the queue is empty."""
    from django_tasks_db.models import DBTaskResult

    while task := DBTaskResult.objects.ready().first():
        task.claim("worker")
        values = task.args_kwargs
        perform = partial(task.task.call, *values["args"], **values["kwargs"])
        task.set_successful(measure(f"  worker: {task.task_name}", perform))


def measure_pages(client: Any) -> None:
    from roadmaps.models import Roadmap

    largest = Roadmap.objects.get(slug=SLUG)
    step = largest.steps.first()
    for name, path in {
        "list of roadmaps": "roadmap/",
        "insight of the largest": f"roadmap/{largest.pk}/insight/",
        "a step": f"step/{step.pk}/change/",
        "merge: the form": f"step/{step.pk}/merge/",
        "delete the largest: refused": f"roadmap/{largest.pk}/delete/",
    }.items():
        address = f"/admin/roadmaps/{path}"
        measure(name, partial(client.get, address), REPETITIONS)


def measure_operations(client: Any) -> None:
    from roadmaps.models import Roadmap

    steps = Roadmap.objects.get(slug=SLUG).steps.order_by("pk")
    retired, merged, into, halved = [f"{step.pk}" for step in steps[:4]]
    new = {"title": "New", "slug": "new", "summary": "New."}
    for name, step, data in [
        ("retire", retired, {}),
        ("merge", merged, {"into": into}),
        ("split", halved, new),
    ]:
        address = f"/admin/roadmaps/step/{step}/{name}/"
        measure(name, partial(client.post, address, data))
        work()


def main() -> None:
    with django_with_own_database() as url:
        from django.core.management import call_command
        from django.test import Client, override_settings

        from accounts.models import User

        User.objects.create_user("person0@example.com")
        editor = User.objects.create_superuser("editor@example.com")
        fill(url)
        tasks = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
        with override_settings(TASKS=tasks):
            client = Client()
            client.force_login(editor)
            measure("count_learners", lambda: call_command("count_learners"))
            measure_pages(client)
            measure_operations(client)


if __name__ == "__main__":
    main()
