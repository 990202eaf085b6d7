"""A year of steps done: a mark a day, the weeks as columns and the days as rows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

WEEKS = 53
PITCH = 13  # from one day's centre to the next
LEFT, TOP = 36, 24  # the centre of the first Monday
END = 12  # room for the name of a month that has just begun
LABELLED_ROWS = [0, 2, 4]


class Size(NamedTuple):
    """Of a mark: told apart without colour."""

    least: int  # steps a day
    radius: float
    name: str


SIZES = [
    Size(1, 2.5, "1 step"),
    Size(2, 3.75, "2 steps"),
    Size(3, 5, "3 or 4"),
    Size(5, 6.25, "5 and more"),
]


def first_day(today: date) -> date:
    """The Monday with which the year up to `today` begins."""
    return today - timedelta(weeks=WEEKS - 1, days=today.weekday())


class Day(NamedTuple):
    date: date
    steps: int
    x: int
    y: int

    @property
    def radius(self) -> float:
        return max(size.radius for size in SIZES if self.steps >= size.least)


class Year:
    sizes = SIZES
    width = LEFT + WEEKS * PITCH + END
    height = TOP + 7 * PITCH

    def __init__(self, steps_by_day: Mapping[date, int], today: date) -> None:
        self.since = first_day(today)
        dates = [
            self.since + timedelta(days=n) for n in range((today - self.since).days + 1)
        ]
        days = [
            Day(
                day, steps_by_day.get(day, 0), self._x(day), TOP + PITCH * day.weekday()
            )
            for day in dates
        ]
        self.days = [day for day in days if day.steps]
        self.quiet = [day for day in days if not day.steps]
        self.steps = sum(day.steps for day in self.days)
        self.months = [(self._x(day), day) for day in dates if day.day == 1]
        self.weekdays = [(TOP + PITCH * n, dates[n]) for n in LABELLED_ROWS]

    def _x(self, day: date) -> int:
        return LEFT + PITCH * ((day - self.since).days // 7)
