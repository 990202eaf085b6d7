"""Measure what a mentor's page reads, at 50 million marks.

    .venv/bin/python -m benchmarks.groups
    .venv/bin/python -m benchmarks.groups --marks 1000000

People mark their steps over time, so a person's marks are in many places of the table,
with other people's marks between them.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.bench.data import SLUG, STEPS, Database, drop_indexes
from benchmarks.long_roadmap import SLUG as LONG_SLUG
from benchmarks.long_roadmap import write_roadmap
from benchmarks.server import django_with_own_database

if TYPE_CHECKING:
    from groups.models import Assignment

MARKS = 50_000_000
BYTES_PER_MARK = 230  # with indexes, the people, and what PostgreSQL writes meanwhile
GB = 1_000_000_000
MEMBERS = 2_000  # of each group on the long roadmap
MANY, PAGE = 500, 50  # members whose progress is read at once
REPETITIONS, MOST_SECONDS = 15, 5  # of each measurement, but at least two
UNMEASURED = 6  # until PostgreSQL keeps the plan of a prepared statement

# Every person marks all steps of the short roadmap. The first group marks all steps of
# the long one, the second group its first half. The people of a group are spread over
# all people. OFFSET 0 makes PostgreSQL take one person after the other.
CHOOSE_STEPS = f"""
    CREATE TEMPORARY TABLE chosen_step AS
    SELECT step.id, step.position, roadmap.slug = '{LONG_SLUG}' AS is_long
    FROM roadmaps_step AS step
    JOIN roadmaps_roadmap AS roadmap ON roadmap.id = step.roadmap_id
    WHERE roadmap.slug IN ('{SLUG}', '{LONG_SLUG}')
        AND mod(step.position, {STEPS}) = %(time)s"""
MARK = """
    INSERT INTO progress_stepprogress (user_id, step_id, state, started_at, done_at)
    SELECT person.id, step.id, state, day - took, CASE state WHEN 'done' THEN day END
    FROM generate_series(
        (SELECT min(id) FROM accounts_user), (SELECT max(id) FROM accounts_user)
    ) AS person (id)
    CROSS JOIN LATERAL (
        SELECT id FROM chosen_step
        WHERE NOT is_long OR mod(person.id, %(gap)s) = 0
            OR mod(person.id, %(gap)s) = 1 AND position <= 150
        OFFSET 0
    ) AS step,
    LATERAL (SELECT
        (array['done', 'done', 'done', 'learning', 'skipped'])
            [1 + mod(person.id / 7 + step.id, 5)],
        now() - mod(person.id * 7 + step.id, 300) * interval '1 day',
        mod(person.id * 13 + step.id * 3, 977) * interval '33 minutes'
    ) AS chosen (state, day, took)"""


def needs_disk(marks: int) -> bool:
    """Say how much disk it takes, and whether there is not enough."""
    needed = marks * BYTES_PER_MARK
    free = shutil.disk_usage(tempfile.gettempdir()).free
    print(f"{needed / GB:.0f} GB of disk needed, {free / GB:.0f} GB free", flush=True)
    return needed > free


def fill(url: str, marks: int) -> None:
    from django.core.management import call_command

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "long.yaml"
        file.write_text(write_roadmap())
        call_command("import_roadmap", str(file), verbosity=0)
    database = Database(url)
    people = max(marks // STEPS, 3 * MEMBERS)
    email = {"email": "'person' || n || '@example.com'"}
    email["name"] = "'Person ' || md5(n::text)"
    database._copy("accounts_user", people, email, "t.email = 'person0@example.com'")
    database.execute("ANALYZE accounts_user")
    mark_steps(database, people // MEMBERS)
    total = database.value("SELECT count(*) FROM progress_stepprogress")
    print(f"{total:,} marks of {people:,} people", flush=True)
    database.close()


def mark_steps(database: Database, gap: int) -> None:
    """People's marks. One in `gap` people belongs to each group."""
    indexes = drop_indexes(database, "progress_stepprogress")
    for step in range(STEPS):
        database.execute(CHOOSE_STEPS, {"time": step})
        database.execute(MARK, {"gap": gap})
        database.execute("DROP TABLE chosen_step")
    for statement in indexes:
        database.execute(statement)
    for statement in ("VACUUM (ANALYZE)", "CHECKPOINT"):
        database.execute(statement)


