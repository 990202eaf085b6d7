"""The stored statistics of roadmaps with many marks; learner_counts.py counts them."""

from collections import Counter
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from roadmaps.models import Roadmap

MIN_PEOPLE = 5  # smaller numbers are never shown


def get_median(people: Counter[int]) -> int | None:
    """Return the median of the keys, or None without people.

    `people` has the number of people by duration. Of two middle durations, the lower
    one is returned.
    """
    total = people.total()
    counted = 0
    for duration in sorted(people):
        counted += people[duration]
        if 2 * counted >= total:
            return duration
    return None


class StepCounts(NamedTuple):
    """A step's learners."""

    reached: int = 0
    finished: int = 0
    skipped: int = 0
    stopped: int = 0
    timed: int = 0  # those who finished it after a mark on another step
    days: float | None = None  # the median time since that other mark


class RoadmapStatistics(models.Model):
    roadmap = models.OneToOneField(
        Roadmap,
        models.CASCADE,
        verbose_name=_("roadmap"),
        primary_key=True,
        related_name="statistics",
    )
    counted_at = models.DateTimeField(_("counted at"))
    learner_count = models.PositiveIntegerField(_("learners"))
    completion_count = models.PositiveIntegerField(_("completions"))
    # StepCounts by the step's primary key.
    steps = models.JSONField(_("steps"))

    class Meta:
        verbose_name = verbose_name_plural = _("roadmap statistics")

    def __str__(self) -> str:
        return f"{self.roadmap_id}: {self.learner_count} learners"

    def get_counts(self, step_id: int) -> StepCounts:
        return StepCounts(*self.steps.get(str(step_id), ()))
