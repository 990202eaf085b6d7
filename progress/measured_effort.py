"""Measure how long learners usually take for each step, from everybody's marks."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from django.db import connection

from core.postgresql.pool import without_limits
from progress.statistics import MIN_PEOPLE, get_median
from roadmaps.measured_effort import MeasuredEffort

if TYPE_CHECKING:
    from roadmaps.models import Roadmap

# Somebody who marks a step done sooner after the first mark is entering what they knew
# or did before. That says nothing about the time it took.
MIN_DURATION = 5 * 60  # seconds

# For each step, count its learners by the days from their first mark to done, rounded
# up. For an exact median, the database would have to sort all marks; the median of
# rounded days is the rounded median.
COUNT_DAYS = """
SELECT mark.step_id,
    ceil(date_part('epoch', mark.done_at - mark.started_at) / 86400)::int AS days,
    count(*)
FROM progress_stepprogress AS mark
JOIN roadmaps_step AS step ON step.id = mark.step_id
WHERE step.roadmap_id = %s AND NOT step.is_retired AND mark.state = 'done'
    AND date_part('epoch', mark.done_at - mark.started_at) >= %s
GROUP BY mark.step_id, days
"""


def measure_effort(roadmap: Roadmap) -> int:
    """Count and store the median of each step that at least five people finished.

    Return how many steps have one.
    """
    with without_limits():
        medians = {
            step_id: median
            for step_id, people in _count_days(roadmap).items()
            if people.total() >= MIN_PEOPLE
            and (median := get_median(people)) is not None
        }
        efforts = MeasuredEffort.objects.filter(step__roadmap=roadmap)
        stored = dict(efforts.values_list("step", "days"))
        # Write only what changed: each write makes the roadmap's caches out of date.
        if stored.keys() - medians.keys():
            efforts.exclude(step__in=medians).delete()
        MeasuredEffort.objects.bulk_create(
            [
                MeasuredEffort(step_id=pk, days=days)
                for pk, days in medians.items()
                if days != stored.get(pk)
            ],
            update_conflicts=True,
            unique_fields=["step"],
            update_fields=["days"],
        )
    return len(medians)


def _count_days(roadmap: Roadmap) -> dict[int, Counter[int]]:
    """Return, by step id, the number of people by days."""
    people: dict[int, Counter[int]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_DAYS, [roadmap.pk, MIN_DURATION])
        for step_id, days, count in cursor.fetchall():
            people[step_id][days] = count
    return people
