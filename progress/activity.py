"""The activity chart: a dot per day with done steps, weeks as columns, days as rows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from django.utils.functional import _StrPromise

WEEKS = 53

# In pixels.
DAY_DISTANCE = 13  # from the centre of one day to the next
LEFT, TOP = 36, 24  # the centre of the first Monday
RIGHT_MARGIN = 12  # for the name of a month that starts in the last week
LABELLED_WEEKDAYS = [0, 2, 4]  # Monday, Wednesday, Friday


class DotSize(NamedTuple):
    """A dot's size shows the number of steps, so that the chart needs no colour."""

    min_steps: int
    radius: float
    name: _StrPromise


# A day without steps has a dot of radius 1, so the smallest of these is clearly larger.
DOT_SIZES = [
    DotSize(1, 3.25, _("1 step")),
    DotSize(2, 4.25, _("2 steps")),
    DotSize(3, 5.25, _("3 or 4")),
    DotSize(5, 6.25, _("5 or more")),
]


def without_copies(times: Iterable[datetime]) -> list[datetime]:
    """The times at which a person did steps, each counted once.

    Splitting and merging steps copies times to other steps, and so does "Mark done here
    too". Nobody presses twice in the same microsecond, so equal times are copies. Times
    without microseconds come from files that others wrote, and may be equal by chance.
    """
    all_times = list(times)
    exact = {time for time in all_times if time.microsecond}
    return [*exact, *(time for time in all_times if not time.microsecond)]


def get_first_day(today: date) -> date:
    """The Monday on which the chart that ends `today` starts."""
    return today - timedelta(weeks=WEEKS - 1, days=today.weekday())


class Day(NamedTuple):
    date: date
    steps: int
    x: int
    y: int

    @property
    def radius(self) -> float:
        return max(size.radius for size in DOT_SIZES if self.steps >= size.min_steps)


class ActivityChart:
    """The chart of the year that ends `today`, drawn in SVG."""

    sizes = DOT_SIZES
    width = LEFT + WEEKS * DAY_DISTANCE + RIGHT_MARGIN
    height = TOP + 7 * DAY_DISTANCE

    def __init__(self, steps_by_day: Mapping[date, int], today: date) -> None:
        self.since = get_first_day(today)
        day_count = (today - self.since).days + 1
        dates = [self.since + timedelta(days=n) for n in range(day_count)]
        days = [
            Day(date, steps_by_day.get(date, 0), self._x(date), self._y(date.weekday()))
            for date in dates
        ]
        self.active_days = [day for day in days if day.steps]
        self.inactive_days = [day for day in days if not day.steps]
        self.steps = sum(day.steps for day in self.active_days)
        self.months = [(self._x(date), date) for date in dates if date.day == 1]
        self.weekdays = [(self._y(n), dates[n]) for n in LABELLED_WEEKDAYS]

    def _x(self, date: date) -> int:
        return LEFT + DAY_DISTANCE * ((date - self.since).days // 7)

    def _y(self, weekday: int) -> int:
        return TOP + DAY_DISTANCE * weekday
