"""Access to the admin, and its page for lost second factors."""

from typing import Any

import structlog
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import mfa

log = structlog.get_logger("cairn.accounts")


class AdminSite(admin.AdminSite):
    """In production, only staff who have used a second factor may enter."""

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and (
            not settings.ADMIN_NEEDS_SECOND_FACTOR
            or mfa.has_used_second_factor(request)
        )

    def login(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        """Redirect to the missing sign-in step. The admin has no login form of its own.

        Raises PermissionDenied for people who are not staff.
        """
        next_url = get_next_redirect_url(request) or request.get_full_path()
        if not request.user.is_authenticated:
            return redirect_to_login(next_url)
        if not super().has_permission(request):
            raise PermissionDenied
        if self.has_permission(request):
            return redirect("admin:index")
        if url_name := mfa.second_factor_url_name(request.user):
            return redirect_to_login(next_url, url_name)
        messages.info(request, "The admin asks for a second factor. Set one up here.")
        return redirect("mfa_index")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        needs_warning = (
            request.user.is_authenticated and not mfa.has_used_second_factor(request)
        )
        return super().each_context(request) | {
            "needs_second_factor_warning": needs_warning
        }


class AuthenticatorAdmin(admin.ModelAdmin):
    """Lets staff remove a second factor that a user lost. Its secret is hidden."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    search_fields = ["user__email"]
    fields = ["user", "type", "created_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Authenticator | None = None
    ) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        log.info(
            "factor_removed",
            user_id=obj.user_id,
            type=str(obj.type),
            by=request.user.pk,
        )
        super().delete_model(request, obj)

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[Authenticator]
    ) -> None:
        for authenticator in queryset:
            self.delete_model(request, authenticator)
