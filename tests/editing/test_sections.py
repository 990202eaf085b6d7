"""Sections stay together when steps move."""

import pytest

from editing.sections import find_interruption, keep_together

SECTIONS = {1: None, 2: "a", 3: "a", 4: "b", 5: "b"}


def test_a_step_that_moves_into_a_section_joins_it():
    assert keep_together(SECTIONS, [1, 2, 4, 3, 5])[4] == "a"
    assert keep_together(SECTIONS, [1, 5, 2, 3, 4])[5] is None
    assert keep_together(SECTIONS, [3, 1, 2, 4, 5])[3] is None


def test_a_step_keeps_its_section_at_the_edge_of_it():
    assert keep_together(SECTIONS, [1, 3, 2, 4, 5])[3] == "a"
    assert keep_together(SECTIONS, [1, 2, 3, 5, 4]) == SECTIONS


def test_sections_are_never_interrupted():
    order = [5, 3, 1, 4, 2]
    sections = keep_together(SECTIONS, order)
    runs = [sections[pk] for pk in order]
    heads = [s for s, before in zip(runs, [..., *runs], strict=False) if s != before]
    assert len(heads) == len(set(heads))


@pytest.mark.parametrize(
    ("sections", "index"),
    [
        ([], None),
        ([None, 1, 1, None, 2, None], None),
        ([1, 2, 1], 1),
        ([1, 1, None, 2, 1], 2),
        ([2, 1, 2, 1], 1),
    ],
)
def test_the_first_step_that_interrupts_a_section_is_found(sections, index):
    assert find_interruption(sections) == index
