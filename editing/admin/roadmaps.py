"""The editors' pages for roadmaps and steps."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, TextField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override

from core.postgresql.pool import statement_timeout
from editing.admin.files import PUBLISH, RoadmapFiles
from editing.admin.forms import (
    ASK,
    MEANING,
    YES_OR_NO,
    MarkdownField,
    ResourceFormSet,
    RoadmapForm,
    StepForm,
)
from editing.admin.insight import InsightPage
from editing.admin.operations import KeepingAdmin, StepEdits
from editing.diff import Values
from editing.insight import LONGEST_WAIT
from editing.step_operations import is_ticked
from progress.models import Completion, with_learners
from roadmaps.markdown import to_html
from roadmaps.models import Resource, Roadmap, Step, StepQuerySet

# The editor's page holds a frame, and the page in it may be held.
HOLDS_A_FRAME: Any = settings.SECURE_CSP | {"frame-src": [CSP.SELF]}
IN_A_FRAME: Any = settings.SECURE_CSP | {"frame-ancestors": [CSP.SELF]}
CONTENT = ["title", "slug", "summary", "body", "same_as", "is_optional"]


class ResourceInline(admin.StackedInline):
    model = Resource
    formset = ResourceFormSet
    extra = 0
    fields = [("position", "kind"), "title", "url"]


@admin.register(Step)
@method_decorator(csp_override(HOLDS_A_FRAME), name="changeform_view")
class StepAdmin(StepEdits):
    form = StepForm
    change_form_template = "admin/roadmaps/step/change_form.html"
    list_display = ["title", "roadmap", "position", "is_optional", "is_retired"]
    list_filter = ["roadmap", "is_optional", "is_retired"]
    search_fields = ["title", "slug"]
    inlines = [ResourceInline]
    formfield_overrides = {TextField: {"form_class": MarkdownField}}

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(self.preview_view)
        return [
            path("preview/", preview, name="roadmaps_step_preview"),
            *super().get_urls(),
        ]

    def get_fields(self, request: HttpRequest, obj: Step | None = None) -> list[Any]:
        return [*CONTENT, "meaning", "version"] if obj else ["roadmap", *CONTENT]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Step | None = None
    ) -> list[str]:
        return ["slug"] if obj else []

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Step | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ["title"]}

    def view_on_site(self, step: Step) -> str:
        return step.get_route_url() if step.is_retired else step.get_absolute_url()

    # Saving

    def save_model(
        self, request: HttpRequest, obj: Step, form: Any, change: bool
    ) -> None:
        if not change:
            # With its siblings' order at rest, and behind all of them.
            siblings = Roadmap.objects.select_for_update(no_key=True)
            last = siblings.get(pk=obj.roadmap_id).steps.last()
            obj.position = last.position + 1 if last else 1
        elif form.means_something_else:
            obj.revised_at = timezone.now()
        super().save_model(request, obj, form, change)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        step = form.instance
        if not change:
            Roadmap.objects.record([step.roadmap], why=f"Added {step.slug}"[:100])
        elif "is_optional" in form.changed_data:
            Completion.objects.backfill(step.roadmap)

    def response_post_save_add(
        self, request: HttpRequest, obj: Step
    ) -> HttpResponseRedirect:
        return redirect("admin:roadmaps_roadmap_change", obj.roadmap_id)

    def response_post_save_change(
        self, request: HttpRequest, obj: Step
    ) -> HttpResponseRedirect:
        return self.response_post_save_add(request, obj)

    # Versions

    def typed(self, request: HttpRequest, obj: Step, context: dict[str, Any]) -> Values:
        held = super().typed(request, obj, context)
        for inline in context["inline_admin_formsets"]:
            held["resources"] = inline.formset.entries()
        return held

    def restorable(self, request: HttpRequest, obj: Step, held: Values) -> Values:
        return held | {"is_retired": obj.is_retired}

    def restore(self, request: HttpRequest, obj: Any, held: Values) -> None:
        was_optional = obj.is_optional
        for name in ("title", "summary", "body", "same_as", "is_optional"):
            setattr(obj, name, held[name])
        if request.POST.get("meaning") == "yes":
            obj.revised_at = timezone.now()
        obj.save_without_historical_record()
        obj.resources.all().delete()
        Resource.objects.bulk_create(
            Resource(step=obj, position=position, **entry)
            for position, entry in enumerate(held["resources"], start=1)
        )
        if obj.is_optional != was_optional:
            Completion.objects.backfill(obj.roadmap)

    def asks_meaning(self, obj: Step, changed: list[str]) -> bool:
        return not set(MEANING).isdisjoint(changed) and is_ticked(obj)

    def refusal(self, request: HttpRequest, obj: Step, changes: list[Any]) -> str:
        is_asked = self.asks_meaning(obj, [change.name for change in changes])
        has_answered = request.POST.get("meaning") in dict(YES_OR_NO)
        return ASK if is_asked and not has_answered else ""

    # The preview

    @method_decorator(csp_override(IN_A_FRAME))
    @method_decorator(xframe_options_sameorigin)
    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What is being typed, as a learner would see it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        names = ("title", "summary", "body")
        typed = {name: request.POST.get(name, "").replace("\0", "") for name in names}
        context = typed | {"body_html": to_html(typed["body"])}
        return TemplateResponse(request, "admin/roadmaps/step/preview.html", context)


class RoadmapList(ChangeList):
    def get_queryset(self, request: HttpRequest, *args: Any) -> QuerySet[Roadmap]:
        roadmaps: Any = super().get_queryset(request, *args)
        return with_learners(roadmaps.with_step_count())

    def get_results(self, request: HttpRequest) -> None:
        with statement_timeout(LONGEST_WAIT):
            super().get_results(request)
            self.result_list: Any = list(self.result_list)


@admin.register(Roadmap)
class RoadmapAdmin(InsightPage, RoadmapFiles, KeepingAdmin):
    form = RoadmapForm
    change_form_template = "admin/roadmaps/roadmap/change_form.html"
    list_display = [
        "title",
        "category",
        "step_count",
        "learner_count",
        "completion_count",
        "is_published",
        "position",
        "insight_link",
    ]
    fields = [
        "title",
        "slug",
        "category",
        "icon",
        "summary",
        "position",
        "is_published",
        "version",
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RoadmapList

    def get_readonly_fields(
        self, request: HttpRequest, obj: Roadmap | None = None
    ) -> list[str]:
        slug = ["slug"] if obj else []
        return slug if request.user.has_perm(PUBLISH) else [*slug, "is_published"]

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Roadmap | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ["title"]}

    def view_on_site(self, roadmap: Roadmap) -> str:
        return roadmap.get_absolute_url()

    @admin.display(description="steps")
    def step_count(self, roadmap: Any) -> int:
        return int(roadmap.step_count)

    @admin.display(description="learners")
    def learner_count(self, roadmap: Any) -> int:
        return int(roadmap.learner_count)

    @admin.display(description="completed")
    def completion_count(self, roadmap: Any) -> int:
        return int(roadmap.completion_count)

    def steps_of(self, contents: QuerySet[Any]) -> StepQuerySet:
        return Step.objects.filter(roadmap__in=contents)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        if change:
            form.instance.arrange([int(pk) for pk in form.order])
        super().save_related(request, form, formsets, change)

    def response_change(self, request: HttpRequest, obj: Roadmap) -> HttpResponse:
        answer = super().response_change(request, obj)
        moved = request.POST.get("place", "").partition(":")[0]
        if moved.isdecimal():
            return redirect(f"{request.path}#step_{moved}")
        return answer

    # Versions

    def typed(
        self, request: HttpRequest, obj: Roadmap, context: dict[str, Any]
    ) -> Values:
        held = super().typed(request, obj, context)
        rows = context["adminform"].form.rows
        return held | {"order": [step.slug for step in rows]}

    def restorable(self, request: HttpRequest, obj: Roadmap, held: Values) -> Values:
        """Its own texts and its order; steps that were added since come last."""
        now = list(obj.steps.values_list("slug", flat=True))
        order = [slug for slug in held["order"] if slug in now]
        return held | {
            "order": order + [slug for slug in now if slug not in order],
            "position": obj.position,
            "is_published": obj.is_published,
        }

    def restore(self, request: HttpRequest, obj: Any, held: Values) -> None:
        for name in ("title", "category", "icon", "summary"):
            setattr(obj, name, held[name])
        obj.save_without_historical_record()
        ids = dict(obj.steps.values_list("slug", "pk"))
        obj.arrange([ids[slug] for slug in held["order"]])
