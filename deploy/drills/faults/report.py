"""The table of what was expected and what was measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from deploy.drills.faults.ledger import Check


class Fault(NamedTuple):
    title: str
    expected: str
    run: Callable[[Any, Any], list[Check]]  # with what is broken and the options


class Row(NamedTuple):
    name: str
    fault: str
    expected: str
    checks: list[Check]
    not_run: str = ""  # why

    @property
    def is_missed(self) -> bool:
        return not self.not_run and not all(check.holds for check in self.checks)

    @property
    def verdict(self) -> str:
        if self.not_run:
            return f"**{self.not_run}**"
        return "**missed**" if self.is_missed else "held"

    def is_written_in(self, line: str) -> bool:
        return line.startswith(f"| {self.fault} |")

    def __str__(self) -> str:
        text = "; ".join(
            check.text if check.holds else f"**{check.text}**" for check in self.checks
        )
        return f"| {self.fault} | {self.expected} | {self.verdict} | {text} |"


def table(rows: list[Row], what: str = "fault") -> str:
    head = f"| {what} | expected | | measured |\n| --- | --- | --- | --- |"
    return "\n".join([head, *map(str, rows)])


def markers(section: str) -> tuple[str, str]:
    """The comments before and after the section."""
    return f"<!-- {section} -->", f"<!-- /{section} -->"


def write(page: Path, measured: str, section: str = "measured") -> None:
    """Write the table between the two comments with the name of the section."""
    begin, end = markers(section)
    text = page.read_text()
    before, after = text.partition(begin)[0], text.partition(end)[2]
    page.write_text(f"{before}{begin}\n{measured}\n{end}{after}")


def renew(page: Path, rows: list[Row], conditions: str, section: str) -> None:
    """Replace these rows in the table, and say when they were measured."""
    begin, end = markers(section)
    lines = page.read_text().partition(begin)[2].partition(end)[0].strip().split("\n")
    for row in rows:
        [number] = [i for i, line in enumerate(lines) if row.is_written_in(line)]
        lines[number] = str(row)
    titles = ", ".join(row.fault for row in rows)
    text = "\n".join([*lines, "", f"Measured again: {titles}. {conditions}"])
    write(page, text, section)
