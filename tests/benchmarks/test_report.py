from benchmarks.bench.data import Size
from benchmarks.bench.report import Row, at_least, at_most, no_slower, table
from benchmarks.bench.rows import add_goals


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


def test_a_goal_needs_the_row_that_it_compares_with():
    page = row("Cairn: signed-in roadmap", 100, queries=3)
    add_goals([page], [])
    assert [goal.goal for goal in page.goals] == ["≤ 3 queries"]


def test_a_tick_is_compared_with_the_revision_before_and_with_more_rows():
    sizes = [Size(1_000_000, "rows"), Size(1_000, "steps")]
    rows = [
        row("Cairn: tick", 79, queries=5),
        row("before: tick", 100, queries=3),
        row("1,000,000 rows: tick", 70, queries=5),
        row("1,000 steps: tick", 10, queries=6),
    ]
    add_goals(rows, sizes)
    goals = [(row.name, goal.result, goal.is_met) for row in rows for goal in row.goals]
    assert goals == [
        ("Cairn: tick", "79.0 %", False),
        ("Cairn: tick", "5", True),
        ("1,000,000 rows: tick", "1.13x", True),
        ("1,000 steps: tick", "6", False),
    ]


def test_the_table_has_a_line_for_each_row_with_its_goals():
    page = row("page", 100, 300)
    page.goals += [at_most(page, 250), at_most(page, 50)]
    last = table([page]).splitlines()[-1]
    assert "| page | 200 /s (100 to 300) |" in last
    assert last.endswith("| ≤ 250 /s: 200, met; ≤ 50 /s: 200, **NOT MET** |")
