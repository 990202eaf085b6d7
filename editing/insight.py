"""Anonymous statistics on how learners progress on a roadmap, for its editors.

Every count is rounded down to a multiple of five: 0 means fewer than five. So no
difference between two counts reveals a small number. Example: 30 learners reached a
step, 25 finished it and fewer than five skipped it; then zero to nine are still on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from progress.learner_counts import get_statistics
from progress.route import NOT_STARTED, AnnotatedStep
from progress.statistics import MIN_PEOPLE
from roadmaps.measured_effort import MeasuredEffort

if TYPE_CHECKING:
    from datetime import datetime

    from progress.statistics import StepCounts
    from roadmaps.models import Roadmap, Step


class StepInsight(NamedTuple):
    """A step's learners; each count is rounded."""

    step: Step
    number: int  # on the route
    reached: int
    finished: int
    skipped: int
    stopped: int
    days: float | None  # the median time since the learner's previous mark
    hours: str = ""  # the estimate
    usual_days: int | None = None  # the median time from the first mark to done

    @property
    def counts(self) -> tuple[int, ...]:
        return self.reached, self.finished, self.skipped, self.stopped


class Insight(NamedTuple):
    learners: int  # rounded
    steps: list[StepInsight]
    counted_at: datetime

    @property
    def hardest(self) -> list[StepInsight]:
        """The steps where most learners stop; several if their counts are equal."""
        most = max((step.stopped for step in self.steps), default=0)
        return [step for step in self.steps if step.stopped == most > 0]


def get_insight(roadmap: Roadmap, now: datetime | None = None) -> Insight | None:
    """Return the statistics of the active steps, or None if a large roadmap has not
    been counted.
    """
    statistics = get_statistics(roadmap, now)
    if statistics is None:
        return None
    active_steps = roadmap.steps.active().defer_large_fields()
    measured = MeasuredEffort.objects.filter(step__roadmap=roadmap)
    usual_days = dict(measured.values_list("step", "days"))
    return Insight(
        round_down(statistics.learner_count),
        [
            get_step_insight(
                step, number, statistics.get_counts(step.pk), usual_days.get(step.pk)
            )
            for number, step in enumerate(active_steps, start=1)
        ],
        statistics.counted_at,
    )


def get_step_insight(
    step: Step, number: int, counts: StepCounts, usual_days: int | None
) -> StepInsight:
    return StepInsight(
        step,
        number,
        round_down(counts.reached),
        round_down(counts.finished),
        round_down(counts.skipped),
        round_down(counts.stopped),
        None if counts.timed < MIN_PEOPLE else counts.days,
        AnnotatedStep(step, NOT_STARTED).hours,
        usual_days,
    )


def round_down(people: int) -> int:
    return people - people % MIN_PEOPLE