def add_groups() -> dict[str, Assignment]:
    """Groups whose members all show the roadmap, with an assignment each."""
    from accounts.models import User
    from groups.models import Assignment, Group, Membership, SharedRoadmap
    from roadmaps.models import Roadmap

    gap = (User.objects.count() - 1) // MEMBERS
    long, short = (Roadmap.objects.get(slug=slug) for slug in (LONG_SLUG, SLUG))
    assignments = {}
    for name, roadmap, members, rest in [
        ("2,000 members, 300 steps, all marked", long, MEMBERS, 0),
        ("2,000 members, 300 steps, half marked", long, MEMBERS, 1),
        ("160 members, 300 steps, all marked", long, 160, 0),
        ("2,000 members, 23 steps, all marked", short, MEMBERS, 2),
    ]:
        group = Group.objects.create(name=name)
        assignment = Assignment.objects.create(group=group, roadmap=roadmap)
        ids = User.objects.extra(where=["mod(id, %s) = %s"], params=[gap, rest])
        memberships = Membership.objects.bulk_create(
            Membership(group=group, user_id=pk)
            for pk in ids.values_list("pk", flat=True)[:members]
        )
        SharedRoadmap.objects.bulk_create(
            SharedRoadmap(membership=membership, assignment=assignment)
            for membership in memberships
        )
        assignments[name] = assignment
    return assignments


def measure(name: str, action: Callable[[], object]) -> None:
    """Print the median time, the number of queries and the shapes of their plans."""
    from django.db import connection

    times: list[float] = []
    until = time.perf_counter() + MOST_SECONDS
    while len(times) < UNMEASURED + REPETITIONS:
        begun = time.perf_counter()
        if len(times) > 2 and begun > until:
            break
        action()
        times.append((time.perf_counter() - begun) * 1000)
    times = times[min(UNMEASURED, len(times) - 2) :]
    statements: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        action()
    print(f"{name}: {statistics.median(times):,.1f} ms", end="")
    print(f" ({min(times):,.1f} to {max(times):,.1f}), {len(statements)} queries")
    for sql, params in statements:
        if sql.startswith("SET"):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            ((plan,),) = cursor.fetchone()
        database_time = plan["Execution Time"]
        print(f"  {database_time:,.1f} ms: {describe(plan['Plan'])}", flush=True)


def describe(plan: dict[str, Any]) -> str:
    """How a plan reads the marks, and below which nodes."""
    found = list(find_marks(plan))
    return " and ".join(dict.fromkeys(found)) or "reads no marks"


def find_marks(plan: dict[str, Any]) -> Iterator[str]:
    """The nodes from the top to each that reads marks and was executed."""
    name = plan["Node Type"]
    reads_marks = plan.get("Relation Name") == "progress_stepprogress"
    if plan["Actual Loops"] and (
        reads_marks or plan.get("Index Name") == "progress_stepprogress_pkey"
    ):
        yield name
        return
    for part in plan.get("Plans", []):
        for path in find_marks(part):
            yield f"{name} > {path}"


def measure_all(assignments: dict[str, Assignment]) -> None:
    from groups.member_order import MemberOrder
    from groups.models import Membership
    from groups.shared_progress import read_progress
    from groups.step_summaries import read_summary, store_summary

    def members(assignment: Assignment, order: str, most: int) -> list[Membership]:
        showing = Membership.objects.showing(assignment).select_related("user")
        return list(showing.sorted_by(order, assignment)[:most])

    def read(assignment: Assignment, some: list[Membership]) -> None:
        read_progress(assignment, some, summaries={})

    for name, assignment in assignments.items():
        print(f"\n{name}")
        some = members(assignment, MemberOrder.NAME, MANY)
        for shown in dict.fromkeys([len(some), PAGE]):
            measure(f"progress of {shown}", partial(read, assignment, some[:shown]))
        measure("summary of the steps", partial(read_summary, assignment))
        if read_summary(assignment).is_large:
            measure("count and store it", partial(store_summary, assignment))
        for order in MemberOrder:
            action = partial(members, assignment, order, PAGE)
            measure(f"first page by {order}", action)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--marks", type=int, default=MARKS)
    marks = parser.parse_args().marks
    if needs_disk(marks):
        sys.exit("That is not enough. Choose fewer marks, or another TMPDIR.")
    with django_with_own_database() as url:
        from django.db import connection

        from accounts.models import User
        from core.postgresql.settings import use_prepared_statements

        User.objects.create_user("person0@example.com")
        fill(url, marks)
        assignments = add_groups()
        connection.close()
        use_prepared_statements(connection.settings_dict)
        measure_all(assignments)
        connection.close()


if __name__ == "__main__":
    main()
