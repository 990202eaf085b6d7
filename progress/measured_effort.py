"""Measure how long learners usually take for each step, from everybody's marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from progress.statistics import MIN_PEOPLE, get_median
from roadmaps.measured_effort import MeasuredEffort
from roadmaps.models import Step

# Somebody who marks a step done sooner after the first mark is entering what they knew
# or did before. That says nothing about the time it took.
MIN_DURATION = 5 * 60  # seconds


def store_medians(people: Mapping[int, Counter[int]]) -> int:
    """Store the median of each step that at least five people finished.

    `people` has the number of people by days, from the first mark to done, by step id.
    Return how many steps have a median. A retired step has none.
    """
    active = set(Step.objects.active().values_list("pk", flat=True))
    medians = {
        step_id: median
        for step_id, days in people.items()
        if step_id in active
        and days.total() >= MIN_PEOPLE
        and (median := get_median(days)) is not None
    }
    stored = dict(MeasuredEffort.objects.values_list("step", "days"))
    # Write only what changed: each write makes the roadmap's caches out of date.
    if old := stored.keys() - medians.keys():
        MeasuredEffort.objects.filter(step__in=old).delete()
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
