"""The rule of DESIGN.md: which step a member is on, for how long, and who is stuck."""

from datetime import timedelta

import pytest
from django.utils import timezone

from groups.stuck import StepSummary, count_days, get_current_step, is_stuck
from progress.route import AnnotatedStep, Route, StepStatus
from roadmaps.models import Step

NOW = timezone.now()
NONE = StepStatus("none")


def ago(days):
    return NOW - timedelta(days=days)


def done(days, took=1):
    return StepStatus("done", ago(days + took), ago(days))


def learning(days):
    return StepStatus("learning", ago(days))


def skipped(days):
    return StepStatus("skipped", ago(days))


def get_current(*statuses, optional=(), retired=(), completed_at=None, median=None):
    """The slug of the step and the days on it, and whether the member is stuck.

    The steps are called "1", "2" and so on. `median` is the same for all of them.
    """
    steps = [
        AnnotatedStep(
            Step(
                pk=number,
                slug=f"{number}",
                is_optional=number in optional,
                is_retired=number in retired,
                added_at=ago(400),
            ),
            status,
        )
        for number, status in enumerate(statuses, start=1)
    ]
    summaries = {step.pk: StepSummary(3, 3, median) for step in steps}
    current = get_current_step(Route(steps, completed_at), summaries, NOW)
    return current and (current.step.slug, current.days, current.is_stuck)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([NONE, NONE], None),
        ([learning(4), NONE], ("1", 4)),
        ([done(3), NONE], ("2", 3)),
        ([skipped(3), NONE], ("2", 3)),
        ([done(9), done(2), NONE], ("3", 2)),
        # The first in progress, wherever it is
        ([NONE, learning(4), learning(30)], ("2", 4)),
        # Not since the last mark, but since it was started
        ([done(1), learning(8)], ("2", 8)),
        # Marked later than what comes before it
        ([done(5), NONE, done(2)], ("2", 2)),
        ([done(3), done(2)], None),
        ([skipped(3), skipped(2)], None),
    ],
)
def test_the_step_is_the_one_to_continue_with(statuses, expected):
    current = get_current(*statuses)
    assert (current and current[:2]) == expected


@pytest.mark.parametrize(
    ("statuses", "kinds", "expected"),
    [
        ([NONE, done(3), NONE], {"optional": [1]}, ("3", 3)),
        # Nobody must do the optional steps of a completed roadmap.
        ([done(3), NONE], {"optional": [2]}, None),
        ([done(3), NONE], {"optional": [2], "completed_at": ago(3)}, None),
        ([done(3), learning(2)], {"optional": [2]}, ("2", 2)),
        # A required step that was added to it is the next one.
        ([done(3), NONE], {"completed_at": ago(3)}, ("2", 3)),
        # Without a required step done, it is not complete.
        ([skipped(3), NONE], {"optional": [2]}, ("2", 3)),
        ([done(3), NONE], {"optional": [1, 2]}, ("2", 3)),
        ([done(3), NONE, NONE], {"retired": [2]}, ("3", 3)),
        ([done(3), learning(9), NONE], {"retired": [2]}, ("3", 3)),
        # A mark on a step that was retired later is a mark on the roadmap.
        ([done(9), done(3), NONE], {"retired": [2]}, ("3", 3)),
    ],
)
def test_optional_and_retired_steps(statuses, kinds, expected):
    current = get_current(*statuses, **kinds)
    assert (current and current[:2]) == expected


@pytest.mark.parametrize(
    ("days", "median", "expected"),
    [
        (6, 1, False),
        (6.99, 1, False),
        (7, 1, True),
        (7, 3.4, True),
        (7, 3.5, False),  # not more than twice as long
        (8, 3.5, True),
        (14, 7, False),
        (15, 7, True),
        (400, None, False),  # fewer than three have finished
    ],
)
def test_a_member_is_stuck_after_a_week_and_twice_the_median(days, median, expected):
    assert get_current(learning(days), median=median)[2] is expected
    assert get_current(done(days), NONE, median=median)[2] is expected
    assert is_stuck(count_days(ago(days), NOW), median) is expected


def test_a_date_in_the_future_counts_as_today():
    assert get_current(learning(-2)) == ("1", 0, False)
