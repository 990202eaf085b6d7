"""How learners fare on a roadmap, for those who edit it: counts of people, and nobody.

Every count is rounded down to a multiple of five, 0 for fewer than five, so that no
difference gives a small one away: when 30 reached a step, 25 finished and fewer than 5
skipped it, anything from none to nine are still at it.
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

FEWEST = 5  # people of whom anything is said
SILENCE = timedelta(days=30)  # after which somebody is taken to have stopped
TENTH_OF_A_DAY = 8640  # seconds
LONGEST_WAIT = 30  # seconds, of an editor

# Raw, since the ORM cannot group what a window was laid over. Each learner's marks are
# put in order once, for the time since the mark before, and for the last one. That time
# is in tenths of a day: for an exact median all of it would be put in order once more.
WALKED = """
WITH walked AS (
    SELECT
        mark.user_id,
        mark.step_id,
        mark.state,
        coalesce(mark.done_at, mark.started_at) AS marked_at,
        mark.done_at - lag(coalesce(mark.done_at, mark.started_at)) OVER walk AS took,
        lead(mark.step_id) OVER walk IS NULL AS is_last
    FROM progress_stepprogress AS mark
    JOIN roadmaps_step AS step ON step.id = mark.step_id
    WHERE step.roadmap_id = %(roadmap)s
    WINDOW walk AS (
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
        WHERE is_last AND marked_at < %(silent_since)s AND NOT EXISTS (
            SELECT FROM progress_completion AS completion
            WHERE completion.user_id = walked.user_id
                AND completion.roadmap_id = %(roadmap)s
        )
    ),
    count(*) FILTER (WHERE is_last)
FROM walked
GROUP BY step_id, tenths
"""


class StepInsight(NamedTuple):
    """What became of a step's learners; each count is rounded."""

    step: Step
    number: int  # on the route
    reached: int
    finished: int
    skipped: int
    stopped: int
    days: float | None  # median, since the mark before

    @property
    def counts(self) -> tuple[int, ...]:
        return self.reached, self.finished, self.skipped, self.stopped


class Insight(NamedTuple):
    learners: int  # rounded
    steps: list[StepInsight]

    @property
    def hardest(self) -> list[StepInsight]:
        """Where most stop; more than one step when their counts are the same."""
        most = max((step.stopped for step in self.steps), default=0)
        return [step for step in self.steps if step.stopped == most > 0]


def insight(roadmap: Roadmap, now: datetime | None = None) -> Insight:
    """How everybody fares on the active steps; one query counts the people."""
    silent_since = (now or timezone.now()) - SILENCE
    with statement_timeout(LONGEST_WAIT), connection.cursor() as cursor:
        cursor.execute(
            WALKED,
            {
                "roadmap": roadmap.pk,
                "tenth": TENTH_OF_A_DAY,
                "silent_since": silent_since,
            },
        )
        rows = cursor.fetchall()
    people: dict[int, Counter[str]] = defaultdict(Counter)
    tenths: dict[int, Counter[int]] = defaultdict(Counter)
    learners = 0
    for step_id, took, reached, finished, skipped, stopped, last in rows:
        people[step_id].update(
            reached=reached, finished=finished, skipped=skipped, stopped=stopped
        )
        learners += last
        if took is not None:
            tenths[step_id][took] += reached
    steps = [
        StepInsight(
            step,
            number,
            rounded(people[step.pk]["reached"]),
            rounded(people[step.pk]["finished"]),
            rounded(people[step.pk]["skipped"]),
            rounded(people[step.pk]["stopped"]),
            median(tenths[step.pk]),
        )
        for number, step in enumerate(roadmap.steps.active().outline(), start=1)
    ]
    return Insight(rounded(learners), steps)


def rounded(people: int) -> int:
    return people - people % FEWEST


def median(tenths: Counter[int]) -> float | None:
    """In days, of how many people took how many tenths of one; None of too few."""
    people = tenths.total()
    if people < FEWEST:
        return None
    so_far = 0
    for value in sorted(tenths):
        so_far += tenths[value]
        if 2 * so_far >= people:
            break
    return value / 10
