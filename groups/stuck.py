"""Which step a member is on, for how long, and whether they are stuck. No database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from progress.route import AnnotatedStep, Route, State

MIN_STUCK_DAYS = 7
MIN_FINISHED = 3  # members; the median of fewer says little


class StepSummary(NamedTuple):
    """What the members of a group who show a roadmap did with one of its steps."""

    past: int = 0  # did it or skipped it
    finished: int = 0  # did it, and not within minutes of their first mark on it
    median_days: float | None = None  # of those who finished; None for fewer than three


class CurrentStep(NamedTuple):
    """The step that a member is on."""

    step: AnnotatedStep
    days: int  # whole days
    is_stuck: bool


def find_current_step(route: Route) -> tuple[AnnotatedStep, datetime] | None:
    """The step to continue with, and since when the member has been on it.

    That is the first mark on a step that is in progress. On one that is not started, it
    is the member's last mark on the roadmap. None if they have not marked any step, or
    have nothing left that they must do and have not started anything else.
    """
    step, is_complete = route.total.next, route.total.is_complete
    if step is None or not route.is_started:
        return None
    if step.state == State.LEARNING and step.started_at:
        return step, step.started_at
    return None if is_complete else (step, route.marked_at)


def get_current_step(
    route: Route, summaries: Mapping[int, StepSummary], now: datetime
) -> CurrentStep | None:
    """`summaries` are those of the group's members, by step id."""
    found = find_current_step(route)
    if found is None:
        return None
    step, since = found
    days = count_days(since, now)
    median = summaries.get(step.pk, StepSummary()).median_days
    return CurrentStep(step, days, is_stuck(days, median))


def count_days(since: datetime, now: datetime) -> int:
    """The whole days between the two, and 0 if `since` is in the future."""
    return max(0, (now - since) // timedelta(days=1))


def is_stuck(days: int, median_days: float | None) -> bool:
    """Whether somebody has been on a step for at least a week, and for more than twice
    the median time of the members who finished it.
    """
    return days >= MIN_STUCK_DAYS and median_days is not None and days > 2 * median_days
