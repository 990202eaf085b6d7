"""Measured values, their goals, and the table that shows both."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

COLUMNS = ["p50 ms", "p99 ms", "queries", "bytes"]


class Goal(NamedTuple):
    goal: str
    result: str
    is_met: bool

    def __str__(self) -> str:
        return f"{self.goal}: {self.result}, {'met' if self.is_met else '**NOT MET**'}"


@dataclass
class Row:
    """One value for each repetition, and further values by the names of COLUMNS."""

    name: str
    unit: str
    values: list[float]
    details: dict[str, float] = field(default_factory=dict)
    goals: list[Goal] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __str__(self) -> str:
        low, high = min(self.values), max(self.values)
        spread = f" ({number(low)} to {number(high)})" if low != high else ""
        return f"{number(self.median)} {self.unit}".rstrip() + spread


def at_least(row: Row, times: float, base: Row, of: str) -> Goal:
    """Goal: the median of `row` is at least `times` that of `base`."""
    ratio = row.median / base.median
    return Goal(f"≥ {share(times)} {of}", share(ratio), ratio >= times)


def at_most(row: Row, limit: float) -> Goal:
    goal = f"≤ {number(limit)} {row.unit}".rstrip()
    return Goal(goal, number(row.median), row.median <= limit)


def no_slower(row: Row, times: float, base: Row) -> Goal:
    """Goal: a response of `row` takes at most `times` as long as one of `base`.

    Both rows are in responses per second.
    """
    ratio = base.median / row.median
    goal = f"≤ {times:g}x the time of {base.name}"
    return Goal(goal, f"{ratio:.2f}x", ratio <= times)


def queries_at_most(row: Row, limit: float) -> Goal:
    queries = row.details["queries"]
    return Goal(f"≤ {limit:g} queries", f"{queries:g}", queries <= limit)


def share(ratio: float) -> str:
    """23.4 %, or 4.10x from 1 on."""
    return f"{100 * ratio:.1f} %" if ratio < 1 else f"{ratio:.2f}x"


def number(value: float) -> str:
    """About three significant figures: 12,345 and 12.3 and 0.001."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) < 0.01:
        return f"{value:.1g}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(rows: Sequence[Row]) -> str:
    """One line of Markdown for each row."""
    lines = [["row", "median (range)", *COLUMNS, "goals"]]
    for row in rows:
        details = [row.details.get(column) for column in COLUMNS]
        cells = ["" if value is None else number(value) for value in details]
        goals = "; ".join(map(str, row.goals))
        lines.append([row.name, str(row), *cells, goals])
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
