"""Work that members show to mentors, and steps that mentors saw done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.model_fields import LineField, WebAddressField
from progress.route import State
from roadmaps.models import Step

if TYPE_CHECKING:
    from progress.route import StepStatus


class WorkLink(models.Model):
    """A person's one link to their work on a step.

    Mentors of groups that follow the roadmap see it while the person shows them their
    progress on that roadmap; nobody else does.
    """

    pk = models.CompositePrimaryKey("user", "step")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="work_links",
        verbose_name=_("user"),
        db_index=False,  # the primary key starts with it
    )
    step = models.ForeignKey(
        Step, models.PROTECT, related_name="work_links", verbose_name=_("step")
    )
    url = WebAddressField(_("link to your work"), max_length=500)
    saved_at = models.DateTimeField(_("saved"), default=timezone.now)

    class Meta:
        verbose_name = _("link to work")
        verbose_name_plural = _("links to work")

    def __str__(self) -> str:
        return self.url


class Confirmation(models.Model):
    """A mentor of a group saw that a member had done a step.

    It belongs to the learner: it stays when they leave the group, when the group is
    deleted, and when the roadmap is edited.
    """

    id = models.BigAutoField(primary_key=True)
    group = models.ForeignKey(
        "groups.Group",
        models.SET_NULL,
        null=True,
        related_name="confirmations",
        verbose_name=_("group"),
    )
    group_name = LineField(_("name of the group"), max_length=80)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="confirmations",
        verbose_name=_("user"),
    )
    step = models.ForeignKey(
        Step, models.PROTECT, related_name="confirmations", verbose_name=_("step")
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    confirmed_at = models.DateTimeField(_("confirmed"), default=timezone.now)
    sentence = LineField(_("sentence"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")
        ordering = ["confirmed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "step", "group"], name="confirmed_once_in_a_group"
            )
        ]

    def __str__(self) -> str:
        return f"step {self.step_id} of user {self.user_id}"

    def is_taken_back(self, status: StepStatus) -> bool:
        """Whether the person has unticked the step since, also if it is done again.

        An undo brings the old date back, and with it the confirmation.
        """
        if status.state != State.DONE or status.done_at is None:
            return True
        return status.done_at > self.confirmed_at
