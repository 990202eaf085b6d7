"""The insight into a roadmap as a picture: a column a step, in route order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from editing.insight import Insight, StepInsight

PITCH = 30  # from one column's middle to the next
WIDTH = 20  # of a column
LEFT, TOP = 60, 28  # room for what the lines count, and for the mark over a column
HEIGHT = 200  # of the highest line
FOOT = 24  # room for the numbers of the steps
MOST_LINES = 5


def interval(most: int) -> int:
    """The people from one line to the next: 5, 10, 20, 50, 100, …"""
    tens = 1
    while True:
        for people in (5 * tens, 10 * tens, 20 * tens):
            if people * MOST_LINES >= most:
                return people
        tens *= 10


class Part(NamedTuple):
    """Of a column: those who reached the step are all of it, the others lie in it."""

    name: str
    y: float
    height: float


class Column(NamedTuple):
    step: StepInsight
    x: int  # of its middle
    y: float  # of its top
    parts: list[Part]

    @property
    def left(self) -> int:
        return self.x - WIDTH // 2


class Columns:
    """Drawn from rounded counts, so that a ruler tells no more than the table."""

    left, foot = LEFT, TOP + HEIGHT
    height = TOP + HEIGHT + FOOT
    column_width = WIDTH

    def __init__(self, insight: Insight) -> None:
        self.width = LEFT + PITCH * len(insight.steps)
        most = max((step.reached for step in insight.steps), default=0)
        between = interval(most)
        lines = max(1, -(-most // between))
        self._person = HEIGHT / (lines * between)
        self.lines = [
            (f"{people:,}", self._y(people))
            for people in range(0, lines * between + 1, between)
        ]
        self.columns = [
            Column(
                step,
                LEFT + PITCH * step.number - PITCH // 2,
                self._y(step.reached),
                self._parts(step),
            )
            for step in insight.steps
        ]
        numbers = {step.number for step in insight.hardest}
        self.hardest = [c for c in self.columns if c.step.number in numbers]

    def _y(self, people: int) -> float:
        return round(self.foot - people * self._person, 2)

    def _parts(self, step: StepInsight) -> list[Part]:
        of = [
            ("reached", 0, step.reached),
            ("finished", 0, step.finished),
            ("skipped", step.finished, step.finished + step.skipped),
        ]
        return [
            Part(name, self._y(to), round(self._y(since) - self._y(to), 2))
            for name, since, to in of
            if to > since
        ]
