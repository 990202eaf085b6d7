"""How long learners usually take to finish a step."""

from math import ceil
from typing import NamedTuple

from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext


class Duration(NamedTuple):
    number: int
    unit: str  # "day", "week" or "month"

    def __str__(self) -> str:
        """What the page of a step says."""
        if self == (1, "day"):
            return _("learners usually finish within a day")
        match self.unit:
            case "day":
                text = ngettext(
                    "learners usually finish within %(number)s day",
                    "learners usually finish within %(number)s days",
                    self.number,
                )
            case "week":
                text = ngettext(
                    "learners usually finish within %(number)s week",
                    "learners usually finish within %(number)s weeks",
                    self.number,
                )
            case _:
                text = ngettext(
                    "learners usually finish within %(number)s month",
                    "learners usually finish within %(number)s months",
                    self.number,
                )
        return text % {"number": number_format(self.number)}


def round_duration(days: int) -> Duration:
    """Return the duration as people say it, rounded up.

    In days to two weeks, in weeks to eight weeks, then in months of 30 days.
    """
    if days < 14:
        return Duration(max(1, days), "day")
    if days <= 56:
        return Duration(ceil(days / 7), "week")
    return Duration(ceil(days / 30), "month")


class MeasuredEffort(models.Model):
    """The median time that learners took for a step. There is no row while few have
    finished it.

    progress/measured_effort.py counts it from everybody's marks.
    """

    step = models.OneToOneField(
        "roadmaps.Step",
        models.CASCADE,
        verbose_name=gettext_lazy("step"),
        primary_key=True,
        related_name="measured_effort",
    )
    days = models.PositiveIntegerField(gettext_lazy("days"))

    class Meta:
        verbose_name = verbose_name_plural = gettext_lazy("measured effort")

    def __str__(self) -> str:
        return f"step {self.step_id}: {self.days} days"
