"""The audit trail: who changed what about people and groups, and when.

It says nothing about anybody's progress or notes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


class AuditAction(models.TextChoices):
    GROUP_CREATED = "group_created", _("Created a group")
    GROUP_DELETED = "group_deleted", _("Deleted a group")
    GROUP_JOINED = "group_joined", _("Joined a group")
    GROUP_LEFT = "group_left", _("Left a group")
    MEMBER_REMOVED = "member_removed", _("Removed a person from a group")
    ROLE_CHANGED = "role_changed", _("Changed a role in a group")
    ROADMAP_ASSIGNED = "roadmap_assigned", _("Assigned a roadmap to a group")
    ROADMAP_UNASSIGNED = "roadmap_unassigned", _("Took a roadmap from a group")
    SHARING_STARTED = "sharing_started", _("Agreed to show a roadmap")
    SHARING_STOPPED = "sharing_stopped", _("Stopped showing a roadmap")
    INVITATION_CREATED = "invitation_created", _("Created an invitation to a group")
    INVITATION_REVOKED = "invitation_revoked", _("Revoked an invitation to a group")
    STEP_CONFIRMED = "step_confirmed", _("Confirmed a step")


class AuditEventManager(models.Manager["AuditEvent"]):
    def record(
        self,
        action: AuditAction,
        actor: AbstractBaseUser | None,
        person: AbstractBaseUser | None = None,
        **details: str | int | None,
    ) -> AuditEvent:
        """Add an event. `actor` did it; `person` is whom it concerns, by default the
        actor. `details` are plain values, such as the group and the role.
        """
        concerned = person or actor
        return self.create(
            action=action,
            actor_id=actor.pk if actor else None,
            person_id=concerned.pk if concerned else None,
            details=details,
        )


class AuditEvent(models.Model):
    # The users have no constraint: an event stays when an account is deleted. All that
    # it then says is a number that belongs to nobody any more.
    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("time"), default=timezone.now, db_index=True)
    action = models.CharField(_("action"), max_length=30)
    actor = models.ForeignKey(
        "accounts.User",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("done by"),
    )
    person = models.ForeignKey(
        "accounts.User",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("person"),
    )
    details = models.JSONField(_("details"), default=dict)

    objects = AuditEventManager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit trail")
        ordering = ["-at", "-pk"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"
