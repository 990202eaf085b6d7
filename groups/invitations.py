"""Invitations to a group: a link to open, and a short code to type."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from groups.roles import Role

# Without I and O, which look like 1 and 0: 24 ** 6 is 191 million codes.
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 6


def generate_token() -> str:
    return secrets.token_urlsafe(24)


def generate_code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self) -> InvitationQuerySet:
        """Those that are not revoked, expired or used up."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()),
            Q(max_uses__isnull=True) | Q(uses__lt=F("max_uses")),
            revoked_at__isnull=True,
        )


class Invitation(models.Model):
    id = models.AutoField(primary_key=True)
    group = models.ForeignKey(
        "groups.Group",
        models.CASCADE,
        related_name="invitations",
        verbose_name=_("group"),
    )
    role = models.CharField(
        _("role"),
        max_length=6,
        choices=[choice for choice in Role.choices if choice[0] != Role.OWNER],
        default=Role.MEMBER,
    )
    token = models.CharField(
        max_length=32, unique=True, default=generate_token, editable=False
    )
    code = models.CharField(
        _("code"),
        max_length=CODE_LENGTH,
        unique=True,
        default=generate_code,
        editable=False,
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(
        _("created"), default=timezone.now, editable=False
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    max_uses = models.PositiveSmallIntegerField(
        _("how many people can use it"), null=True, blank=True
    )
    uses = models.PositiveIntegerField(_("used"), default=0, editable=False)
    revoked_at = models.DateTimeField(
        _("revoked"), null=True, blank=True, editable=False
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation to a group")
        verbose_name_plural = _("invitations to groups")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[Role.MEMBER, Role.MENTOR]),
                name="invitation_role_known",
            ),
            models.CheckConstraint(
                condition=Q(max_uses__isnull=True) | Q(uses__lte=F("max_uses")),
                name="invitation_not_used_too_often",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} to group {self.group_id}"

    def get_absolute_url(self) -> str:
        return reverse("groups:join", args=[self.token])
