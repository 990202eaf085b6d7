"""The rows of a roadmap's route: steps under the headings of sections."""

import pytest

from editing.sections import (
    assign_sections,
    find_interruption,
    list_rows,
    move_section,
)
from roadmaps.models import Step
from roadmaps.sections import Section

A, B, C = 1, 2, 3


def rows_of(*steps, sections=(A, B, C)):
    """Return the rows of steps 1, 2, …, each given by its section, -1 if retired."""
    steps = [
        Step(
            pk=pk,
            section_id=abs(section) if section else None,
            is_retired=bool(section and section < 0),
        )
        for pk, section in enumerate(steps, start=1)
    ]
    return list_rows(steps, [Section(pk=pk) for pk in sections])


@pytest.mark.parametrize(
    ("steps", "rows"),
    [
        ([], "a b c"),
        ([None, A, A, C], "1 a 2 3 b c 4"),
        ([A, None, B], "a 1 - 2 b 3 c"),
        ([C, A], "b c 1 a 2"),
        ([None, None], "1 2 a b c"),
        ([A, -B, A, B], "a 1 2 3 b 4 c"),
        ([A, -B, C], "a 1 b 2 c 3"),
        ([-A, B], "a 1 b 2 c"),
        ([-A, None, B], "1 2 b 3 a c"),
        ([A, B, A], "a 1 b 2 3 c"),
    ],
)
def test_each_section_has_one_heading(steps, rows):
    names = {"a": "section-1", "b": "section-2", "c": "section-3"}
    found = ["-" if row.startswith("none-") else row for row in rows_of(*steps)]
    assert found == [names.get(row, row) for row in rows.split()]


def test_a_step_is_in_the_section_of_the_heading_above_it():
    rows = ["4", "section-1", "2", "section-2", "1", "3", "none-1", "5"]
    assert dict(assign_sections(rows)) == {
        "4": None,
        "2": "section-1",
        "1": "section-2",
        "3": "section-2",
        "5": None,
    }


@pytest.mark.parametrize(
    ("number", "rows"),
    [
        (0, "4 section-2 1 3 section-1 2 none-1 5"),
        (1, "4 section-1 2 none-1 5 section-2 1 3"),
        (9, "4 section-1 2 none-1 5 section-2 1 3"),
    ],
)
def test_a_section_moves_with_its_steps(number, rows):
    before = ["4", "section-1", "2", "section-2", "1", "3", "none-1", "5"]
    assert move_section(before, "section-2", number) == rows.split()


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
