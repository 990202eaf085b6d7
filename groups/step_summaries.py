"""How many members of a group are past each step, and how long they took.

This is counted when a mentor looks. In a large group, that would take too long: there,
`manage.py summarize_groups` counts and stores the summaries every hour.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.utils import timezone

from core.postgresql.pool import statement_timeout
from groups.consents import MEMBERS_WHO_SHOW_IT
from groups.stuck import MIN_FINISHED, StepSummary
from progress.measured_effort import MIN_DURATION

if TYPE_CHECKING:
    from groups.models import Assignment

# Members times steps, such as 800 members of a roadmap with 25 steps. To count as many
# marks, or to sort the members by them, takes up to about 100 ms if they are in many
# places of the table. docs/performance.md has the figures.
MAX_LIVE_MARKS = 20_000
QUERY_TIMEOUT = 30  # seconds, to count a large group

# The members who show the roadmap, and whether they are many.
MEMBERS = f"""
member AS MATERIALIZED (
    SELECT membership.id, membership.user_id
    FROM {MEMBERS_WHO_SHOW_IT}
    WHERE assignment.id = %(assignment)s
), size AS MATERIALIZED (
    SELECT (SELECT count(*) FROM member) * (
        SELECT count(*) FROM roadmaps_step AS step
        JOIN groups_assignment AS assignment USING (roadmap_id)
        WHERE assignment.id = %(assignment)s AND NOT step.is_retired
    ) > %(max_marks)s AS is_large
)
"""  # noqa: S608, constants

# Sorting all times for an exact median would take twice as long. So this counts people
# by tenths of a day, rounded up. The median of rounded times is the rounded median; of
# two middle ones, it takes the lower one. The steps are an array and not a join, which
# would look up the step of each mark. It counts nothing in a large group, unless
# `even_if_large`.
COUNT_STEPS = """
counted AS (
    SELECT mark.step_id, count(*) AS people,
        CASE WHEN mark.done_at - mark.started_at >= %(least)s * interval '1 second'
            THEN ceil(date_part('epoch', mark.done_at - mark.started_at) / 8640)::int
        END AS tenths
    FROM member
    JOIN progress_stepprogress AS mark ON mark.user_id = member.user_id
    WHERE mark.state IN ('done', 'skipped')
        AND mark.step_id = ANY(ARRAY(
            SELECT step.id FROM roadmaps_step AS step
            JOIN groups_assignment AS assignment USING (roadmap_id)
            WHERE assignment.id = %(assignment)s AND NOT step.is_retired
                AND (%(steps)s::int[] IS NULL OR step.id = ANY(%(steps)s::int[]))
        ))
        AND (%(even_if_large)s OR NOT (SELECT is_large FROM size))
    GROUP BY mark.step_id, tenths
), ordered AS (
    SELECT step_id, people, tenths,
        sum(people) OVER (PARTITION BY step_id, tenths IS NULL ORDER BY tenths)
            AS people_until,
        sum(people) OVER (PARTITION BY step_id, tenths IS NULL) AS all_people
    FROM counted
), live AS (
    SELECT step_id, sum(people)::int AS past,
        coalesce(max(all_people) FILTER (WHERE tenths IS NOT NULL), 0)::int AS finished,
        min(tenths) FILTER (WHERE 2 * people_until >= all_people) AS tenths
    FROM ordered
    GROUP BY step_id
)
"""

# One row per step. Without steps, a single row in which the step is NULL. A stored
# summary that counts somebody who no longer shows the roadmap is left out.
READ_SUMMARY = f"""
WITH {MEMBERS}, {COUNT_STEPS}
SELECT size.is_large, stored.counted_at, stored.steps::text, live.*
FROM size
LEFT JOIN groups_storedsummary AS stored
    ON size.is_large AND stored.assignment_id = %(assignment)s AND NOT EXISTS (
        SELECT unnest(stored.memberships) EXCEPT SELECT id FROM member
    )
