"""The way into the admin, and what it shows of allauth."""

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
    """Opens, in production, to staff who have signed in with a second factor."""

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and (
            not settings.ADMIN_NEEDS_SECOND_FACTOR or mfa.used(request)
        )

    def login(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        """There is no form here: lead to what is still missing, or in."""
        landing = get_next_redirect_url(request) or request.get_full_path()
        if not request.user.is_authenticated:
            return redirect_to_login(landing)
        if not super().has_permission(request):
            raise PermissionDenied
        if self.has_permission(request):
            return redirect("admin:index")
        if page := mfa.page_to_use_one(request.user):
            return redirect_to_login(landing, page)
        messages.info(request, "The admin asks for a second factor. Set one up here.")
        return redirect("mfa_index")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        is_in = request.user.is_authenticated
        return super().each_context(request) | {
            "without_second_factor": is_in and not mfa.used(request)
        }


class FactorAdmin(admin.ModelAdmin):
    """To take a factor away from somebody who has lost it; its secret is not shown."""

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
        for factor in queryset:
            self.delete_model(request, factor)
