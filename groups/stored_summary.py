"""The stored summaries of large groups; step_summaries.py counts and reads them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class StoredSummary(models.Model):
    """What the members of a large group did with each step of a roadmap."""

    assignment = models.OneToOneField(
        "groups.Assignment",
        models.CASCADE,
        primary_key=True,
        related_name="summary",
        verbose_name=_("assigned roadmap"),
    )
    counted_at = models.DateTimeField(_("counted"))
    # Those who were counted. A summary is out of date as soon as one of them no longer
    # shows the roadmap.
    memberships = ArrayField(models.IntegerField(), verbose_name=_("memberships"))
    # A list per step: the columns of `live` in step_summaries.py.
    steps = models.JSONField(_("steps"))

    class Meta:
        verbose_name = _("summary of a large group")
        verbose_name_plural = _("summaries of large groups")

    def __str__(self) -> str:
        return f"assignment {self.assignment_id}"
