"""Measured values, goals, and the table and the file that show them."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

COLUMNS = ["p50 ms", "p99 ms", "CPU µs", "PG µs", "queries", "bytes", "gzip"]


@dataclass
class Row:
    """One value for each repetition, and further values by the names of COLUMNS."""

    name: str
    unit: str
    values: list[float] = field(default_factory=list)
    details: dict[str, float] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __str__(self) -> str:
        low, high = min(self.values), max(self.values)
        spread = f" ({number(low)} to {number(high)})" if low != high else ""
        return f"{number(self.median)} {self.unit}".rstrip() + spread


@dataclass
class Goal:
    row: str
    goal: str
    result: str
    is_met: bool

    def __str__(self) -> str:
        return f"{self.goal}: {self.result}, {'met' if self.is_met else 'NOT MET'}"


def at_least(row: Row, times: float, base: Row, of: str) -> Goal:
    """Goal: the median of `row` is at least `times` that of `base`."""
    ratio = row.median / base.median
    return Goal(row.name, f"≥ {share(times)} {of}", share(ratio), ratio >= times)


def at_most(row: Row, limit: float) -> Goal:
    goal = f"≤ {number(limit)} {row.unit}".rstrip()
    return Goal(row.name, goal, number(row.median), row.median <= limit)


def no_slower(row: Row, times: float, base: Row) -> Goal:
    """Goal: a response of `row` takes at most `times` as long as one of `base`.

    Both rows are in responses per second.
    """
    ratio = base.median / row.median
    goal = f"≤ {times:g}x the time of {base.name}"
    return Goal(row.name, goal, f"{ratio:.2f}x", ratio <= times)


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


def table(rows: Sequence[Row], goals: Sequence[Goal]) -> str:
    """One line for each row with its first goal, and one for each further goal."""
    lines = [["row", "median (range)", *COLUMNS, "goals"]]
    for row in rows:
        own = [str(goal) for goal in goals if goal.row == row.name] or [""]
        details = [row.details.get(column) for column in COLUMNS]
        cells = ["" if value is None else number(value) for value in details]
        lines.append([row.name, str(row), *cells, own[0]])
        lines += [[""] * (len(COLUMNS) + 2) + [goal] for goal in own[1:]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def write(
    file: Path, about: dict[str, str], rows: Sequence[Row], goals: Sequence[Goal]
) -> None:
    content = {
        **about,
        "rows": [{**asdict(row), "median": row.median} for row in rows],
        "goals": [asdict(goal) for goal in goals],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
