"""core/csv_export.py"""

import pytest

from core.csv_export import csv_lines, escape_formula


@pytest.mark.parametrize(
    "cell", [*("=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"), *"＝＋－＠"]
)
def test_a_formula_is_escaped(cell):
    assert escape_formula(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "a=1", "1", "💥", "#"])
def test_other_text_does_not_change(cell):
    assert escape_formula(cell) == cell


def test_every_row_is_one_item_of_quoted_cells():
    lines = csv_lines(["name", "text"], [["=1", 'a;"b"'], ["x", "two\nlines"]])
    assert list(lines) == [
        '\ufeff"name","text"\r\n',
        '"\'=1","a;""b"""\r\n',
        '"x","two\nlines"\r\n',
    ]
