"""Access to the admin. What account pages do, it leaves to them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.account import views as account_views
from allauth.account.utils import get_next_redirect_url
from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.options import TO_FIELD_VAR
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext

from accounts import mfa


class AdminSite(admin.AdminSite):
    """In production, only staff who have used a second factor may enter."""

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and (
            not settings.ADMIN_NEEDS_SECOND_FACTOR
            or mfa.has_used_second_factor(request)
        )

    def admin_view[View: Callable[..., HttpResponseBase]](
        self, view: View, cacheable: bool = False
    ) -> View:
        """Refuse what no page of the admin sends, and Django fails on, with 400.

        That is "Save as new", which fails if the form has an error, and the empty name
        of a field.
        """

        @wraps(view)
        def checked(
            request: HttpRequest, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            to_field = request.POST.get(TO_FIELD_VAR, request.GET.get(TO_FIELD_VAR))
            if "_saveasnew" in request.POST or to_field == "":
                raise BadRequest("No page of the admin sends this.")
            return view(request, *args, **kwargs)

        return cast(View, super().admin_view(checked, cacheable))

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """List what the user may see, in one group per verbose name of the apps.

        With an app's label, list only the group of that app.
        """
        groups: dict[str, dict[str, Any]] = {}
        for app in super().get_app_list(request):
            group = groups.setdefault(app["name"], app | {"models": []})
            names = {model["object_name"] for model in group["models"]}
            for model in app["models"]:
                # Django's template makes ids of these names. Two apps have a Group.
                if model["object_name"] in names:
                    model["object_name"] = f"{app['app_label']}-{model['object_name']}"
            group["models"] += app["models"]
        if app_label:
            name = apps.get_app_config(app_label).verbose_name
            return [groups[name]] if name in groups else []
        return list(groups.values())

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
        messages.info(
            request,
            gettext("The admin requires two-factor authentication. Set it up here."),
        )
        return redirect("mfa_index")

    def logout(  # type: ignore[override]
        self, request: HttpRequest, *_: Any, **__: Any
    ) -> HttpResponse:
        response: HttpResponse = account_views.logout(request)
        return response

    def password_change(  # type: ignore[override]
        self, *_: Any, **__: Any
    ) -> HttpResponse:
        return redirect("account_change_password")

    def password_change_done(  # type: ignore[override]
        self, *_: Any, **__: Any
    ) -> HttpResponse:
        return redirect("account_settings")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        needs_warning = (
            request.user.is_authenticated and not mfa.has_used_second_factor(request)
        )
        return super().each_context(request) | {
            "needs_second_factor_warning": needs_warning,
            "is_insecure_http": settings.INSECURE_HTTP,
        }
