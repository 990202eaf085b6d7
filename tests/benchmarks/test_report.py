import json

from benchmarks.bench import rows
from benchmarks.bench.data import Size
from benchmarks.bench.report import Row, at_least, at_most, no_slower, table, write


def row(name, *values, **details):
    return Row(name, "/s", list(values), details)


def test_a_row_shows_its_median_and_its_range():
    assert str(row("page", 3, 1, 100)) == "3 /s (1 to 100)"


def test_goals_compare_medians():
    base = row("base", 100, 100, 1)
    assert at_least(row("page", 55, 1, 999), 0.55, base, "of base").is_met
    assert not at_least(row("page", 54), 0.55, base, "of base").is_met
    assert at_most(row("memory", 90), 90).is_met
    assert no_slower(row("grown", 50), 2, base).is_met
    assert not no_slower(row("grown", 49), 2, base).is_met


def test_only_rows_that_were_measured_have_goals():
    page = row("Cairn: signed-in roadmap", 100, queries=3)
    goals = [goal.goal for goal in rows.goals([page], [])]
    assert goals == ["≤ 3 queries"]


def test_a_tick_is_compared_with_the_revision_before_and_with_more_rows():
    sizes = [Size(1_000_000, "rows"), Size(230, "steps")]
    measured = [
        row("Cairn: tick", 79, queries=5),
        row("before: tick", 100, queries=3),
        row("1,000,000 rows: tick", 70, queries=5),
        row("230 steps: tick", 10, queries=6),
    ]
    goals = [
        (goal.row, goal.result, goal.is_met) for goal in rows.goals(measured, sizes)
    ]
    assert goals == [
        ("Cairn: tick", "79.0 %", False),
        ("Cairn: tick", "5", True),
        ("1,000,000 rows: tick", "1.13x", True),
        ("230 steps: tick", "6", False),
    ]


def test_the_table_and_the_file_hold_rows_and_goals(tmp_path):
    page = row("page", 100, 300)
    goals = [at_most(page, 250), at_most(page, 50)]
    lines = table([page], goals).splitlines()
    assert len(lines) == 3
    assert lines[1].endswith("≤ 250 /s: 200, met")
    assert lines[2].endswith("≤ 50 /s: 200, NOT MET")
    file = tmp_path / "results/bench.json"
    write(file, {"command": "make bench"}, [page], goals)
    assert json.loads(file.read_text())["rows"][0]["median"] == 200
