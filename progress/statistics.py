"""The stored statistics of roadmaps with many marks; learner_counts.py counts them."""

from typing import NamedTuple

from django.db import models

from roadmaps.models import Roadmap


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
        Roadmap, models.CASCADE, primary_key=True, related_name="statistics"
    )
    counted_at = models.DateTimeField()
    learner_count = models.PositiveIntegerField()
    completion_count = models.PositiveIntegerField()
    steps = models.JSONField()  # StepCounts by the step's primary key

    class Meta:
        verbose_name = verbose_name_plural = "roadmap statistics"

    def __str__(self) -> str:
        return f"{self.roadmap_id}: {self.learner_count} learners"

    def get_counts(self, step_id: int) -> StepCounts:
        return StepCounts(*self.steps.get(str(step_id), ()))
