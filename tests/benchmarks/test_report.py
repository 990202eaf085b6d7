import json

import pytest

from benchmarks.bench import goals
from benchmarks.bench.loads import CAIRN, FLOOR_PAGE, PAGE, PLAIN, TICK
from benchmarks.bench.report import (
    Row,
    at_least,
    at_most,
    no_slower,
    number,
    share,
    table,
    write,
)
from benchmarks.bench.sizes import Size


def row(name, *values, **details):
    return Row(name, "/s", list(values), details)


def test_a_row_says_its_median_and_its_range():
    assert row("page", 3, 1, 100).said == "3 /s (1 to 100)"


def test_a_row_without_a_spread_says_one_figure():
    assert Row("storage", "bytes", [99.0]).said == "99 bytes"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (12_345.6, "12,346"),
        (123.4, "123"),
        (12.34, "12.3"),
        (1.234, "1.23"),
        (0, "0"),
        (0.0012, "0.001"),
    ],
)
def test_a_number_has_three_figures_or_so(value, said):
    assert number(value) == said


def test_a_ratio_is_a_share_until_it_is_more_than_the_whole():
    assert (share(0.234), share(4.1)) == ("23.4 %", "4.10x")


def test_at_least_compares_medians():
    floor = row("floor", 1000, 1000, 1)
    assert at_least(row("page", 200, 1, 999), 0.2, floor, "of FLOOR").is_met
    assert not at_least(row("page", 199), 0.2, floor, "of FLOOR").is_met


def test_at_most_includes_the_limit():
    assert at_most(row("storage", 110), 110).is_met
    assert not at_most(row("storage", 110.1), 110).is_met


def test_half_as_many_answers_take_twice_the_time():
    base = row("base", 100)
    assert no_slower(row("grown", 50), 2, base).is_met
    assert not no_slower(row("grown", 49), 2, base).is_met


def test_goals_are_only_of_what_was_measured():
    page = row(f"{CAIRN}: {PAGE}", 100, queries=3)
    said = [goal.wish for goal in goals.of_loads([page], [])]
    assert said == ["≤ 3 queries"]


def test_a_page_is_held_against_floor_and_plain_django():
    rows = [
        row(f"{CAIRN}: {PAGE}", 100, queries=4),
        row(FLOOR_PAGE, 400),
        row(PLAIN, 50),
    ]
    reached = [(goal.reached, goal.is_met) for goal in goals.of_loads(rows, [])]
    assert reached == [("25.0 %", True), ("2.00x", False), ("4", False)]


def test_rows_may_cost_time_and_steps_no_queries():
    sizes = [Size(1_000_000, "rows"), Size(230, "steps")]
    rows = [
        row(f"{CAIRN}: {TICK}", 100, queries=3),
        row("1,000,000 rows: tick", 90, queries=3),
        row("230 steps: tick", 10, queries=4),
    ]
    said = {
        goal.row: (goal.reached, goal.is_met) for goal in goals.of_loads(rows, sizes)
    }
    assert said["1,000,000 rows: tick"] == ("1.11x", True)
    assert said["230 steps: tick"] == ("4", False)


def test_the_table_has_a_line_for_each_row_and_each_further_goal():
    page = row("page", 100, queries=4)
    met = [at_most(page, 200), at_most(page, 50)]
    lines = table([page], met).splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("page  100 /s")
    assert lines[1].endswith("≤ 200: 100, met")
    assert lines[2].endswith("≤ 50: 100, NOT MET")


def test_the_file_holds_figures_and_goals(tmp_path):
    file = tmp_path / "results/bench.json"
    page = row("page", 100, 300)
    write(file, {"command": "make bench"}, [page], [at_most(page, 250)])
    written = json.loads(file.read_text())
    assert written["command"] == "make bench"
    assert written["rows"][0]["median"] == 200
    assert written["goals"][0]["is_met"] is True
