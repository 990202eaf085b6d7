"""Admin pages for users and invitations."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.email_addresses import EmailField
from accounts.models import Invitation, User
from accounts.signup_policy import invite


class UserForm(UserChangeForm):
    email = EmailField(label="Email address")

    class Meta:
        model = User
        fields = "__all__"


class NewUserForm(AdminUserCreationForm):
    email = EmailField(label="Email address")

    class Meta:
        model = User
        fields = ["email"]


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    list_display = ["email", "name", "is_staff", "is_active", "date_joined"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        (
            "Permissions",
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
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "usable_password", "password1", "password2"]})
    ]

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """List only the users, and count their other rows, which may be private."""
        _, counts, missing_permissions, protected = super().get_deleted_objects(
            objs, request
        )
        return [str(user) for user in objs], counts, missing_permissions, protected


class InvitationForm(ModelForm):
    address = EmailField(label="Email address")

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if EmailAddress.objects.filter(email=address, verified=True).exists():
            raise ValidationError("Whoever has this address has an account already.")
        return address


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    """Adding an invitation mails it. Sending a used one again reopens it."""

    form = InvitationForm
    list_display = ["address", "invited_by", "invited_at", "used_at"]
    list_filter = [("used_at", admin.EmptyFieldListFilter)]
    list_select_related = ["invited_by"]
    search_fields = ["address"]
    readonly_fields = ["invited_by", "invited_at", "used_at"]
    actions = ["send_again"]

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

    @admin.action(description="Send again", permissions=["add"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        for invitation in queryset:
            invite(request, invitation)
        messages.success(request, f"Sent again: {len(queryset)}.")
