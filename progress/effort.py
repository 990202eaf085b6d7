"""How many hours a step or a roadmap takes, by the estimates of editors."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import ceil
from typing import NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext


class Effort(NamedTuple):
    """An estimate in hours."""

    least: Decimal
    most: Decimal

    @property
    def hours(self) -> str:
        """A number, or a range with a dash."""
        numbers = (
            number_format(int(hours) if hours == int(hours) else hours.normalize())
            for hours in self
        )
        return "\N{EN DASH}".join(dict.fromkeys(numbers))

    @property
    def rounded(self) -> Effort:
        """Rounded, because a sum of estimates is not exact."""
        return Effort(*map(round_hours, self))

    @property
    def range_in_words(self) -> str:
        """A number, or a range as in "140 to 200"."""
        least, most = (number_format(int(hours)) for hours in self)
        if least == most:
            return least
        return gettext("%(least)s to %(most)s") % {"least": least, "most": most}

    @property
    def plural_number(self) -> int:
        """A whole number that takes the same plural form as the hours."""
        return 1 if self.most == 1 else max(2, ceil(self.most))


def round_hours(hours: Decimal) -> Decimal:
    """To whole hours; from 20 on to 5, from 100 on to 10, from 1,000 on to 100."""
    units = {20: 1, 100: 5, 1000: 10}
    unit = next((unit for limit, unit in units.items() if hours < limit), 100)
    return (hours / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit
