"""Anonymous statistics on a roadmap's learners, counted from everybody's marks.

A roadmap with few marks is counted when somebody looks. On a roadmap with many, that
would take seconds: `manage.py count_learners` counts and stores the statistics. Until
then, such a roadmap has no statistics.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from core.postgresql.batches import EVERYBODY
from core.postgresql.pool import without_limits
from progress import models as progress_models
from progress.measured_effort import MIN_DURATION
from progress.models import Completion, StepProgress
from progress.people_batches import find_last_person
from progress.statistics import RoadmapStatistics, StepCounts, get_median
from roadmaps.models import Roadmap, Step

if TYPE_CHECKING:
    from roadmaps.models import RoadmapQuerySet

INACTIVITY = timedelta(days=30)  # without a mark for this long, a learner has stopped
TENTH_OF_A_DAY = 8640  # seconds
BATCH_SIZE = 20_000  # people, counted in about a second
WORK_MEM = "128MB"  # to sort their marks in memory

# For each step, count its learners by the time since their previous mark, in tenths of
# a day, and once more by the days from their first mark on it to done, rounded up. The
# window function puts each learner's marks on a roadmap in order, to find the previous
# mark and the last one; the ORM cannot group by the result of a window function.
# Rounded times keep the result small: for an exact median, the database would have to
# sort all of them.
COUNT_LEARNERS = """
WITH ordered AS (
    SELECT
        mark.user_id,
        mark.step_id,
        step.roadmap_id,
        mark.state,
        coalesce(mark.done_at, mark.started_at) AS marked_at,
        nullif(
            mark.done_at - lag(coalesce(mark.done_at, mark.started_at)) OVER by_learner,
            interval '0'
        ) AS took,
        date_part('epoch', mark.done_at - mark.started_at) AS seconds,
        lead(mark.step_id) OVER by_learner IS NULL AS is_last
    FROM progress_stepprogress AS mark
    JOIN roadmaps_step AS step ON step.id = mark.step_id
    WHERE step.roadmap_id = ANY(%(roadmaps)s)
        AND mark.user_id > %(after)s AND mark.user_id <= %(last)s
    WINDOW by_learner AS (
        PARTITION BY mark.user_id, step.roadmap_id
        ORDER BY coalesce(mark.done_at, mark.started_at), step.position, step.id
    )
), rounded AS (
    SELECT
        step_id,
        state,
        (date_part('epoch', took) / %(tenth)s)::int AS tenths,
        CASE WHEN seconds >= %(min_duration)s THEN ceil(seconds / 86400)::int END
            AS days,
        is_last,
        is_last AND marked_at < %(inactive_since)s AND completion.user_id IS NULL
            AS is_stopped
    FROM ordered
    LEFT JOIN progress_completion AS completion
        ON completion.user_id = ordered.user_id
        AND completion.roadmap_id = ordered.roadmap_id
        AND completion.user_id > %(after)s AND completion.user_id <= %(last)s
)
SELECT
    step_id,
    grouping(tenths) = 1 AS is_by_days,
    CASE WHEN grouping(tenths) = 1 THEN days ELSE tenths END,
    count(*),
    count(*) FILTER (WHERE state = 'done'),
    count(*) FILTER (WHERE state = 'skipped'),
    count(*) FILTER (WHERE is_stopped),
    count(*) FILTER (WHERE is_last)
FROM rounded
GROUP BY GROUPING SETS ((step_id, tenths), (step_id, days))
"""

COUNT_COMPLETIONS = """
SELECT roadmap_id, count(*) FROM progress_completion
WHERE roadmap_id = ANY(%(roadmaps)s)
    AND user_id > %(after)s AND user_id <= %(last)s
