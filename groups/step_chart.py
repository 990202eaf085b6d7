"""The chart of how many members are past each step. No database here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from groups.stuck import StepSummary
from progress.protocols import StepContent
from roadmaps.segments import group_steps

MAX_NUMBERED = 30  # columns; the numbers of more would not fit
HEIGHT = 100  # of a column, in the units of its drawing
MIN_FILL = 4  # so that a single member of hundreds shows


class StepCount(NamedTuple):
    """A step, and how many members did or skipped it."""

    number: int
    content: StepContent
    past: int


class Column(NamedTuple):
    """A step, or a few neighbouring ones on a long roadmap."""

    number: int  # of its first step
    past: int
    is_optional: bool
    fill: int

    @property
    def top(self) -> int:
        """Where the filled part starts, from above."""
        return HEIGHT - self.fill


class ChartSection(NamedTuple):
    title: str  # empty for steps under no heading
    first: int
    last: int
    columns: list[Column]


class StepChart:
    """One column per step, in the sections of the progress bar.

    More than 60 steps are grouped like those of the progress bar. Such a column shows
    the step of the group that the fewest members are past.
    """

    def __init__(
        self,
        steps: Sequence[StepContent],
        summaries: Mapping[int, StepSummary],
        members: int,
    ) -> None:
        """`steps` are the active ones in order; `members` is how many show them."""
        self.members = members
        self.counts = [
            StepCount(number, step, summaries.get(step.pk, StepSummary()).past)
            for number, step in enumerate(steps, start=1)
        ]
        self.sections = [
            self._get_section(list(groups))
            for _, groups in groupby(
                group_steps(self.counts), lambda group: group[-1].content.section_id
            )
        ]
        column_count = sum(len(section.columns) for section in self.sections)
        self.is_dense = column_count > MAX_NUMBERED
        self.has_titles = any(section.title for section in self.sections)

    def _get_section(self, groups: list[tuple[StepCount, ...]]) -> ChartSection:
        content = groups[-1][-1].content
        return ChartSection(
            content.section.title if content.section else "",
            groups[0][0].number,
            groups[-1][-1].number,
            [self._get_column(group) for group in groups],
        )

    def _get_column(self, group: tuple[StepCount, ...]) -> Column:
        past = min(count.past for count in group)
        fill = max(MIN_FILL, HEIGHT * past // self.members) if past else 0
        is_optional = all(count.content.is_optional for count in group)
        return Column(group[0].number, past, is_optional, min(fill, HEIGHT))
