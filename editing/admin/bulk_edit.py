"""The page that sets the same values on many steps at once."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from editing.admin.history import VersionedAdmin
from editing.background_operations import find_unfinished
from editing.bulk_edit import MAX_STEPS, change_steps
from editing.step_operations import lock_steps
from progress.effort import Effort
from roadmaps.models import Roadmap, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, QueryDict
    from django.urls import URLPattern

    from accounts.models import User

NO_CHANGE = ("", gettext_lazy("Leave as it is"))
NO_SECTION = "none"
MAX_SHOWN_VERSIONS = 20


def hours_field(name: str) -> Any:
    field: Any = Step._meta.get_field(name)
    return field.formfield(validators=field.validators)


class BulkEditForm(forms.Form):
    """What to set on the selected steps. An empty field leaves them as they are.

    If another editor has saved one of the steps since the page was opened, the first
    attempt to save fails. The page then names the steps.
    """

    is_optional = forms.ChoiceField(
        label=gettext_lazy("Required or optional"),
        required=False,
        choices=[
            NO_CHANGE,
            ("no", gettext_lazy("Required")),
            ("yes", gettext_lazy("Optional")),
        ],
    )
    section = forms.ChoiceField(label=gettext_lazy("Section"), required=False)
    hours_min = hours_field("hours_min")
    hours_max = hours_field("hours_max")
    no_hours = forms.BooleanField(
        label=gettext_lazy("Remove the hours"), required=False
    )
    steps = forms.CharField(widget=forms.HiddenInput)
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, ids: Sequence[int], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ids = ids
        self.selected = read_steps(ids)
        self.roadmaps = {step.roadmap for step in self.selected}
        self.newer_versions: list[Any] = []
        self.initial["steps"] = ",".join(map(str, ids))
        self.initial["version"] = self.get_newest_version()
        if len(self.roadmaps) == 1:
            [roadmap] = self.roadmaps
            titles = roadmap.sections.values_list("pk", "title")
            field = cast("forms.ChoiceField", self.fields["section"])
            field.choices = [NO_CHANGE, (NO_SECTION, _("None")), *titles]
        else:
            del self.fields["section"]

    @property
    def list_url(self) -> str:
        """Return the address of the list of steps, or of those of a shared roadmap."""
        url = reverse("admin:roadmaps_step_changelist")
        if len(self.roadmaps) > 1:
            return url
        [roadmap] = self.roadmaps
        return f"{url}?roadmap__id__exact={roadmap.pk}"

    @property
    def groups(self) -> dict[Roadmap, list[tuple[Step, Effort | None]]]:
        """The selected steps with their hours, by roadmap."""
        groups: dict[Roadmap, list[tuple[Step, Effort | None]]] = {}
        for step in self.selected:
            least, most = step.hours_min, step.hours_max
            effort = Effort(least, most) if least and most else None
            groups.setdefault(step.roadmap, []).append((step, effort))
        return groups

    def get_newest_version(self) -> str:
        """Return the ids of the newest version of the steps and of their roadmaps."""
        steps = Step.history.filter(id__in=self.ids)
        roadmaps = Roadmap.history.filter(id__in=[each.pk for each in self.roadmaps])
        newest = [
            versions.aggregate(newest=Max("history_id"))["newest"] or 0
            for versions in (steps, roadmaps)
        ]
        return "-".join(map(str, newest))

    def find_newer_versions(self) -> list[Any]:
        """Return what others have saved since the page was opened."""
        numbers = self.cleaned_data["version"].split("-")
        base = [int(text[:18]) if text.isdecimal() else 0 for text in numbers]
        newer = Step.history.filter(id__in=self.ids, history_id__gt=base[0])
        found = list(newer.select_related("history_user")[:MAX_SHOWN_VERSIONS])
        if self.cleaned_data.get("section"):
            pks = [roadmap.pk for roadmap in self.roadmaps]
            newer = Roadmap.history.filter(id__in=pks, history_id__gt=base[-1])
            found += newer.select_related("history_user")[:MAX_SHOWN_VERSIONS]
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.clean_hours(cleaned)
        if self.errors:
            return cleaned
        if not self.values:
            self.add_error(None, _("Choose what to change."))
        elif newer := self.find_newer_versions():
            self.newer_versions = newer
            self.selected = read_steps(self.ids)
            self.data = cast("QueryDict", self.data).copy()
            self.data["version"] = self.get_newest_version()
            self.add_error(None, _("Someone else saved first"))
        return cleaned

    def clean_hours(self, cleaned: dict[str, Any]) -> None:
        if self.errors.keys() & {"hours_min", "hours_max"}:
            return
        fewest, most = cleaned["hours_min"], cleaned["hours_max"]
        if cleaned["no_hours"] and (fewest or most):
            message = _("Either remove the hours or fill them in.")
            self.add_error("no_hours", message)
        elif (fewest or most) and not (fewest and most and fewest <= most):
            message = _("Fill in both numbers of hours, the smaller one first.")
            self.add_error("hours_max", message)

    @property
    def values(self) -> dict[str, Any]:
        """The values to set, by column."""
        cleaned = self.cleaned_data
        values: dict[str, Any] = {}
        if cleaned["is_optional"]:
            values["is_optional"] = cleaned["is_optional"] == "yes"
        if section := cleaned.get("section"):
            values["section_id"] = None if section == NO_SECTION else int(section)
        if cleaned["hours_min"] or cleaned["no_hours"]:
            values["hours_min"] = cleaned["hours_min"]
            values["hours_max"] = cleaned["hours_max"]
        return values


class BulkEditAdmin(VersionedAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.bulk_edit_view)
        return [
            path("bulk-edit/", view, name="roadmaps_step_bulk-edit"),
            *super().get_urls(),
        ]

    @admin.action(
        description=gettext_lazy("Set optional, section or hours…"),
        permissions=["change"],
    )
    def bulk_edit(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Open the page for the selected steps."""
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        if len(ids) > MAX_STEPS:
            message = _("Select at most %(max)d steps.") % {"max": MAX_STEPS}
            self.message_user(request, message, messages.ERROR)
            return None
        return redirect(
            f"{self.get_page_url('bulk-edit')}?steps={','.join(map(str, ids))}"
        )

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def bulk_edit_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        is_post = request.method == "POST"
        values = request.POST if is_post else request.GET
        ids = read_ids(values.get("steps", ""))
        form = BulkEditForm(ids, request.POST if is_post else None)
        if not form.selected:
            message = _("Select the steps that you want to change.")
            self.message_user(request, message, messages.WARNING)
            return redirect(self.get_page_url("changelist"))
        response = self.save_bulk_edit(request, form) if is_post else None
        return response or self.render_page(
            request,
            "admin/roadmaps/step/bulk_edit.html",
            _("Change several steps"),
            None,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if is_post else HTTPStatus.OK,
            form=form,
        )

    def save_bulk_edit(
        self, request: HttpRequest, form: BulkEditForm
    ) -> HttpResponse | None:
        """Save and redirect to the list, or return None with an error in the form."""
        if any(find_unfinished(roadmap.pk) for roadmap in form.roadmaps):
            form.add_error(
                None,
                _(
                    "Another operation on the roadmap is in progress. Save again when "
                    "it has finished."
                ),
            )
            return None
        with transaction.atomic():
            # Simultaneous saves wait for each other, so each sees the one before it.
            lock_steps(*form.selected)
            if not form.is_valid():
                return None
            try:
                changed = change_steps(form.selected, form.values)
            except ValidationError as error:
                form.add_error("section", error)
                return None
            user = cast("User", request.user)
            LogEntry.objects.log_actions(user.pk, changed, CHANGE, _("Bulk edit"))
        count = len(changed)
        message = ngettext("Changed %(count)d step.", "Changed %(count)d steps.", count)
        self.message_user(request, message % {"count": count}, messages.SUCCESS)
        return redirect(form.list_url)


def read_ids(text: str) -> list[int]:
    """Return the ids in the text, such as "3,7". Anything else in it is ignored."""
    numbers = [int(part[:9]) for part in text.split(",") if part.isdecimal()]
    return numbers[:MAX_STEPS]


def read_steps(ids: Sequence[int]) -> list[Step]:
    """Return the steps in their order, with their roadmaps and sections."""
    steps = Step.objects.filter(pk__in=ids).select_related("roadmap", "section")
    order = ["roadmap__position", "roadmap", "position", "pk"]
    return list(steps.defer_large_fields().order_by(*order))