GROUP BY roadmap_id
"""


class LearnerCounts:
    """Counts of the learners of some roadmaps, which grow with each batch of people."""

    def __init__(self, roadmap_ids: Collection[int], now: datetime) -> None:
        self.roadmap_ids, self.now = list(roadmap_ids), now
        self.people: dict[int, Counter[str]] = defaultdict(Counter)  # by step
        self.tenths: dict[int, Counter[int]] = defaultdict(Counter)  # by step
        self.days: dict[int, Counter[int]] = defaultdict(Counter)  # by step
        self.completions: Counter[int] = Counter()  # by roadmap

    def add_people(self, after: int = 0, last: int = EVERYBODY) -> None:
        """Count the people with ids after `after` and up to `last`."""
        with connection.cursor() as cursor:
            parameters: dict[str, Any] = {
                "roadmaps": self.roadmap_ids,
                "after": after,
                "last": last,
                "tenth": TENTH_OF_A_DAY,
                "min_duration": MIN_DURATION,
                "inactive_since": self.now - INACTIVITY,
            }
            cursor.execute(COUNT_LEARNERS, parameters)
            self._add_marks(cursor.fetchall())
            cursor.execute(COUNT_COMPLETIONS, parameters)
            self.completions.update(dict(cursor.fetchall()))

    def _add_marks(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for step, is_by_days, duration, reached, *counts in rows:
            if not is_by_days:
                finished, skipped, stopped, last = counts
                people = self.people[step]
                people["reached"] += reached
                people["finished"] += finished
                people["skipped"] += skipped
                people["stopped"] += stopped
                people["last"] += last
            if duration is not None:
                durations = self.days if is_by_days else self.tenths
                durations[step][duration] += reached

    def count_marks(self, step_ids: Iterable[int]) -> int:
        return sum(self.people[pk]["reached"] for pk in step_ids if pk in self.people)

    def get_statistics(
        self, roadmap: Roadmap, step_ids: Iterable[int]
    ) -> RoadmapStatistics:
        """Return statistics that are not stored."""
        counted = [pk for pk in step_ids if pk in self.people]
        return RoadmapStatistics(
            roadmap=roadmap,
            counted_at=self.now,
            learner_count=sum(self.people[pk]["last"] for pk in counted),
            completion_count=self.completions[roadmap.pk],
            steps={str(pk): self._get_step_counts(pk) for pk in counted},
        )

    def _get_step_counts(self, step_id: int) -> StepCounts:
        people, tenths = self.people[step_id], self.tenths[step_id]
        return StepCounts(
            reached=people["reached"],
            finished=people["finished"],
            skipped=people["skipped"],
            stopped=people["stopped"],
            timed=tenths.total(),
            days=get_median_days(tenths),
        )


def get_statistics(
    roadmap: Roadmap, now: datetime | None = None
) -> RoadmapStatistics | None:
    """Return the stored statistics. Without them, count a roadmap with few marks now,
    and return None for one with many.
    """
    stored = RoadmapStatistics.objects.filter(roadmap=roadmap).first()
    if stored or StepProgress.objects.are_many(roadmap.pk):
        return stored
    return count_learners(roadmap, now)


def count_learners(roadmap: Roadmap, now: datetime | None = None) -> RoadmapStatistics:
    """Return statistics that are not stored, counted in one statement."""
    counts = LearnerCounts([roadmap.pk], now or timezone.now())
    counts.add_people()
    return counts.get_statistics(roadmap, list(counts.people))


def count_all(report: Callable[[int], None] = lambda _: None) -> LearnerCounts:
    """Count the learners of all roadmaps, in batches of people.

    Each batch is a transaction of its own, so that vacuum is not held back. `report` is
    called with the percentage of the people that have been counted.
    """
    counts = LearnerCounts(Roadmap.objects.values_list("pk", flat=True), timezone.now())
    newest = User.objects.order_by("-pk").values_list("pk", flat=True).first() or 1
    last = 0
    while last != EVERYBODY:
        after, last = last, find_last_person(last, BATCH_SIZE)
        with without_limits(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
            counts.add_people(after, last)
        report(min(last * 100 // newest, 100))
    return counts


def store_statistics(counts: LearnerCounts) -> int:
    """Store the statistics of the roadmaps with many marks, and delete all others.

    Return how many have many.
    """
    step_ids: dict[int, list[int]] = defaultdict(list)
    for pk, roadmap_id in Step.objects.values_list("pk", "roadmap"):
        step_ids[roadmap_id].append(pk)
    large = [
        counts.get_statistics(roadmap, step_ids[roadmap.pk])
        for roadmap in Roadmap.objects.filter(pk__in=counts.roadmap_ids)
        if counts.count_marks(step_ids[roadmap.pk]) > progress_models.MANY_MARKS
    ]
    for statistics in large:
        statistics.save()
    own = [statistics.pk for statistics in large]
    RoadmapStatistics.objects.exclude(pk__in=own).delete()
    return len(large)


def with_learners(roadmaps: RoadmapQuerySet) -> RoadmapQuerySet:
    """Annotate `learner_count`, the number of people with a mark on one of the steps,
    and `completion_count`.

    Without stored statistics, both are counted now. If there are many marks, both are
    None.
    """
    marks = StepProgress.objects.filter(step__roadmap=OuterRef("pk")).order_by()
    many = progress_models.MANY_MARKS
    has_many = models.Exists(marks[many : many + 1])
    learners = marks.values("step__roadmap").annotate(
        count=models.Count("user", distinct=True)
    )
    completions = (
        Completion.objects.filter(roadmap=OuterRef("pk"))
        .values("roadmap")
        .annotate(count=models.Count("*"))
    )

    def stored_or_counted(name: str, rows: models.QuerySet[Any, Any]) -> models.Case:
        # PostgreSQL runs a subquery only for rows that need it.
        return models.Case(
            models.When(statistics__isnull=False, then=f"statistics__{name}"),
            models.When(has_many, then=None),
            default=Coalesce(Subquery(rows.values("count")), 0),
        )

    return roadmaps.annotate(
        learner_count=stored_or_counted("learner_count", learners),
        completion_count=stored_or_counted("completion_count", completions),
    )


def get_median_days(tenths: Counter[int]) -> float | None:
    """Return the median in days, or None without people.

    `tenths` has the number of people by tenths of a day.
    """
    median = get_median(tenths)
    return None if median is None else median / 10
