"""What was wished, of which row."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.bench.loads import (
    CAIRN,
    CONSTANT,
    FLOOR_PAGE,
    FLOOR_TICK,
    PAGE,
    PLAIN,
    REVISIT,
    TICK,
    VISITOR,
)
from benchmarks.bench.report import Goal, Row, at_least, no_slower
from benchmarks.bench.sizes import Size

MOST_QUERIES = 3


def of_loads(rows: Sequence[Row], sizes: Sequence[Size]) -> list[Goal]:
    """The goals of those loads that were measured, together with what they need."""
    by_name = {row.name: row for row in rows}
    page, tick = f"{CAIRN}: {PAGE}", f"{CAIRN}: {TICK}"
    goals = [
        at_least(by_name[name], times, by_name[other], called)
        for name, times, other, called in (
            (page, 0.20, FLOOR_PAGE, "of FLOOR"),
            (page, 4, PLAIN, "plain Django"),
            (tick, 0.25, FLOOR_TICK, "of FLOOR"),
            (VISITOR, 0.50, CONSTANT, "of constant bytes"),
        )
        if name in by_name and other in by_name
    ]
    goals += [few_queries(by_name[name]) for name in (page, tick) if name in by_name]
    if REVISIT in by_name:  # a load fails that is answered otherwise
        goals.append(Goal(REVISIT, "304", "304", is_met=True))
    for size in sizes:
        for what, base, times in ((PAGE, page, 2), (TICK, tick, 1.25)):
            row = by_name.get(f"{size.name}: {what}")
            if row is None or base not in by_name:
                continue
            if size.kind == "rows":
                goals.append(no_slower(row, times, by_name[base]))
            else:
                goals.append(as_many_queries(row, by_name[base]))
    return goals


def few_queries(row: Row) -> Goal:
    ran = row.details["queries"]
    wish = f"≤ {MOST_QUERIES} queries"
    return Goal(row.name, wish, f"{ran:g}", ran <= MOST_QUERIES)


def as_many_queries(row: Row, base: Row) -> Goal:
    ran, before = row.details["queries"], base.details["queries"]
    return Goal(row.name, f"still {before:g} queries", f"{ran:g}", ran == before)
