"""How long one search takes with 200 roadmaps of 50 steps, and 500 notes of one's own.

The texts are lines of the Backend Developer roadmap, shuffled, so that common words are
as common as there: "learn" is in every step, the most that a search can match.
"""

import random
import statistics
import time

from benchmarks.scratch import explained, print_load, scratch_database
from benchmarks.server import ROOT

ROADMAPS, STEPS, NOTES = 200, 50, 500
RUNS = 30
BUDGET = 10  # ms
TYPED = [
    *("ca", "cac", "cachi", "caching", "learn", "data", "the databas", "ci/cd"),
    *("postgresql index", "authentica", "http caching headers", "zzzzz"),
]


def fill() -> None:
    """Write the roadmaps, their steps and resources, and the notes of one person."""
    from accounts.models import User
    from editing.yaml_format.schema import read
    from progress.notes import Note
    from roadmaps.models import Resource, Roadmap, Step

    source = read(ROOT / "fixtures/backend-developer.yaml").steps
    lines = [line for step in source for line in step.body.splitlines() if line]
    titles = [word for step in source for word in step.title.split()]
    resources = [resource for step in source for resource in step.resources]
    shuffled = random.Random(1)

    def some(texts: list[str], least: int, most: int) -> list[str]:
        return shuffled.sample(texts, shuffled.randint(least, most))

    roadmaps = Roadmap.objects.bulk_create(
        Roadmap(
            slug=f"roadmap-{number}",
            title=" ".join([*some(titles, 1, 2), "Roadmap"]),
            category="Development",
            summary=shuffled.choice(source).summary,
            is_published=True,
        )
        for number in range(ROADMAPS)
    )
    steps = [
        Step(
            roadmap=roadmap,
            slug=f"step-{number}",
            position=number,
            title=" ".join(some(titles, 1, 3)),
            summary=shuffled.choice(source).summary,
            body="\n\n".join(["## What to learn", *some(lines, 5, 15)]),
        )
        for roadmap in roadmaps
        for number in range(STEPS)
    ]
    for step in steps:
        step.render_body()
    Step.objects.bulk_create(steps, batch_size=1000)
    Resource.objects.bulk_create(
        (
            Resource(step=step, title=r.title, url=f"{r.url}#{number}", kind=r.kind)
            for step in steps
            for number, r in enumerate(shuffled.sample(resources, 3))
        ),
        batch_size=5000,
    )
    user = User.objects.create_user("reader@example.com")
    Note.objects.bulk_create(
        Note(user=user, step=step, text="\n".join(some(lines, 1, 20)))
        for step in shuffled.sample(steps, NOTES)
    )


def inside(query: str) -> float:
    """What PostgreSQL itself says that planning and running take, in ms."""
    plan = explained(query)
    return plan["Planning Time"] + plan["Execution Time"]


def measure() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User
    from search.query import Query
    from search.results import find_results

    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    user = User.objects.get(email="reader@example.com")
    print(f"{'median':>9} {'fastest':>9} {'EXPLAIN':>9} {'hits':>5}  typed")
    medians = []
    for typed in TYPED:
        times = []
        for _ in range(RUNS):
            begun = time.perf_counter()
            hits = find_results(Query(typed), user)
            times.append(1000 * (time.perf_counter() - begun))
        with CaptureQueriesContext(connection) as queries:
            find_results(Query(typed), user)
        assert len(queries) == 1
        within = statistics.median(inside(queries[0]["sql"]) for _ in range(5))
        medians.append(statistics.median(times))
        print(
            f"{medians[-1]:6.1f} ms {min(times):6.1f} ms {within:6.1f} ms "
            f"{len(hits):5}  {typed}"
        )
    print(f"the slowest median is {max(medians):.1f} ms, of {BUDGET} ms;")
    print_load()


def main() -> None:
    with scratch_database():
        fill()
        measure()


if __name__ == "__main__":
    main()
