"""The pace that a due date needs. No database."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string

from groups.pace import Pace, compute_group_pace, compute_pace
from progress.route import NOT_STARTED, AnnotatedStep, State

TODAY = date(2027, 3, 1)
NOW = datetime(2027, 3, 1, tzinfo=UTC)
WEEK = timedelta(weeks=1)


def content(*, hours=(), is_optional=False, is_retired=False):
    least, most = map(Decimal, hours) if hours else (None, None)
    return SimpleNamespace(
        hours_min=least, hours_max=most, is_optional=is_optional, is_retired=is_retired
    )


def step(state=State.NONE, **kwargs):
    return AnnotatedStep(content(**kwargs), NOT_STARTED.moved_to(state, NOW))


def ten_hours(state=State.NONE, **kwargs):
    return step(state, hours=("8", "12"), **kwargs)


@pytest.mark.parametrize(
    ("steps", "days", "pace"),
    [
        # In hours, because each remaining required step has an estimate.
        ([ten_hours(), ten_hours()], 28, Pace(5, True, True)),
        ([ten_hours(), ten_hours(State.LEARNING)], 28, Pace(5, True, True)),
        ([ten_hours(), ten_hours(State.DONE)], 14, Pace(5, True, True)),
        ([ten_hours(), ten_hours(State.SKIPPED)], 14, Pace(5, True, True)),
        ([ten_hours(), ten_hours(is_optional=True)], 14, Pace(5, True, True)),
        ([ten_hours(), step(State.DONE)], 14, Pace(5, True, True)),
        ([ten_hours()] * 5, 7, Pace(50, True, True)),
        ([ten_hours()] * 5, 14, Pace(25, True, True)),
        ([ten_hours()], 700, Pace(1, True, True)),
        ([step(hours=("0.25", "0.25"))], 7, Pace(1, True, True)),
        # Less than a week.
        ([ten_hours()], 6, Pace(10, True, False)),
        ([ten_hours()], 0, Pace(10, True, False)),
        # A step without an estimate: in steps, rounded up.
        ([step(), ten_hours()], 7, Pace(2, False, True)),
        ([step()] * 14, 70, Pace(2, False, True)),
        ([step()] * 14, 49, Pace(2, False, True)),
        ([step()], 700, Pace(1, False, True)),
        ([step()] * 3, 3, Pace(3, False, False)),
        # Nothing is left, or there is no date to reach.
        ([ten_hours(State.DONE)], 28, None),
        ([ten_hours(State.SKIPPED)], 28, None),
        ([ten_hours(is_optional=True)], 28, None),
        ([], 28, None),
        ([ten_hours()], -1, None),
        ([ten_hours()], None, None),
    ],
)
def test_the_pace(steps, days, pace):
    due_on = None if days is None else TODAY + timedelta(days=days)
    assert compute_pace(steps, due_on, TODAY) == pace


def test_the_pace_of_a_group_is_for_the_whole_roadmap_from_the_day_of_assignment():
    steps = [content(hours=("8", "12")), content(hours=("8", "12"), is_retired=True)]
    assigned_on = TODAY - WEEK
    pace = compute_group_pace(steps, assigned_on, TODAY + WEEK, TODAY)
    assert pace == Pace(5, True, True)
    yesterday = TODAY - timedelta(days=1)
    assert compute_group_pace(steps, assigned_on, yesterday, TODAY) is None


@pytest.mark.parametrize(
    ("pace", "words"),
    [
        (Pace(1, True, True), "needs about 1 hour a week"),
        (Pace(5, True, True), "needs about 5 hours a week"),
        (Pace(1, True, False), "needs about 1 hour by then"),
        (Pace(5, True, False), "needs about 5 hours by then"),
        (Pace(1, False, True), "needs about 1 required step a week"),
        (Pace(2, False, True), "needs about 2 required steps a week"),
        (Pace(1, False, False), "needs 1 required step by then"),
        (Pace(2, False, False), "needs 2 required steps by then"),
        (None, ""),
    ],
)
def test_the_pace_in_words(pace, words):
    assert render_to_string("groups/pace.html", {"pace": pace}).strip() == words
