"""Figures with their spread, goals, and the table and file that say both."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Row:
    """One thing measured: a value a repetition, and what else is known of it."""

    name: str
    unit: str
    values: list[float] = field(default_factory=list)
    details: dict[str, float] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def said(self) -> str:
        """The median, with its range where there is one."""
        least, most = min(self.values), max(self.values)
        said = f"{number(self.median)} {self.unit}".rstrip()
        spread = f" ({number(least)} to {number(most)})" if least != most else ""
        return said + spread


@dataclass
class Goal:
    """What was wished of a row, and whether it came true."""

    row: str
    wish: str
    reached: str
    is_met: bool

    @property
    def said(self) -> str:
        return f"{self.wish}: {self.reached}, {'met' if self.is_met else 'NOT MET'}"


def at_least(row: Row, times: float, other: Row, name: str) -> Goal:
    """That `row` is at least so many times what `other` is."""
    ratio = row.median / other.median
    return Goal(row.name, f"≥ {share(times)} {name}", share(ratio), ratio >= times)


def at_most(row: Row, most: float, unit: str = "") -> Goal:
    """That the value of `row` is at most so much."""
    wish, reached = f"≤ {number(most)} {unit}".rstrip(), number(row.median)
    return Goal(row.name, wish, reached, row.median <= most)


def no_slower(row: Row, times: float, base: Row) -> Goal:
    """That an answer of `row` takes at most so many times what one of `base` does.

    Both are in answers a second.
    """
    ratio = base.median / row.median
    wish = f"≤ {times:g}x the time with {base.name}"
    return Goal(row.name, wish, f"{ratio:.2f}x", ratio <= times)


def share(ratio: float) -> str:
    """A ratio as people say it: 23 %, or 4.1x once it is more than the whole."""
    return f"{100 * ratio:.1f} %" if ratio < 1 else f"{ratio:.2f}x"


def number(value: float) -> str:
    """Three figures or so: 12,345 and 12.3 and 0.001."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) < 0.01:
        return f"{value:.1g}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


COLUMNS = ["p50 ms", "p99 ms", "CPU µs", "PG µs", "queries", "bytes", "gzip"]


def table(rows: Sequence[Row], goals: Sequence[Goal]) -> str:
    """One line a row, with its goals; further goals of a row on lines of their own."""
    lines = [["what", "median (range)", *COLUMNS, "goals"]]
    for row in rows:
        own = [goal.said for goal in goals if goal.row == row.name] or [""]
        details = [row.details.get(column) for column in COLUMNS]
        shown = ["" if value is None else number(value) for value in details]
        lines.append([row.name, row.said, *shown, own[0]])
        lines += [[""] * (len(COLUMNS) + 2) + [goal] for goal in own[1:]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    left = {0, 1, len(widths) - 1}
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def write(
    file: Path, about: dict[str, object], rows: Sequence[Row], goals: Sequence[Goal]
) -> None:
    """All of it as JSON, for other programs and later comparisons."""
    content = {
        **about,
        "rows": [{**asdict(row), "median": row.median} for row in rows],
        "goals": [asdict(goal) for goal in goals],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
