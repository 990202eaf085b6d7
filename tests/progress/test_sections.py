"""The sections of a route and its effort, which need no database."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from progress.effort import Effort
from progress.progress_bar import segments
from progress.route import Count, Route, State, add_up_effort
from tests.progress.test_route import step

DONE, LEARNING, NONE, SKIPPED = State.DONE, State.LEARNING, State.NONE, State.SKIPPED


def section(number):
    return SimpleNamespace(pk=number, slug=f"section-{number}", title="A section")


def route(*sections):
    """A route of sections, each a list of states; the first one has no heading."""
    return Route(
        step(state, section_id=number or None, section=section(number))
        for number, states in enumerate(sections)
        for state in states
    )


def open_numbers(route):
    sections = route.get_sections(are_all_open=False)
    return [number for number, each in enumerate(sections) if each.is_open]


class TestSections:
    def test_a_roadmap_without_sections_has_none(self):
        assert not route([NONE, DONE]).has_sections

    def test_neighbours_with_one_heading_are_a_section(self):
        sections = route([NONE], [DONE, NONE], [NONE]).get_sections()
        assert [len(each.steps) for each in sections] == [1, 2, 1]
        assert [each.content is None for each in sections] == [True, False, False]

    def test_each_counts_by_the_total_of_its_steps(self):
        each = route([], [DONE, SKIPPED, NONE]).get_sections()[0]
        assert each.progress == Count(1, 2)

    def test_one_with_optional_steps_only_counts_these(self):
        steps = [step(DONE, is_optional=True, section_id=1, section=section(1))]
        each = Route(steps).get_sections()[0]
        assert (each.progress, each.has_required) == (Count(1, 1), False)

    @pytest.mark.parametrize(
        ("states", "state"),
        [
            ([DONE, DONE], DONE),
            ([DONE, SKIPPED], DONE),
            ([DONE, NONE], LEARNING),
            ([SKIPPED, NONE], LEARNING),
            ([NONE, NONE], NONE),
            ([SKIPPED, SKIPPED], LEARNING),
        ],
    )
    def test_its_state_is_that_of_its_steps(self, states, state):
        assert route([], states).get_sections()[0].state == state

    def test_the_one_with_the_next_step_and_the_one_after_it_are_open(self):
        assert open_numbers(route([], [DONE], [DONE, NONE], [NONE], [NONE])) == [1, 2]
        assert open_numbers(route([], [NONE], [LEARNING], [NONE])) == [1, 2]
        assert open_numbers(route([], [DONE], [NONE])) == [1]

    def test_what_comes_before_a_heading_is_always_open(self):
        assert open_numbers(route([DONE], [DONE], [DONE], [NONE])) == [0, 3]

    def test_all_are_folded_on_a_finished_roadmap(self):
        assert open_numbers(route([], [DONE], [DONE])) == []

    def test_all_can_be_open(self):
        assert all(each.is_open for each in route([], [DONE], [NONE]).get_sections())

    def test_the_progress_bar_has_a_gap_before_each_but_the_first(self):
        bar = segments(route([], [DONE, DONE], [NONE, NONE]).steps)
        assert [each.is_apart for each in bar] == [False, False, True, False]


def with_hours(state, least, most):
    return step(state, hours_min=Decimal(least), hours_max=Decimal(most))


class TestEffort:
    @pytest.mark.parametrize(
        ("effort", "text"),
        [
            (("4", "6"), "4–6"),
            (("4.0", "4.0"), "4"),
            (("0.5", "1.5"), "0.5–1.5"),
            (("400.0", "400.0"), "400"),
        ],
    )
    def test_is_a_number_or_a_range(self, effort, text):
        assert Effort(*map(Decimal, effort)).hours == text

    @pytest.mark.parametrize(
        ("effort", "text"),
        [
            (("137.5", "204"), "140 to 200"),
            (("58", "93"), "60 to 95"),
            (("7.5", "19.4"), "8 to 19"),
            (("96", "98"), "95 to 100"),
            (("0.5", "1.4"), "1"),
            (("1249", "2850"), "1200 to 2900"),
        ],
    )
    def test_of_a_roadmap_is_rounded(self, effort, text):
        assert Effort(*map(Decimal, effort)).rounded.range_in_words == text

    @pytest.mark.parametrize(
        ("hours", "is_one"), [("1", True), ("0.5", False), ("1.5", False), ("2", False)]
    )
    def test_only_one_hour_is_singular(self, hours, is_one):
        effort = Effort(Decimal(hours), Decimal(hours))
        assert (effort.plural_number == 1) == is_one

    def test_skipped_steps_do_not_count(self):
        steps = [with_hours(NONE, 1, 2), with_hours(SKIPPED, 5, 5)]
        assert add_up_effort(steps) == Effort(Decimal(1), Decimal(2))

    def test_is_unknown_unless_each_step_has_one(self):
        assert add_up_effort([with_hours(NONE, 1, 2), step(NONE)]) is None
        assert add_up_effort([]) is None

    def test_what_is_left_is_of_the_open_steps(self):
        own = Route([with_hours(DONE, 1, 2), with_hours(LEARNING, 3, 4)])
        assert own.effort == Effort(Decimal(4), Decimal(6))
        assert own.effort_left == Effort(Decimal(3), Decimal(4))
