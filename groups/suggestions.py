"""Groups that the organisation suggests to a person: nobody joins without their act."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from groups.roles import Role


class Suggestion(models.Model):
    """The claim of the organisation's sign-in assigns a person to a group.

    The row exists for as long as the claim does, so that nobody is asked twice.
    """

    id = models.AutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="group_suggestions",
        verbose_name=_("user"),
        db_index=False,  # the unique constraint starts with it
    )
    group = models.ForeignKey(
        "groups.Group",
        models.CASCADE,
        related_name="suggestions",
        verbose_name=_("group"),
    )
    role = models.CharField(_("role"), max_length=6, choices=Role)
    made_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    # They joined, or dismissed it.
    answered_at = models.DateTimeField(
        _("answered"), null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("suggestion of a group")
        verbose_name_plural = _("suggestions of groups")
        constraints = [
            models.UniqueConstraint(fields=["user", "group"], name="suggested_once"),
            models.CheckConstraint(
                condition=Q(role__in=[Role.MEMBER, Role.MENTOR]),
                name="suggestion_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"group {self.group_id} for user {self.user_id}: {self.role}"

    def count_use(self) -> None:
        """They join by it. Call it while the group is locked.

        Raises DoesNotExist if it was deleted meanwhile.
        """
        self.refresh_from_db(fields=["answered_at"])
        self.answer()

    def answer(self) -> None:
        Suggestion.objects.filter(pk=self.pk).update(answered_at=timezone.now())
