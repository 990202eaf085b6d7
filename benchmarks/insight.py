"""How long an editor's insight into a roadmap takes with ten million progress rows.

Six roadmaps, of which the first has two fifths of the rows. A learner walks as far as
chance will have it, in order but for one step in ten; the rows lie on the disk as they
were written, everybody's mixed. ROWS=100000 in the environment makes it quick.
"""

import json
import os
import statistics
import time

from benchmarks.scratch import explained, print_load, scratch_database

ROWS = int(os.environ.get("ROWS", 10_000_000))
USERS = int(0.077 * ROWS)  # enough for as many rows
ROADMAPS = [
    (45, 23),
    (22, 30),
    (12, 23),
    (8, 40),
    (6, 60),
    (3, 23),
]  # % of users, steps
RUNS = 5

PEOPLE = """
INSERT INTO accounts_user
    (password, is_superuser, email, is_staff, is_active, theme, date_joined)
SELECT '', FALSE, 'person' || n || '@example.com', FALSE, TRUE, '', now()
FROM generate_series(1, %s) AS n
"""
# One mark in twelve is a skip; of the last ones three in ten are in progress.
PROGRESS = """
INSERT INTO progress_stepprogress (user_id, step_id, state, started_at, done_at)
SELECT
    user_id,
    step_id,
    state,
    at,
    CASE WHEN state = 'done' THEN at END
FROM (
    SELECT
        walk.user_id,
        step.id AS step_id,
        CASE
            WHEN random() < 1.0 / 12 THEN 'skipped'
            WHEN step.place = walk.length AND random() < 0.3 THEN 'learning'
            ELSE 'done'
        END AS state,
        walk.begun
            + walk.pace * (step.place + CASE WHEN random() < 0.1 THEN 3 ELSE 0 END)
            + random() * interval '20 hours' AS at
    FROM (
        SELECT
            learner.id AS user_id,
            roadmap.id AS roadmap_id,
            ceil(roadmap.steps * random())::int AS length,
            now() - random() * interval '730 days' AS begun,
            exp(2 * random()) * interval '8 hours' AS pace
        FROM accounts_user AS learner
        JOIN (
            SELECT roadmap_id AS id, count(*) AS steps
            FROM roadmaps_step
            GROUP BY roadmap_id
        ) AS roadmap
            -- A draw a learner: without the id it would be one a roadmap.
            ON random() * 100 + 0 * learner.id < (%s::jsonb ->> roadmap.id::text)::float
    ) AS walk
    JOIN (
        SELECT
            id,
            roadmap_id,
            row_number() OVER (PARTITION BY roadmap_id ORDER BY position) AS place
        FROM roadmaps_step
    ) AS step ON step.roadmap_id = walk.roadmap_id AND step.place <= walk.length
) AS mark
WHERE at < now()
ORDER BY at
LIMIT %s
"""
COMPLETIONS = """
INSERT INTO progress_completion (user_id, roadmap_id, completed_at)
SELECT mark.user_id, step.roadmap_id, max(mark.done_at)
FROM progress_stepprogress AS mark
JOIN roadmaps_step AS step ON step.id = mark.step_id
WHERE mark.done_at IS NOT NULL
GROUP BY mark.user_id, step.roadmap_id
HAVING count(*) > 0.8 * (
    SELECT count(*) FROM roadmaps_step AS other
    WHERE other.roadmap_id = step.roadmap_id
)
"""


def fill() -> None:
    from django.db import connection

    from roadmaps.models import Roadmap, Step

    shares = {}
    for number, (share, length) in enumerate(ROADMAPS, start=1):
        roadmap = Roadmap.objects.create(slug=f"roadmap-{number}", title=f"{number}")
        Step.objects.bulk_create(
            Step(roadmap=roadmap, slug=f"step-{n}", position=n, title=f"Step {n}")
            for n in range(1, length + 1)
        )
        shares[roadmap.pk] = share
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [USERS])
        cursor.execute(PROGRESS, [json.dumps(shares), ROWS])
        cursor.execute(COMPLETIONS)
        cursor.execute("VACUUM (ANALYZE)")


def measure() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from editing.insight import get_insight
    from progress.models import StepProgress
    from roadmaps.models import Roadmap

    with connection.cursor() as cursor:
        table = StepProgress._meta.db_table
        cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        size = cursor.fetchone()[0]
    print(f"{size / StepProgress.objects.count():.0f} bytes a row with indexes")
    print(f"{'median':>9} {'fastest':>9} {'EXPLAIN':>9} {'rows':>10} {'learners':>9}")
    for roadmap in Roadmap.objects.all():
        times = []
        for _ in range(RUNS):
            begun = time.perf_counter()
            counted = get_insight(roadmap)
            times.append(time.perf_counter() - begun)
        with CaptureQueriesContext(connection) as queries:
            get_insight(roadmap)
        counting = next(q["sql"] for q in queries if "walked" in q["sql"])
        plan = explained(counting)
        rows = StepProgress.objects.filter(step__roadmap=roadmap).count()
        print(
            f"{statistics.median(times):7.2f} s {min(times):7.2f} s "
            f"{plan['Execution Time'] / 1000:7.2f} s {rows:10,} {counted.learners:9,}"
        )
    print_load()


def main() -> None:
    with scratch_database():
        fill()
        measure()


if __name__ == "__main__":
    main()
