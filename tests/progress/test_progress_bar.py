"""The segments of the progress bar."""

import pytest

from progress.progress_bar import segments
from progress.route import State
from tests.progress.test_route import optional, required

DONE, LEARNING, NONE, SKIPPED = State.DONE, State.LEARNING, State.NONE, State.SKIPPED


def test_there_is_one_segment_per_step():
    bar = segments([*required(DONE, NONE), *optional(SKIPPED)])
    assert [(segment.state, segment.is_optional) for segment in bar] == [
        (DONE, False),
        (NONE, False),
        (SKIPPED, True),
    ]


def test_the_current_step_has_its_own():
    steps = required(NONE, NONE)
    assert [each.is_current for each in segments(steps, steps[1])] == [False, True]


@pytest.mark.parametrize(
    ("steps", "count"), [(0, 0), (60, 60), (61, 31), (230, 58), (1000, 59)]
)
def test_more_than_sixty_steps_are_grouped(steps, count):
    assert len(segments(required(*[NONE] * steps))) == count


@pytest.mark.parametrize(
    ("states", "shared"),
    [
        ([DONE, DONE], DONE),
        ([DONE, SKIPPED], DONE),
        ([DONE, NONE], LEARNING),
        ([SKIPPED, SKIPPED], SKIPPED),
        ([NONE, SKIPPED], NONE),
    ],
)
def test_a_group_shows_the_state_that_its_steps_share(states, shared):
    assert segments(required(*states, *[NONE] * 59))[0].state == shared


def test_a_group_is_optional_if_all_its_steps_are():
    steps = [*optional(NONE, NONE), *optional(NONE), *required(*[NONE] * 58)]
    assert [each.is_optional for each in segments(steps)[:2]] == [True, False]
