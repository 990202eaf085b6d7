"""Work that members show to mentors, and steps that mentors saw done."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.model_fields import LineField, WebAddressField
from progress.locks import lock_user_and_steps
from progress.route import State
from progress.step_copies import StepCopy
from roadmaps.models import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from accounts.models import User
    from progress.route import AnnotatedStep, StepStatus


MAX_URL_LENGTH = 500  # characters
MAX_SENTENCE_LENGTH = 300  # characters


class WorkLinkQuerySet(models.QuerySet["WorkLink"]):
    @transaction.atomic
    def set_url(self, user: User, step: Step, url: str) -> None:
        """Set the person's link to their work on the step. An empty one is removed.

        Raises Step.DoesNotExist if the step was retired or merged meanwhile, or the
        account deleted.
        """
        locked = lock_user_and_steps(user, [step.pk])
        Step.objects.active().values("pk").get(pk__in=locked)
        StepCopy.objects.catch_up(user)
        if url:
            self._save_all([WorkLink(user=user, step=step, url=url)])
        else:
            self.filter(user=user, step=step).delete()

    def merge(self, user: User, links: Mapping[int, tuple[str, datetime]]) -> int:
        """Add the links from a file, and replace older ones. Return how many changed.

        `links` has the address and the date of saving by step id. The caller has locked
        the steps.
        """
        stored = {row.step_id: row for row in self.filter(user=user, step__in=links)}
        changed = [
            WorkLink(user=user, step_id=step_id, url=url, saved_at=saved_at)
            for step_id, (url, saved_at) in links.items()
            if step_id not in stored
            or (stored[step_id].url != url and stored[step_id].saved_at < saved_at)
        ]
        self._save_all(changed)
        return len(changed)

    def _save_all(self, links: Iterable[WorkLink]) -> None:
        self.bulk_create(
            links,
            update_conflicts=True,
            unique_fields=["user", "step"],
            update_fields=["url", "saved_at"],
        )


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
    url = WebAddressField(_("link to your work"), max_length=MAX_URL_LENGTH)
    saved_at = models.DateTimeField(_("saved"), default=timezone.now)

    objects = WorkLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("link to work")
        verbose_name_plural = _("links to work")

    def __str__(self) -> str:
        return self.url


class ConfirmationQuerySet(models.QuerySet["Confirmation"]):
    def on_step(self, user: User, step: AnnotatedStep) -> list[StepConfirmation]:
        """What groups confirmed of the person's step, oldest first."""
        own = self.filter(user=user, step=step.pk).select_related("confirmed_by")
        return [each.beside(step.status) for each in own]

    def confirm(
        self, new: Confirmation, status: StepStatus, *, keeps_sentence: bool = False
    ) -> bool:
        """Store the confirmation of a done step. Return whether it is new.

        If the group has confirmed it already, this changes nothing but the mentor's own
        sentence, and not even that with `keeps_sentence`. If the member has unticked
        the step and done it again, the new confirmation replaces the old one. The
        caller has locked the member.
        """
        stored = self.filter(group=new.group, user=new.user, step=new.step).first()
        if stored is None or stored.is_taken_back(status):
            new.pk = stored.pk if stored else None
            new.save()
            return True
        if stored.confirmed_by_id == new.confirmed_by_id and not keeps_sentence:
            stored.sentence = new.sentence
            stored.save(update_fields=["sentence"])
        return False


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
    sentence = LineField(_("sentence"), max_length=MAX_SENTENCE_LENGTH, blank=True)

    objects = ConfirmationQuerySet.as_manager()

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

    @property
    def mentor_name(self) -> str:
        """Empty if the mentor's account or the group was deleted."""
        if self.group_id is None or self.confirmed_by is None:
            return ""
        return self.confirmed_by.visible_name

    def beside(self, status: StepStatus) -> StepConfirmation:
        return StepConfirmation(self, self.is_taken_back(status))

    def is_taken_back(self, status: StepStatus) -> bool:
        """Whether the confirmation no longer counts, because the person unticked the
        step later. It does not count even if the step is done again.

        An undo brings the old date back, and then the confirmation counts again.
        """
        return is_taken_back(self.confirmed_at, status)


def is_taken_back(confirmed_at: datetime, status: StepStatus) -> bool:
    """As `Confirmation.is_taken_back`, for a date without its confirmation."""
    if status.state != State.DONE or status.done_at is None:
        return True
    return status.done_at > confirmed_at


class StepConfirmation(NamedTuple):
    """A confirmation, and whether the person's present status takes it back."""

    confirmation: Confirmation
    is_taken_back: bool
