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
from django.db.models import Model, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.audit import AuditAction, AuditEvent
from accounts.models import User
from accounts.person_search import find_people
from accounts.providers import list_provider_ids
from accounts.sign_in_events import name_provider
from core.admin_columns import yes_or_no
from core.large_tables import LargeTableAdmin

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


class PersonSearchMixin:
    """Searches by the email addresses of people, using indexes."""

    search_help_text: Any = gettext_lazy(
        "Search by the beginning of a person’s email address, or by their number."
    )

    def get_search_fields(self, _request: HttpRequest) -> list[str]:
        return ["user"]  # shows the search; see get_search_results

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(user__in=find_people(term)) | self.get_own_matches(term)
        return queryset.filter(found), False

    def get_own_matches(self, _term: str) -> Q:
        """Return a condition for other rows that the search finds."""
        return Q()


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
    RecordedRemovalMixin,
    RemoveOnlyMixin,
    PersonSearchMixin,
    LargeTableAdmin,
    AllauthEmailAddressAdmin,
):
    removal = AuditAction.ADDRESS_REMOVED
    list_display = [  # type: ignore[assignment]
        "email",
        "user",
        yes_or_no(EmailAddress, "primary"),
        yes_or_no(EmailAddress, "verified"),
    ]
    sortable_by = ["email"]
    actions: list[Any] = []  # only a code confirms an address

    def get_own_matches(self, term: str) -> Q:
        return Q(email__startswith=term.lower())


class ProviderFilter(admin.SimpleListFilter):
    """Lists the known providers. Django would read the whole table to find them."""

    title = gettext_lazy("provider")
    parameter_name = "provider"

    def lookups(self, *_: Any) -> list[tuple[str, str]]:
        return [(each, name_provider(each)) for each in list_provider_ids()]

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[SocialAccount]
    ) -> QuerySet[SocialAccount]:
        value = self.value()
        return queryset.filter(provider=value) if value else queryset


class SocialAccountAdmin(
    RecordedRemovalMixin,
    RemoveOnlyMixin,
    PersonSearchMixin,
    LargeTableAdmin,
    AllauthSocialAccountAdmin,
):
    removal = AuditAction.PROVIDER_UNLINKED
    list_filter = [ProviderFilter]  # type: ignore[assignment]
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[SocialAccount]:
        address = Lower(KeyTextTransform("email", "extra_data"))
        accounts: QuerySet[SocialAccount] = super().get_queryset(request)
        return accounts.alias(address=address)

    def get_own_matches(self, term: str) -> Q:
        """The identifier at a provider, or the beginning of the address there."""
        is_identifier = Q(provider__in=list_provider_ids(), uid=term)
        return is_identifier | Q(address__startswith=term.lower())

    def describe(self, row: SocialAccount) -> dict[str, str]:
        return {"way": name_provider(row.provider)}


class AuthenticatorAdmin(
    RecordedRemovalMixin, RemoveOnlyMixin, PersonSearchMixin, LargeTableAdmin
):
    """Lets staff remove a second factor that a user lost. Its secret is hidden."""

    removal = AuditAction.FACTOR_REMOVED
    MAILS = {
        Authenticator.Type.TOTP: "mfa/email/totp_deactivated",
        Authenticator.Type.WEBAUTHN: "mfa/email/webauthn_removed",
    }

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    sortable_by = ()
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
