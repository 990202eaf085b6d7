"""Admin pages for allauth's models, by which staff help people who are locked out.

Nobody can change their own here: their account pages ask for the password first.
"""

from typing import Any, cast

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.admin import EmailAddressAdmin as AllauthEmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.admin import SocialAccountAdmin as AllauthSocialAccountAdmin
from allauth.socialaccount.models import SocialAccount
from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.audit import AuditAction, AuditEvent
from accounts.models import User
from accounts.sign_in_events import name_provider
from core.admin_columns import yes_or_no

log = structlog.get_logger("cairn.accounts")


class RemoveOnlyMixin:
    """Rows of others can be removed. None can be added or changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        is_own = getattr(obj, "user_id", None) == request.user.pk
        return not is_own and super().has_delete_permission(request, obj)  # type: ignore[misc]


class RecordedRemovalMixin:
    """Records in the audit trail that somebody removed another person's row."""

    removal: AuditAction

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            actor = cast("User", request.user)
            details = self.describe(obj)
            AuditEvent.objects.record(self.removal, actor, obj.user, **details)
            super().delete_model(request, obj)  # type: ignore[misc]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)

    def describe(self, _row: Any) -> dict[str, str]:
        """Return the details of the event."""
        return {}


class EmailAddressAdmin(
    RecordedRemovalMixin, RemoveOnlyMixin, AllauthEmailAddressAdmin
):
    removal = AuditAction.ADDRESS_REMOVED
    list_display = [  # type: ignore[assignment]
        "email",
        "user",
        yes_or_no(EmailAddress, "primary"),
        yes_or_no(EmailAddress, "verified"),
    ]
    actions: list[Any] = []  # only a code confirms an address


class SocialAccountAdmin(
    RecordedRemovalMixin, RemoveOnlyMixin, AllauthSocialAccountAdmin
):
    removal = AuditAction.PROVIDER_UNLINKED
    search_fields = ["uid", "extra_data__email"]  # and the person's address here

    def describe(self, row: SocialAccount) -> dict[str, str]:
        return {"way": name_provider(row.provider)}


class AuthenticatorAdmin(RecordedRemovalMixin, RemoveOnlyMixin, admin.ModelAdmin):
    """Lets staff remove a second factor that a user lost. Its secret is hidden."""

    removal = AuditAction.FACTOR_REMOVED
    MAILS = {
        Authenticator.Type.TOTP: "mfa/email/totp_deactivated",
        Authenticator.Type.WEBAUTHN: "mfa/email/webauthn_removed",
    }

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    search_fields = ["user__email"]
    fields = ["user", "type", "created_at", "last_used_at"]

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        log.info(
            "factor_removed",
            user_id=obj.user_id,
            type=str(obj.type),
            by=request.user.pk,
        )
        super().delete_model(request, obj)
        if mail := self.MAILS.get(Authenticator.Type(obj.type)):
            get_adapter().send_notification_mail(mail, obj.user)

    def describe(self, row: Authenticator) -> dict[str, str]:
        return {"factor": str(row.type)}
