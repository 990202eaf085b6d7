"""The audit trail: who signed in, who changed what about people and groups, and when.

It says nothing about anybody's progress or notes. It has no email address and no IP
address: a number identifies a person. The database refuses to change an event, and to
delete it before it is AUDIT_DAYS old: accounts/migrations/0002_audit.py.
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
    """What can happen. A new action is one line here, and one in KINDS."""

    SIGNED_IN = "signed_in", _("Signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("Failed to sign in")
    IDENTITY_CHECK_FAILED = "identity_check_failed", _("Failed an identity check")
    ACCOUNT_CREATED = "account_created", _("Created an account")
    ACCOUNT_DEACTIVATED = "account_deactivated", _("Deactivated an account")
    ACCOUNT_ACTIVATED = "account_activated", _("Activated an account again")
    ACCOUNT_DELETED = "account_deleted", _("Deleted an account")
    PASSWORD_SET = "password_set", _("Set a password")
    PASSWORD_CHANGED = "password_changed", _("Changed the password")
    PASSWORD_RESET = "password_reset", _("Reset the password")
    FACTOR_ADDED = "factor_added", _("Added a second factor")
    FACTOR_REMOVED = "factor_removed", _("Removed a second factor")
    FACTOR_RENEWED = "factor_renewed", _("Renewed a second factor")
    ADDRESS_ADDED = "address_added", _("Added an email address")
    ADDRESS_CONFIRMED = "address_confirmed", _("Confirmed an email address")
    ADDRESS_REMOVED = "address_removed", _("Removed an email address")
    ADDRESS_CHANGED = "address_changed", _("Changed the primary email address")
    PROVIDER_LINKED = "provider_linked", _("Connected another account")
    PROVIDER_UNLINKED = "provider_unlinked", _("Disconnected another account")
    DATA_DOWNLOADED = "data_downloaded", _("Downloaded their data")
    DATA_IMPORTED = "data_imported", _("Imported their data")
    PERMISSIONS_CHANGED = "permissions_changed", _("Changed a person’s permissions")
    GROUP_PERMISSIONS_CHANGED = (
        "group_permissions_changed",
        _("Changed a permission group"),
    )
    PERSON_INVITED = "person_invited", _("Invited a person to the site")
    TRAIL_EXPORTED = "trail_exported", _("Exported the audit trail")
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
    SITE_ROLE_GIVEN = "site_role_given", _("Gave a role on the site")
    SITE_ROLE_TAKEN = "site_role_taken", _("Took a role on the site")


A = AuditAction
KINDS: dict[str, tuple[StrPromise, list[AuditAction]]] = {
    "sign_ins": (
        _("Sign-ins"),
        [A.SIGNED_IN, A.SIGN_IN_FAILED, A.IDENTITY_CHECK_FAILED],
    ),
    "accounts": (
        _("Accounts"),
        [
            *(A.ACCOUNT_CREATED, A.ACCOUNT_DEACTIVATED, A.ACCOUNT_ACTIVATED),
            *(A.ACCOUNT_DELETED, A.PASSWORD_SET, A.PASSWORD_CHANGED, A.PASSWORD_RESET),
            *(A.FACTOR_ADDED, A.FACTOR_REMOVED, A.FACTOR_RENEWED, A.ADDRESS_ADDED),
            *(A.ADDRESS_CONFIRMED, A.ADDRESS_REMOVED, A.ADDRESS_CHANGED),
            *(A.PROVIDER_LINKED, A.PROVIDER_UNLINKED),
            *(A.DATA_DOWNLOADED, A.DATA_IMPORTED),
        ],
    ),
    "administration": (
        _("Administration"),
        [
            *(A.PERMISSIONS_CHANGED, A.GROUP_PERMISSIONS_CHANGED),
            *(A.PERSON_INVITED, A.SITE_ROLE_GIVEN, A.SITE_ROLE_TAKEN),
            A.TRAIL_EXPORTED,
        ],
    ),
    "groups": (
        _("Groups"),
        [
            *(A.GROUP_CREATED, A.GROUP_DELETED, A.GROUP_JOINED, A.GROUP_LEFT),
            *(A.MEMBER_REMOVED, A.ROLE_CHANGED, A.ROADMAP_ASSIGNED),
            *(A.ROADMAP_UNASSIGNED, A.SHARING_STARTED, A.SHARING_STOPPED),
            *(A.INVITATION_CREATED, A.INVITATION_REVOKED, A.STEP_CONFIRMED),
        ],
    ),
}


# Each detail in words. A detail that is not here is shown with its key.
DETAILS = {
    "group": _("Group: {value}."),
    "role": _("Role: {value}."),
    "roadmap": _("Roadmap: {value}."),
    "step": _("Step: {value}."),
    "file": _("File: {value}."),
    "events": _("Events: {value}."),
    "way": _("With: {value}."),
    "factor": _("Second factor: {value}."),
    "reason": _("Reason: {value}."),
    "permission_group": _("Permission group: {value}."),
    "before": _("Before: {value}."),
    "after": _("After: {value}."),
    "invitation": _("Invitation: {value}."),
}
FACTORS = {
    "totp": _("Authenticator app"),
    "webauthn": _("Passkey"),
    "recovery_codes": _("Recovery codes"),
}
ROLES = {
    "member": _("Member"),
    "mentor": _("Mentor"),
    "owner": _("Owner"),
    "staff": _("Staff"),
    "editors": _("Editor"),
    "publishers": _("Publisher"),
}
# Each known value of a detail in words. Others are shown as they are.
VALUES = {
    "role": ROLES,
    "way": {
        "password": _("Password"),
        "code": _("Emailed code"),
        "password_reset": _("Emailed code for a new password"),
        "address_code": _("Emailed code for an address"),
        "organisation": _("Organisation"),
        "github": _("GitHub"),
        "google": _("Google"),
        **FACTORS,
    },
    "factor": FACTORS,
    "reason": {
        "wrong": _("Not correct"),
        "deactivated": _("The account is deactivated"),
        "organisation_only": _("Only the organisation’s sign-in is allowed"),
        "too_many": _("Too many in one hour; the next ones are not recorded"),
    },
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
        # For the list of one action. Most events are sign-ins: they are found by time.
        indexes = [
            models.Index(
                fields=["action", "at"],
                name="audit_action",
                condition=~models.Q(action=AuditAction.SIGNED_IN),
            )
        ]

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
        for key, words in VALUES.items():
            if key in values:
                values[key] = str(words.get(values[key], values[key]))
        # PostgreSQL does not keep the order of the keys.
        known = {key: str(text) for key, text in DETAILS.items() if key in values}
        others = {key: f"{key}: {{value}}." for key in values if key not in DETAILS}
        return [(text, values[key]) for key, text in (known | others).items()]
