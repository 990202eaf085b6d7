"""Admin pages for users and invitations."""

from http import HTTPStatus
from typing import Any, cast

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import admin_audit  # noqa: F401, Django loads admin pages from here
from accounts.admin_deactivation import deactivate_selected
from accounts.audit import AuditAction, AuditEvent
from accounts.deactivation import end_sessions
from accounts.deletion import delete_account
from accounts.email_addresses import EmailField
from accounts.models import Invitation, User
from accounts.permission_changes import (
    list_permissions,
    record_group_change,
    recorded_permissions,
)
from accounts.person_search import search_people
from accounts.signup_policy import invite
from core.admin_columns import yes_or_no
from core.forms import LineField
from core.large_tables import LargeTableAdmin

log = structlog.get_logger("cairn.accounts")


class UserForm(UserChangeForm):
    email = EmailField(label=gettext_lazy("Email address"))

    class Meta:
        model = User
        fields = "__all__"


class NewUserForm(AdminUserCreationForm):
    email = EmailField(label=gettext_lazy("Email address"))

    class Meta:
        model = User
        fields = ["email"]


def is_own(request: HttpRequest, user: User | None) -> bool:
    return user is not None and user.pk == request.user.pk


def get_user(request: HttpRequest) -> User:
    """The signed-in user, as their own type."""
    return cast("User", request.user)


@admin.register(User)
class UserAdmin(LargeTableAdmin, DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    list_display = [
        "email",
        "name",
        yes_or_no(User, "is_staff"),
        yes_or_no(User, "is_active"),
        "date_joined",
    ]
    sortable_by = ["email"]
    search_fields = ["email"]  # shows the search; see get_search_results
    search_help_text = gettext_lazy(
        "Search by the beginning of an email address, or of words in a name."
    )
    actions = [deactivate_selected]
    ordering = ["email"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        (
            gettext_lazy("Permissions"),
            {
                "fields": [
                    "is_active",
                    "is_staff",
                    "is_superuser",
                    "groups",
                    "user_permissions",
                ]
            },
        ),
        (gettext_lazy("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "usable_password", "password1", "password2"]})
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        term = search_term.strip()
        return search_people(queryset, term) if term else queryset, False

    def get_readonly_fields(
        self, request: HttpRequest, obj: User | None = None
    ) -> list[str]:
        fields = list(super().get_readonly_fields(request, obj))
        return [*fields, "email"] if is_own(request, obj) else fields

    def save_model(
        self, request: HttpRequest, obj: User, form: Any, change: Any
    ) -> None:
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            end_sessions(obj)
        actions = [AuditAction.ACCOUNT_CREATED]
        if change:
            possible = {
                "is_active": AuditAction.ACCOUNT_ACTIVATED
                if obj.is_active
                else AuditAction.ACCOUNT_DEACTIVATED,
                "email": AuditAction.ADDRESS_CHANGED,
            }
            actions = [possible[name] for name in possible if name in form.changed_data]
        for action in actions:
            AuditEvent.objects.record(action, get_user(request), obj)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        user = self.get_object(request, object_id)
        if user is None or request.method != "POST":
            return super().change_view(request, object_id, form_url, extra_context)
        with recorded_permissions(user.pk, get_user(request)):
            return super().change_view(request, object_id, form_url, extra_context)

    @transaction.atomic
    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002
        form_url: str = "",
    ) -> HttpResponse:
        """Set a password for another user, and mail them."""
        user = self.get_object(request, id)
        if is_own(request, user):
            return redirect("account_change_password")
        response = super().user_change_password(request, id, form_url)
        if user and response.status_code == HTTPStatus.FOUND:
            log.info("password_set", user_id=user.pk, by=request.user.pk)
            action = AuditAction.PASSWORD_CHANGED
            AuditEvent.objects.record(action, get_user(request), user)
            mail = "account/email/password_changed"
            get_adapter().send_notification_mail(mail, user)
        return response

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        if is_own(request, self.get_object(request, object_id)):
            return redirect("account_delete")
        return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        log.info("account_deleted", user_id=obj.pk, by=request.user.pk)
        delete_account(obj, get_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """List only the users, and count their other rows, which may be private.

        Your own account is protected here; its page deletes it.
        """
        _rows, counts, missing_permissions, protected = super().get_deleted_objects(
            objs, request
        )
        own = [
            _("%(user)s (your own account)") % {"user": user}
            for user in objs
            if is_own(request, user)
        ]
        if own:  # the reason to show, not the permissions on its addresses
            missing_permissions, protected = set(), own
        return [str(user) for user in objs], counts, missing_permissions, protected


class PermissionGroupForm(ModelForm):
    name = LineField(label=gettext_lazy("Name"), max_length=150)

    class Meta:
        model = Group
        fields = ["name", "permissions"]


admin.site.unregister(Group)


@admin.register(Group)
class PermissionGroupAdmin(DjangoGroupAdmin):
    form = PermissionGroupForm

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: Any
    ) -> None:
        super().save_related(request, form, formsets, change)
        if form.has_changed():
            before = list_permissions(form.initial.get("permissions", []))
            after = list_permissions(form.instance.permissions.all())
            record_group_change(form.instance, before, after, get_user(request))

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        before = list_permissions(obj.permissions.all())
        record_group_change(obj, before, "", get_user(request))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        for group in queryset:
            self.delete_model(request, group)


class InvitationForm(ModelForm):
    address = EmailField(label=gettext_lazy("Email address"))

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if EmailAddress.objects.filter(email=address, verified=True).exists():
            raise ValidationError(_("This email address already has an account."))
        return address


@admin.register(Invitation)
class InvitationAdmin(LargeTableAdmin):
    """Adding an invitation mails it. Sending a used one again reopens it."""

    form = InvitationForm
    list_display = ["address", "invited_by", "invited_at", "used_at"]
    list_filter = [("used_at", admin.EmptyFieldListFilter)]
    list_select_related = ["invited_by"]
    sortable_by = ["address", "invited_at"]
    search_fields = ["address"]  # shows the search; see get_search_results
    search_help_text = gettext_lazy("Search by the beginning of an email address.")
    readonly_fields = ["invited_by", "invited_at", "used_at"]
    actions = ["send_again"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Invitation], search_term: str
    ) -> tuple[QuerySet[Invitation], bool]:
        term = search_term.strip().lower()
        return queryset.filter(address__startswith=term) if term else queryset, False

    def has_change_permission(
        self, request: HttpRequest, obj: Invitation | None = None
    ) -> bool:
        # Staff can use the list and its actions, but cannot edit an invitation that
        # was already mailed.
        return obj is None and super().has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Invitation, form: Any, change: Any
    ) -> None:
        invite(request, obj)

    @admin.action(description=gettext_lazy("Send again"), permissions=["add"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        for invitation in queryset:
            invite(request, invitation)
        count = len(queryset)
        message = ngettext(
            "%(count)d invitation was sent again.",
            "%(count)d invitations were sent again.",
            count,
        )
        messages.success(request, message % {"count": count})
