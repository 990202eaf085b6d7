"""The honest total, and the route that it is taken of."""

from types import SimpleNamespace

import pytest

from progress.models import Count, State, total
from progress.progress_bar import strip

DONE, LEARNING, NONE, SKIPPED = State.DONE, State.LEARNING, State.NONE, State.SKIPPED


def step(state=NONE, is_optional=False, is_retired=False):
    return SimpleNamespace(state=state, is_optional=is_optional, is_retired=is_retired)


def required(*states):
    return [step(state) for state in states]


def optional(*states):
    return [step(state, is_optional=True) for state in states]


class TestTotal:
    def test_required_and_optional_steps_are_counted_apart(self):
        result = total([*required(DONE, NONE), *optional(DONE, DONE, LEARNING)])
        assert result.required == Count(1, 2)
        assert result.optional == Count(2, 3)

    def test_a_skipped_step_leaves_its_denominator_and_is_never_done(self):
        result = total([*required(DONE, SKIPPED), *optional(SKIPPED, NONE)])
        assert result.required == Count(1, 1)
        assert result.optional == Count(0, 1)
        assert result.skipped == 2

    def test_a_retired_step_counts_for_nobody(self):
        result = total([*required(NONE), step(DONE, is_retired=True)])
        assert result.required == Count(0, 1)

    def test_a_roadmap_is_complete_when_what_was_not_skipped_is_done(self):
        assert total([*required(DONE, SKIPPED), *optional(NONE)]).is_complete

    def test_a_roadmap_with_everything_skipped_is_not_complete(self):
        assert not total(required(SKIPPED, SKIPPED)).is_complete

    def test_a_roadmap_of_optional_steps_alone_is_not_complete(self):
        assert not total(optional(DONE)).is_complete

    def test_an_empty_roadmap_is_at_nothing_per_cent(self):
        assert total([]).percent == 0
        assert total([]).next is None

    def test_the_percentage_is_of_required_steps_and_rounds_down(self):
        steps = [*required(*[DONE] * 199, NONE), *optional(NONE)]
        assert total(steps).percent == 99

    def test_a_hundred_per_cent_can_be_reached(self):
        assert total([*required(DONE, DONE), *optional(NONE)]).percent == 100

    def test_what_is_left_is_neither_done_nor_skipped(self):
        steps = required(DONE, LEARNING, SKIPPED, NONE)
        assert total(steps).left == [steps[1], steps[3]]

    def test_the_next_step_is_the_first_required_one_that_is_left(self):
        steps = [*required(DONE), *optional(NONE), *required(LEARNING, NONE)]
        assert total(steps).next is steps[2]

    def test_optional_steps_come_next_when_all_required_ones_are_behind(self):
        steps = [*required(DONE), *optional(SKIPPED, NONE)]
        assert total(steps).next is steps[2]


class TestStrip:
    def test_it_has_a_segment_a_step(self):
        segments = strip([*required(DONE, NONE), *optional(SKIPPED)])
        assert [(s.state, s.is_optional) for s in segments] == [
            (DONE, False),
            (NONE, False),
            (SKIPPED, True),
        ]

    @pytest.mark.parametrize(
        ("steps", "segments"), [(0, 0), (60, 60), (61, 31), (230, 58), (1000, 59)]
    )
    def test_it_groups_steps_past_sixty(self, steps, segments):
        assert len(strip(required(*[NONE] * steps))) == segments

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
    def test_a_group_shows_what_its_steps_share(self, states, shared):
        segments = strip(required(*states, *[NONE] * 59))
        assert segments[0].state == shared

    def test_a_group_is_optional_when_all_its_steps_are(self):
        steps = [*optional(NONE, NONE), *optional(NONE), *required(*[NONE] * 58)]
        assert [s.is_optional for s in strip(steps)[:2]] == [True, False]
