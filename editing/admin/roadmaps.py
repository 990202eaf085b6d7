"""The editors' pages for roadmaps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from core.admin_columns import yes_or_no
from core.postgresql.pool import statement_timeout
from editing.admin.deletion import ProtectedDeletionAdmin
from editing.admin.duplicate import DuplicateAdmin
from editing.admin.import_export import ImportExportAdmin
from editing.admin.insight import InsightAdmin
from editing.admin.roadmap_form import RoadmapForm
from editing.diff import Values
from editing.permissions import PUBLISH_ROADMAP
from editing.sections import NONE, SECTION, get_row_id
from editing.step_operations import update_roadmap_slug
from progress.learner_counts import with_learners
from roadmaps.models import (
    HEADING_MARK,
    Roadmap,
    Step,
    StepQuerySet,
    format_order,
    read_order,
)
from roadmaps.sections import Section

FIELDS = ["title", "slug", "category", "icon", "summary", "position"]
RESTORED_FIELDS = ["title", "category", "icon", "summary"]
IS_PUBLISHED = yes_or_no(Roadmap, "is_published")
QUERY_TIMEOUT = 30  # seconds
NOT_COUNTED = cast("str", _("Not counted yet"))  # translated when it is shown


class RoadmapChangeList(ChangeList):
    def get_queryset(self, request: HttpRequest, *args: Any) -> QuerySet[Roadmap]:
        roadmaps: Any = super().get_queryset(request, *args)
        return with_learners(roadmaps.with_step_count())

    def get_results(self, request: HttpRequest) -> None:
        # This may count the learners of hundreds of roadmaps.
        with statement_timeout(QUERY_TIMEOUT):
            super().get_results(request)
            self.result_list: Any = list(self.result_list)


@admin.register(Roadmap)
class RoadmapAdmin(
    InsightAdmin, ImportExportAdmin, DuplicateAdmin, ProtectedDeletionAdmin
):
    form = RoadmapForm
    change_form_template = "admin/roadmaps/roadmap/change_form.html"
    list_display = [
        "title",
        "category",
        "step_count",
        "learner_count",
        "completion_count",
        IS_PUBLISHED,
        "visibility",
        "position",
        "insight_link",
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RoadmapChangeList

    def get_fields(self, request: HttpRequest, obj: Roadmap | None = None) -> list[Any]:
        is_readonly = IS_PUBLISHED in self.get_readonly_fields(request, obj)
        published = IS_PUBLISHED if is_readonly else "is_published"
        return [*FIELDS, published, "visibility"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Roadmap | None = None
    ) -> list[Any]:
        may_edit = obj is None or self.has_change_permission(request, obj)
        if may_edit and request.user.has_perm(PUBLISH_ROADMAP):
            return []
        return [IS_PUBLISHED]

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.may_publish = request.user.has_perm(PUBLISH_ROADMAP)
        form.section_permissions = {
            name
            for name in ("add", "change", "delete")
            if request.user.has_perm(f"roadmaps.{name}_section")
        }
        return form

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Roadmap | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ["title"]}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        last = {"position": str(Roadmap.objects.get_last_place())}
        return last | super().get_changeform_initial_data(request)

    def view_on_site(self, roadmap: Roadmap) -> str:
        # A form with an error has put its slug, which may be invalid, into `roadmap`.
        return Roadmap.objects.only("slug").get(pk=roadmap.pk).get_absolute_url()

    @admin.display(description=_("steps"))
    def step_count(self, roadmap: Any) -> int:
        return int(roadmap.step_count)

    @admin.display(description=_("learners"), empty_value=NOT_COUNTED)
    def learner_count(self, roadmap: Any) -> int | None:
        return cast("int | None", roadmap.learner_count)

    @admin.display(description=_("completed"), empty_value=NOT_COUNTED)
    def completion_count(self, roadmap: Any) -> int | None:
        return cast("int | None", roadmap.completion_count)

    # Saving and deleting

    def save_model(
        self, request: HttpRequest, obj: Roadmap, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if change and "slug" in form.changed_data:
            update_roadmap_slug(form.initial["slug"], obj.slug)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        if change:
            form.save_route()
        super().save_related(request, form, formsets, change)

    def response_change(self, request: HttpRequest, obj: Roadmap) -> HttpResponse:
        """Without JavaScript, return to the row that was moved or added."""
        response = super().response_change(request, obj)
        moved = request.POST.get("place", "").partition(":")[0]
        if moved == "typed":
            moved = request.POST.get("moved", "")
        elif moved == "new":
            newest = obj.sections.order_by("-pk").values_list("pk", flat=True).first()
            moved = f"{SECTION}{newest}"
        if not re.fullmatch(rf"({SECTION}|{NONE})?\d+", moved):
            return response
        return redirect(f"{request.path}#{get_row_id(moved)}")

    @admin.action(
        description=_("Delete roadmaps nobody has started"), permissions=["delete"]
    )
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        return self.delete_unused(request, queryset)

    def get_steps(self, contents: QuerySet[Any]) -> StepQuerySet:
        return Step.objects.filter(roadmap__in=contents)

    # Versions

    def get_submitted_values(
        self, request: HttpRequest, obj: Roadmap, context: dict[str, Any]
    ) -> Values:
        values = super().get_submitted_values(request, obj, context)
        form = context["adminform"].form
        return values | {"order": form.get_order(), "sections": form.get_sections()}

    def get_restored_values(self, obj: Roadmap, values: Values) -> Values:
        """Restore the texts, sections and order. Steps added since come last."""
        steps = list(obj.steps.values_list("slug", flat=True))
        order = [
            entry
            for entry in values["order"]
            if entry in steps or entry.startswith(HEADING_MARK)
        ]
        pairs = dict(read_order(order))
        newer = [(slug, None) for slug in steps if slug not in pairs]
        known = {row["slug"] for row in values["sections"]}
        added = obj.sections.exclude(slug__in=known).values(*Section.SNAPSHOT_FIELDS)
        return values | {
            "order": format_order([*pairs.items(), *newer]),
            "sections": [*values["sections"], *added],
            "slug": obj.slug,
            "position": obj.position,
            "is_published": obj.is_published,
            "visibility": obj.visibility,
        }

    def save_restored_values(
        self, request: HttpRequest, obj: Any, values: Values
    ) -> None:
        for name in RESTORED_FIELDS:
            setattr(obj, name, values[name])
        obj.save_without_historical_record()
        obj.save_sections(values["sections"])
        sections = dict(obj.sections.values_list("slug", "pk"))
        ids = dict(obj.steps.values_list("slug", "pk"))
        pairs = read_order(values["order"])
        obj.reorder_steps(
            [ids[slug] for slug, _section in pairs],
            {ids[slug]: sections.get(section or "") for slug, section in pairs},
        )
