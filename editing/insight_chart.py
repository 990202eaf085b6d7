"""The insight as a bar chart: one column per step, in route order."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from django.utils.formats import number_format

from editing.insight import Insight, StepInsight

# Lengths in SVG units.
COLUMN_SPACING = 30  # between the centres of two columns
COLUMN_WIDTH = 20
LEFT_MARGIN = 60  # for the labels of the grid lines
TOP_MARGIN = 28  # for the mark above the hardest step
PLOT_HEIGHT = 200
BOTTOM_MARGIN = 24  # for the numbers of the steps
MAX_GRID_LINES = 5


def get_grid_interval(highest: int) -> int:
    """Return how many people lie between two grid lines: 5, 10, 20, 50, 100, …"""
    power_of_ten = 1
    while True:
        for factor in (5, 10, 20):
            people = factor * power_of_ten
            if people * MAX_GRID_LINES >= highest:
                return people
        power_of_ten *= 10


class Part(NamedTuple):
    """A rectangle. "reached" fills the column; the other parts are drawn on top."""

    name: str
    y: float
    height: float


class Column(NamedTuple):
    step: StepInsight
    x: int  # of its centre
    y: float  # of its top
    parts: list[Part]

    @property
    def left(self) -> int:
        return self.x - COLUMN_WIDTH // 2


class Chart:
    """It is drawn from rounded counts, so it shows no more than the table does."""

    left = LEFT_MARGIN
    baseline = TOP_MARGIN + PLOT_HEIGHT
    height = TOP_MARGIN + PLOT_HEIGHT + BOTTOM_MARGIN
    column_width = COLUMN_WIDTH

    def __init__(self, insight: Insight) -> None:
        self.width = LEFT_MARGIN + COLUMN_SPACING * len(insight.steps)
        highest = max((step.reached for step in insight.steps), default=0)
        interval = get_grid_interval(highest)
        top = interval * max(1, ceil(highest / interval))
        self._height_per_person = PLOT_HEIGHT / top
        self.grid_lines = [
            (number_format(people, force_grouping=True), self._get_y(people))
            for people in range(0, top + 1, interval)
        ]
        self.columns = [
            Column(
                step,
                LEFT_MARGIN + COLUMN_SPACING * step.number - COLUMN_SPACING // 2,
                self._get_y(step.reached),
                self._get_parts(step),
            )
            for step in insight.steps
        ]
        numbers = {step.number for step in insight.hardest}
        self.hardest = [c for c in self.columns if c.step.number in numbers]

    def _get_y(self, people: int) -> float:
        return round(self.baseline - people * self._height_per_person, 2)

    def _get_parts(self, step: StepInsight) -> list[Part]:
        ranges = [
            ("reached", 0, step.reached),
            ("finished", 0, step.finished),
            ("skipped", step.finished, step.finished + step.skipped),
        ]
        return [
            Part(
                name, self._get_y(end), round(self._get_y(start) - self._get_y(end), 2)
            )
            for name, start, end in ranges
            if end > start
        ]