LEFT JOIN live ON true
"""  # noqa: S608, constants

STORE_SUMMARY = f"""
WITH {MEMBERS}, {COUNT_STEPS}
INSERT INTO groups_storedsummary (assignment_id, counted_at, memberships, steps)
SELECT assignment.id, %(now)s, ARRAY(SELECT id FROM member), (
    SELECT coalesce(jsonb_agg(jsonb_build_array(step_id, past, finished, tenths)), '[]')
    FROM live
)
FROM groups_assignment AS assignment
WHERE assignment.id = %(assignment)s
FOR KEY SHARE
ON CONFLICT (assignment_id) DO UPDATE SET
    counted_at = excluded.counted_at,
    memberships = excluded.memberships,
    steps = excluded.steps
RETURNING steps::text
"""  # noqa: S608, constants

FIND_LARGE = """
WITH route AS MATERIALIZED (
    SELECT roadmap_id, count(*) AS steps FROM roadmaps_step
    WHERE NOT is_retired
    GROUP BY roadmap_id
), shared AS MATERIALIZED (
    SELECT assignment_id, count(*) AS members FROM groups_sharedroadmap
    GROUP BY assignment_id
    HAVING count(*) > %(max_marks)s / (SELECT max(steps) FROM route)
)
SELECT assignment.id
FROM shared
JOIN groups_assignment AS assignment ON assignment.id = shared.assignment_id
JOIN route USING (roadmap_id)
WHERE shared.members * route.steps > %(max_marks)s
"""


class RoadmapSummary(NamedTuple):
    """What all members who show a roadmap did with its steps."""

    steps: dict[int, StepSummary]  # by id; steps that nobody did or skipped are absent
    counted_at: datetime | None  # None if it was counted just now
    is_large: bool  # whether the members are too many to sort them by their marks


def read_summary(
    assignment: Assignment, step_ids: Collection[int] | None = None
) -> RoadmapSummary:
    """The summary of all active steps, or of these.

    Nobody is counted who does not show the roadmap now. In a large group, it is from
    the last time that somebody counted.
    """
    values = _get_values(assignment) | {
        "steps": None if step_ids is None else list(step_ids),
        "even_if_large": False,
    }
    with connection.cursor() as cursor:
        cursor.execute(READ_SUMMARY, values)
        rows: list[Any] = cursor.fetchall()
    is_large, counted_at, stored = rows[0][:3]
    if not is_large:
        return RoadmapSummary(_collect(row[3:] for row in rows), None, False)
    return (
        RoadmapSummary(_collect(json.loads(stored)), counted_at, True)
        if counted_at
        else store_summary(assignment)
    )


def store_summary(assignment: Assignment) -> RoadmapSummary:
    """Count the members of a large group, and store the summary."""
    now = timezone.now()
    values = _get_values(assignment) | {
        "steps": None,
        "even_if_large": True,
        "now": now,
    }
    with statement_timeout(QUERY_TIMEOUT), connection.cursor() as cursor:
        cursor.execute(STORE_SUMMARY, values)
        row = cursor.fetchone()
    # Somebody may have just deleted the assignment.
    return RoadmapSummary(_collect(json.loads(row[0]) if row else []), now, True)


def find_large() -> list[int]:
    """The ids of the assignments whose members are so many that their summary is
    stored.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIND_LARGE, {"max_marks": MAX_LIVE_MARKS})
        return [pk for (pk,) in cursor.fetchall()]


def _get_values(assignment: Assignment) -> dict[str, Any]:
    return {
        "assignment": assignment.pk,
        "max_marks": MAX_LIVE_MARKS,
        "least": MIN_DURATION,
    }


def _collect(rows: Iterable[Any]) -> dict[int, StepSummary]:
    return {
        step_id: StepSummary(
            past, finished, tenths / 10 if finished >= MIN_FINISHED else None
        )
        for step_id, past, finished, tenths in rows
        if step_id
    }
