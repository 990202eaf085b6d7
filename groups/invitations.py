"""Invitations to a group: a link to open, or a short code to type."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import AuditAction
from groups.errors import InvitationUsedError
from groups.roles import Role

if TYPE_CHECKING:
    from datetime import date, datetime

    from accounts.models import User

MAX_INVITATIONS = 50  # usable ones of a group
MAX_ENDED_INVITATIONS = 20  # of a group; older ones are deleted

# Without I and O, which look like 1 and 0: 24 ** 6 is 191 million codes.
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 6


class InvitationState(models.TextChoices):
    USABLE = "usable", _("Usable")
    USED_UP = "used-up", _("Used up")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


def generate_token() -> str:
    return secrets.token_urlsafe(24)


def generate_code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def normalize_code(text: str) -> str:
    """Return what a person typed as a code, without spaces and hyphens."""
    return re.sub(r"[\W_]", "", text).upper()


class GroupInvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self) -> GroupInvitationQuerySet:
        """Those that are not revoked, expired or used up."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()),
            Q(max_uses__isnull=True) | Q(uses__lt=F("max_uses")),
            revoked_at__isnull=True,
        )

    def ended_before(self, date: datetime) -> GroupInvitationQuerySet:
        """Those that were revoked or had expired by then."""
        return self.filter(Q(revoked_at__lt=date) | Q(expires_at__lt=date))

    def delete_old(self) -> None:
        """Delete all but the last ones that cannot be used any more, of one group."""
        ended = self.exclude(pk__in=self.usable().values("pk"))
        old = ended.order_by("-created_at", "-pk").values_list("pk", flat=True)
        self.filter(pk__in=list(old[MAX_ENDED_INVITATIONS:])).delete()

    def find_code(self, code: str) -> Invitation | None:
        """The usable invitation with this code, which a person typed.

        Small letters, spaces and hyphens make no difference.
        """
        return self.usable().filter(code=normalize_code(code)).first()


class Invitation(models.Model):
    """Lets people into a group by a link, or by a code that they type."""

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

    objects = GroupInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation to a group")
        verbose_name_plural = _("invitations to groups")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=[field],
                name=f"group_invitation_{name}",
                condition=Q(**{f"{field}__isnull": False}),
            )
            for field, name in (("revoked_at", "revoked"), ("expires_at", "expires"))
        ]
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

    @property
    def state(self) -> InvitationState:
        if self.revoked_at is not None:
            return InvitationState.REVOKED
        if self.expires_at is not None and self.expires_at <= timezone.now():
            return InvitationState.EXPIRED
        if self.max_uses is not None and self.uses >= self.max_uses:
            return InvitationState.USED_UP
        return InvitationState.USABLE

    @property
    def is_usable(self) -> bool:
        return self.state == InvitationState.USABLE

    @property
    def last_day(self) -> date | None:
        """The last day on which people can join with it, in the active time zone."""
        if self.expires_at is None:
            return None
        return timezone.localdate(self.expires_at - timedelta(microseconds=1))

    def count_use(self) -> None:
        """Count one more person. Call it while the group is locked.

        Raises InvitationUsedError, and DoesNotExist if it was deleted meanwhile.
        """
        self.refresh_from_db(fields=["revoked_at", "expires_at", "max_uses", "uses"])
        if not self.is_usable:
            raise InvitationUsedError
        self.uses += 1
        self.save(update_fields=["uses"])

    @transaction.atomic
    def revoke(self, actor: User) -> None:
        """Let nobody else use the invitation. Those who have joined stay."""
        self.group.lock()
        self.refresh_from_db(fields=["revoked_at"])
        if self.revoked_at is None:
            self.revoked_at = timezone.now()
            self.save(update_fields=["revoked_at"])
            self.group.record(AuditAction.INVITATION_REVOKED, actor, role=self.role)
