"""How much work a due date leaves for each week. No database here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from math import ceil
from typing import NamedTuple

from progress.effort import round_hours
from progress.protocols import StepContent
from progress.route import NOT_STARTED, AnnotatedStep, add_up_effort

DAYS_PER_WEEK = 7


class Pace(NamedTuple):
    """What is to be done each week until the due date, or in all if that is less than a
    week away. `templates/groups/pace.html` says it in words.
    """

    amount: int
    is_in_hours: bool  # otherwise in required steps
    is_weekly: bool


def compute_pace(
    steps: Iterable[AnnotatedStep],
    due_on: date | None,
    today: date,
    start: date | None = None,
) -> Pace | None:
    """The pace for the required steps that are neither done nor skipped, from `start`,
    by default from today.

    None if there is no such step, no due date, or if it has passed. The middle of the
    estimates counts. If a step has none, the steps are counted instead.
    """
    remaining = [step for step in steps if step.is_open and not step.is_optional]
    if not remaining or due_on is None or due_on < today:
        return None
    days = (due_on - (start or today)).days
    is_weekly = days >= DAYS_PER_WEEK
    weeks = Decimal(days) / DAYS_PER_WEEK if is_weekly else Decimal(1)
    effort = add_up_effort(remaining)
    if effort:
        hours = (effort.least + effort.most) / 2 / weeks
        amount = max(1, int(round_hours(hours)))
    else:
        amount = ceil(len(remaining) / weeks)
    return Pace(amount, effort is not None, is_weekly)


def compute_group_pace(
    steps: Iterable[StepContent], assigned_on: date, due_on: date | None, today: date
) -> Pace | None:
    """The pace for the whole roadmap from the day on which it was assigned."""
    not_started = (
        AnnotatedStep(step, NOT_STARTED) for step in steps if not step.is_retired
    )
    return compute_pace(not_started, due_on, today, start=assigned_on)
