"""Anonymous statistics on how learners progress on a roadmap, for its editors.

Every count is rounded down to a multiple of five: 0 means fewer than five. So no
difference between two counts reveals a small number. Example: 30 learners reached a
step, 25 finished it and fewer than five skipped it; then zero to nine are still on it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection
from django.utils import timezone

from core.postgresql.pool import statement_timeout

if TYPE_CHECKING:
    from datetime import datetime

    from roadmaps.models import Roadmap, Step

MIN_PEOPLE = 5  # smaller numbers are never shown
INACTIVITY = timedelta(days=30)  # without a mark for this long, a learner has stopped
TENTH_OF_A_DAY = 8640  # seconds
QUERY_TIMEOUT = 30  # seconds

# For each step, count its learners by the time since their previous mark, in tenths of
# a day. The window function puts each learner's marks in order, to find the previous
# mark and the last one; the ORM cannot group by the result of a window function.
# Rounded times keep the result small: for an exact median, the database would have to
# sort all of them.
COUNT_LEARNERS = """
WITH ordered AS (
    SELECT
        mark.user_id,
        mark.step_id,
        mark.state,
        coalesce(mark.done_at, mark.started_at) AS marked_at,
        nullif(
            mark.done_at - lag(coalesce(mark.done_at, mark.started_at)) OVER by_learner,
            interval '0'
        ) AS took,
        lead(mark.step_id) OVER by_learner IS NULL AS is_last
    FROM progress_stepprogress AS mark
    JOIN roadmaps_step AS step ON step.id = mark.step_id
    WHERE step.roadmap_id = %(roadmap)s
    WINDOW by_learner AS (
        PARTITION BY mark.user_id
        ORDER BY coalesce(mark.done_at, mark.started_at), step.position, step.id
    )
)
SELECT
    step_id,
    (date_part('epoch', took) / %(tenth)s)::int AS tenths,
    count(*),
    count(*) FILTER (WHERE state = 'done'),
    count(*) FILTER (WHERE state = 'skipped'),
    count(*) FILTER (
        WHERE is_last AND marked_at < %(inactive_since)s AND NOT EXISTS (
            SELECT FROM progress_completion AS completion
            WHERE completion.user_id = ordered.user_id
                AND completion.roadmap_id = %(roadmap)s
        )
    ),
    count(*) FILTER (WHERE is_last)
FROM ordered
GROUP BY step_id, tenths
"""


class StepInsight(NamedTuple):
    """A step's learners; each count is rounded."""

    step: Step
    number: int  # on the route
    reached: int
    finished: int
    skipped: int
    stopped: int
    days: float | None  # the median time since the learner's previous mark

    @property
    def counts(self) -> tuple[int, ...]:
        return self.reached, self.finished, self.skipped, self.stopped


class Insight(NamedTuple):
    learners: int  # rounded
    steps: list[StepInsight]

    @property
    def hardest(self) -> list[StepInsight]:
        """The steps where most learners stop; several if their counts are equal."""
        most = max((step.stopped for step in self.steps), default=0)
        return [step for step in self.steps if step.stopped == most > 0]


def get_insight(roadmap: Roadmap, now: datetime | None = None) -> Insight:
    """Return the statistics of the active steps; one query counts the learners."""
    inactive_since = (now or timezone.now()) - INACTIVITY
    with statement_timeout(QUERY_TIMEOUT), connection.cursor() as cursor:
        cursor.execute(
            COUNT_LEARNERS,
            {
                "roadmap": roadmap.pk,
                "tenth": TENTH_OF_A_DAY,
                "inactive_since": inactive_since,
            },
        )
        rows = cursor.fetchall()
    people: dict[int, Counter[str]] = defaultdict(Counter)
    tenths: dict[int, Counter[int]] = defaultdict(Counter)
    learners = 0
    for step_id, duration, reached, finished, skipped, stopped, last in rows:
        people[step_id].update(
            reached=reached, finished=finished, skipped=skipped, stopped=stopped
        )
        learners += last
        if duration is not None:
            tenths[step_id][duration] += reached
    steps = [
        StepInsight(
            step,
            number,
            round_down(people[step.pk]["reached"]),
            round_down(people[step.pk]["finished"]),
            round_down(people[step.pk]["skipped"]),
            round_down(people[step.pk]["stopped"]),
            get_median_days(tenths[step.pk]),
        )
        for number, step in enumerate(
            roadmap.steps.active().defer_large_fields(), start=1
        )
    ]
    return Insight(round_down(learners), steps)


def round_down(people: int) -> int:
    return people - people % MIN_PEOPLE


def get_median_days(tenths: Counter[int]) -> float | None:
    """Return the median in days, or None for fewer than five people.

    `tenths` has the number of people by tenths of a day.
    """
    people = tenths.total()
    if people < MIN_PEOPLE:
        return None
    counted = 0
    for duration in sorted(tenths):
        counted += tenths[duration]
        if 2 * counted >= people:
            break
    return duration / 10
