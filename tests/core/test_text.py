"""What text must not contain, and whether it shows anything"""

import pytest

from core.text import (
    describe_line_fault,
    describe_text_fault,
    is_line,
    shows_nothing,
)

NOTHING = ["", " \n", "\u200b", "\u3164", "\u2800", "\ufe0f", "\u00ad", "\U000e0041"]
SOMETHING = ["a", ".", "ـ", "\u0600", "\u200dא", "👩\u200d💻", "\U0001fae9", "़"]


@pytest.mark.parametrize("text", [*NOTHING, "".join(NOTHING)])
def test_text_of_invisible_characters_shows_nothing(text):
    assert shows_nothing(text)


@pytest.mark.parametrize("text", SOMETHING)
def test_other_text_shows_something(text):
    assert not shows_nothing(text)


@pytest.mark.parametrize("character", "\u202a\u202e\u2066\u2069\x07\x9b\ufffe")
def test_control_characters_and_marks_that_reorder_text_are_faults(character):
    assert describe_line_fault(f"a{character}b")
    assert not is_line(f"a{character}b")
    assert describe_text_fault(f"a{character}b")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\u2028"])
def test_only_a_line_must_not_have_line_ends(line_end):
    assert describe_line_fault(f"a{line_end}b") == "Use one line of plain text."
    assert not is_line(f"a{line_end}b")
    assert describe_text_fault(f"a{line_end}b") == ""


def test_marks_and_joiners_of_arabic_hebrew_and_emoji_are_no_fault():
    text = "نرگس\u200cجن \u200f\u061c\u200e 👩\u200d💻"
    assert describe_line_fault(text) == ""
    assert is_line(text)
