"""The audit trail: who changed what about people and groups, and when.

It says nothing about anybody's progress or notes. The database refuses to change an
event, and to delete it before it is AUDIT_DAYS old: accounts/migrations/0002_audit.py.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.utils.functional import _StrPromise as StrPromise

BATCH_SIZE = 1000  # events per transaction


class AuditAction(models.TextChoices):
    """What can happen. A new action is one line here."""

    GROUP_CREATED = "group_created", _("Created a group")
    GROUP_DELETED = "group_deleted", _("Deleted a group")
    GROUP_JOINED = "group_joined", _("Joined a group")
    GROUP_LEFT = "group_left", _("Left a group")
    MEMBER_REMOVED = "member_removed", _("Removed a person from a group")
    ROLE_CHANGED = "role_changed", _("Changed a person’s role in a group")
    ROADMAP_ASSIGNED = "roadmap_assigned", _("Assigned a roadmap to a group")
    ROADMAP_UNASSIGNED = "roadmap_unassigned", _("Removed a roadmap from a group")
    SHARING_STARTED = "sharing_started", _("Started showing progress on a roadmap")
    SHARING_STOPPED = "sharing_stopped", _("Stopped showing progress on a roadmap")
    INVITATION_CREATED = "invitation_created", _("Created an invitation to a group")
    INVITATION_REVOKED = "invitation_revoked", _("Revoked an invitation to a group")
    STEP_CONFIRMED = "step_confirmed", _("Confirmed a step")
    TRAIL_EXPORTED = "trail_exported", _("Exported the audit trail")


# Each detail in words. A detail that is not here is shown with its key.
DETAILS = {
    "group": _("Group: {value}."),
    "role": _("Role: {value}."),
    "roadmap": _("Roadmap: {value}."),
    "step": _("Step: {value}."),
    "file": _("File: {value}."),
    "events": _("Events: {value}."),
}
ROLES = {
    "member": _("Member"),
    "mentor": _("Mentor"),
    "owner": _("Owner"),
}


def get_actions() -> list[tuple[str, StrPromise]]:
    """All actions. As this is a function, a new one needs no migration."""
    return AuditAction.choices


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

        Call it in the transaction of the change, so that both are stored or neither is.
        Raises TransactionManagementError outside of a transaction.
        """
        if not connection.in_atomic_block:
            raise TransactionManagementError("Record it in the change's transaction.")
        concerned = person or actor
        return self.create(
            action=action,
            actor_id=actor.pk if actor else None,
            person_id=concerned.pk if concerned else None,
            details=details,
        )

    def delete_expired(self) -> int:
        """Delete the events that are older than AUDIT_DAYS, and return their number."""
        limit = timezone.now() - timedelta(days=settings.AUDIT_DAYS)
        expired = self.filter(at__lt=limit)
        total = 0
        while batch := list(expired.values_list("pk", flat=True)[:BATCH_SIZE]):
            with transaction.atomic(), connection.cursor() as cursor:
                setting = ["cairn.audit_limit", limit.isoformat()]
                cursor.execute("SELECT set_config(%s, %s, true)", setting)
                self.filter(pk__in=batch).delete()
            total += len(batch)
        return total


class AuditEvent(models.Model):
    # The users have no constraint: an event stays when an account is deleted. All that
    # it then says is a number that belongs to nobody any more.
    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("time"), default=timezone.now, db_index=True)
    action = models.CharField(_("action"), max_length=30, choices=get_actions)
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
        verbose_name_plural = _("audit events")
        ordering = ["-at", "-pk"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_action_display()}"

    def describe_details(self) -> str:
        """Return the details in words, such as "Group: Class 7 (12). Role: Mentor."."""
        return " ".join(text.format(value=value) for text, value in self.get_details())

    def get_details(self) -> list[tuple[str, str]]:
        """Return the words for each detail, with "{value}" in them, and the value."""
        details = self.details.items()
        values = {key: str(value) for key, value in details if value is not None}
        for key in ("group", "step"):
            if number := values.pop(f"{key}_id", ""):
                values[key] = f"{values.get(key, '')} ({number})".strip()
        if "role" in values:
            values["role"] = str(ROLES.get(values["role"], values["role"]))
        # PostgreSQL does not keep the order of the keys.
        known = {key: str(text) for key, text in DETAILS.items() if key in values}
        others = {key: f"{key}: {{value}}." for key in values if key not in DETAILS}
        return [(text, values[key]) for key, text in (known | others).items()]
