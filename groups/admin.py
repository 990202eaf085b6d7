"""The admin's pages for groups: how many people are in one, and never who does what."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef
from django.forms import ModelForm
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.email_addresses import EmailField
from core.large_tables import LargeTableAdmin
from groups.models import (
    MAX_ROADMAPS,
    Assignment,
    Group,
    Membership,
    count_per_group,
)
from groups.roles import Role

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.forms import BaseInlineFormSet
    from django.http import HttpRequest

    from accounts.models import User


class AssignmentForm(ModelForm):
    """An assigned roadmap keeps its roadmap: members agreed to show that one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            roadmap = self.instance.roadmap
            field: Any = self.fields["roadmap"]
            field.disabled = True
            field.widget.choices = [(roadmap.pk, roadmap.title)]


class AssignmentInline(admin.StackedInline):
    model = Assignment
    form = AssignmentForm
    fields = ["roadmap", "due_on"]
    extra = 1
    max_num = MAX_ROADMAPS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("roadmap")

    def get_formset(
        self, request: HttpRequest, obj: Model | None = None, **kwargs: Any
    ) -> type[BaseInlineFormSet]:
        formset = super().get_formset(request, obj, validate_max=True, **kwargs)
        widget: Any = formset.form.base_fields["roadmap"].widget
        widget.can_add_related = widget.can_change_related = False
        widget.can_view_related = False
        return formset


class GroupForm(ModelForm):
    new_owner = EmailField(
        label=gettext_lazy("New owner"),
        required=False,
        help_text=gettext_lazy(
            "The accounts of all owners are closed. Enter the email address of the "
            "person who should manage the group. They don’t have to be in it yet."
        ),
    )
    found_user: User | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_owner(self.instance):
            del self.fields["new_owner"]

    def clean_new_owner(self) -> str:
        address: str = self.cleaned_data["new_owner"]
        if address:
            found = EmailAddress.objects.filter(
                email=address, verified=True, user__is_active=True
            )
            if row := found.select_related("user").first():
                self.found_user = row.user
            else:
                raise ValidationError(_("No account has this email address."))
        return address


@admin.register(Group)
class GroupAdmin(LargeTableAdmin):
    """People make groups on the site, where their creator becomes the owner."""

    form = GroupForm
    inlines = [AssignmentInline]
    list_display = [
        "name",
        "member_count",
        "mentor_count",
        "roadmap_count",
        "created_at",
    ]
    sortable_by = ["name"]
    search_fields = ["name", "purpose"]
    readonly_fields = ["owners", "member_count", "mentor_count", "created_at"]
    view_on_site = False  # only people in the group can open its page

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        fields = ["name", "purpose", "member_claim", "mentor_claim", "owners"]
        if obj and not has_owner(obj) and self.has_change_permission(request, obj):
            fields.append("new_owner")
        return [*fields, "member_count", "mentor_count", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        people = Membership.objects.filter(group=OuterRef("pk"))
        roadmaps = Assignment.objects.filter(group=OuterRef("pk"))
        groups: QuerySet[Group] = super().get_queryset(request)
        return groups.annotate(
            members=count_per_group(people.filter(role=Role.MEMBER)),
            mentors=count_per_group(people.mentors()),
            roadmaps=count_per_group(roadmaps),
        )

    def get_object(self, request: HttpRequest, object_id: str, *args: Any) -> Any:
        """Lock the group during a POST, so that its rules hold until it is saved."""
        group = super().get_object(request, object_id, *args)
        is_in_transaction = transaction.get_connection().in_atomic_block
        if group and request.method == "POST" and is_in_transaction:
            try:
                group.lock()
            except Group.DoesNotExist:  # it was deleted meanwhile
                return None
        return group

    @admin.display(description=gettext_lazy("members"))
    def member_count(self, group: Any) -> int:
        return cast("int", group.members)

    @admin.display(description=gettext_lazy("mentors and owners"))
    def mentor_count(self, group: Any) -> int:
        return cast("int", group.mentors)

    @admin.display(description=gettext_lazy("roadmaps"))
    def roadmap_count(self, group: Any) -> int:
        return cast("int", group.roadmaps)

    @admin.display(description=gettext_lazy("owners"))
    def owners(self, group: Group) -> str:
        owners = group.memberships.owners().select_related("user").order_by("user")
        return format_html_join(", ", "{}", ((show(row.user),) for row in owners))

    # Changes, each recorded in the audit trail

    def save_model(
        self, request: HttpRequest, obj: Group, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if form.found_user:
            obj.appoint_owner(form.found_user, cast("User", request.user))

    def save_formset(
        self, request: HttpRequest, form: Any, formset: Any, change: bool
    ) -> None:
        group, actor = form.instance, cast("User", request.user)
        formset.save(commit=False)
        for assignment in formset.deleted_objects:
            assignment.unassign(actor)
        for assignment, _fields in formset.changed_objects:
            assignment.save(update_fields=["due_on"])
        for assignment in formset.new_objects:
            group.assign(assignment.roadmap, assignment.due_on, actor=actor)

    # Deletion

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        obj.disband(cast("User", request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        for group in queryset:
            with suppress(Group.DoesNotExist):  # somebody has just deleted it
                self.delete_model(request, group)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """List only the groups, and count their other rows: they say who does what."""
        _rows, counts, missing_permissions, protected = super().get_deleted_objects(
            objs, request
        )
        return [str(group) for group in objs], counts, missing_permissions, protected


def has_owner(group: Group) -> bool:
    """Whether an owner can still manage the group: their account is not closed."""
    return group.memberships.owners().filter(user__is_active=True).exists()


def show(user: User) -> str:
    address = format_html("<bdi>{}</bdi>", user.email)
    if user.is_active:
        return address
    return format_html(_("{address} (closed account)"), address=address)
