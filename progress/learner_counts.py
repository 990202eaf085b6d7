"""Anonymous statistics on a roadmap's learners, counted from everybody's marks.

A roadmap with few marks is counted when somebody looks. On a roadmap with many, that
would take seconds: `manage.py count_learners` counts and stores the statistics.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.postgresql.pool import statement_timeout, without_limits
from progress.models import Completion, StepProgress
from progress.statistics import RoadmapStatistics, StepCounts, get_median

if TYPE_CHECKING:
    from roadmaps.models import Roadmap, RoadmapQuerySet

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


def get_statistics(roadmap: Roadmap, now: datetime | None = None) -> RoadmapStatistics:
    """Return the stored statistics, or count them now if none are stored."""
    stored = RoadmapStatistics.objects.filter(roadmap=roadmap).first()
    if stored:
        return stored
    with statement_timeout(QUERY_TIMEOUT):
        return count_learners(roadmap, now)


def count_learners(roadmap: Roadmap, now: datetime | None = None) -> RoadmapStatistics:
    """Return statistics that are not stored."""
    now = now or timezone.now()
    people: dict[int, Counter[str]] = defaultdict(Counter)
    tenths: dict[int, Counter[int]] = defaultdict(Counter)
    learners = 0
    for step, duration, reached, finished, skipped, stopped, last in _count_marks(
        roadmap, now - INACTIVITY
    ):
        people[step].update(
            reached=reached, finished=finished, skipped=skipped, stopped=stopped
        )
        learners += last
        if duration is not None:
            tenths[step][duration] += reached
    return RoadmapStatistics(
        roadmap=roadmap,
        counted_at=now,
        learner_count=learners,
        completion_count=Completion.objects.filter(roadmap=roadmap).count(),
        steps={
            str(step): StepCounts(
                **counts,
                timed=tenths[step].total(),
                days=get_median_days(tenths[step]),
            )
            for step, counts in people.items()
        },
    )


def refresh_statistics(roadmap: Roadmap) -> bool:
    """Count and store the statistics if the roadmap has many marks; else delete them.

    Return whether it has many.
    """
    if StepProgress.objects.are_many(roadmap.pk):
        with without_limits():
            count_learners(roadmap).save()
        return True
    RoadmapStatistics.objects.filter(roadmap=roadmap).delete()
    return False


def with_learners(roadmaps: RoadmapQuerySet) -> RoadmapQuerySet:
    """Annotate `learner_count`, the number of people with a mark on one of the steps,
    and `completion_count`. Both are counted where no statistics are stored.
    """
    learners = (
        StepProgress.objects.filter(step__roadmap=OuterRef("pk"))
        .values("step__roadmap")
        .annotate(count=models.Count("user", distinct=True))
    )
    completions = (
        Completion.objects.filter(roadmap=OuterRef("pk"))
        .values("roadmap")
        .annotate(count=models.Count("*"))
    )
    # PostgreSQL runs a subquery only for rows in which the value before it is null.
    return roadmaps.annotate(
        learner_count=Coalesce(
            F("statistics__learner_count"), Subquery(learners.values("count")), 0
        ),
        completion_count=Coalesce(
            F("statistics__completion_count"), Subquery(completions.values("count")), 0
        ),
    )


def get_median_days(tenths: Counter[int]) -> float | None:
    """Return the median in days, or None without people.

    `tenths` has the number of people by tenths of a day.
    """
    median = get_median(tenths)
    return None if median is None else median / 10


def _count_marks(
    roadmap: Roadmap, inactive_since: datetime
) -> list[tuple[int, int | None, int, int, int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT_LEARNERS,
            {
                "roadmap": roadmap.pk,
                "tenth": TENTH_OF_A_DAY,
                "inactive_since": inactive_since,
            },
        )
        rows: list[Any] = cursor.fetchall()
        return rows
