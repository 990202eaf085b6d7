"""Sections stay together when steps move."""

from editing.sections import keep_together

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
