"""The editors' pages for steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import (
    BooleanField,
    CharField,
    DecimalField,
    PositiveIntegerField,
    PositiveSmallIntegerField,
    QuerySet,
    TextField,
    URLField,
)
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override

from core.admin_columns import yes_or_no
from core.same_origin import same_origin_only
from core.text import isolate
from editing.admin.bulk_edit import BulkEditAdmin
from editing.admin.forms import (
    MAX_ROWS,
    MEANING_CHOICES,
    LinesField,
    MarkdownField,
    PartForm,
    PartFormSet,
    StepForm,
    TopicFormSet,
    allow_deletion,
)
from editing.admin.operations import StepOperationsAdmin
from editing.admin.preview import preview_step, without_nul
from editing.admin.widgets import (
    FastCheckboxInput,
    FastNumberInput,
    FastTextarea,
    FastTextInput,
    FastURLInput,
    HoursInput,
)
from editing.background_operations import find_unfinished
from editing.diff import FIELDS as DIFF_FIELDS
from editing.diff import Difference, Values
from editing.meaning import MEANING_FIELDS
from editing.same_as import explain_missing
from editing.sections import move_to_section
from editing.step_operations import Impact, is_done_by_anyone
from progress.backfill import backfill_completions
from roadmaps.models import Roadmap, Step, StepQuerySet
from roadmaps.sections import Section
from roadmaps.step_parts import (
    STEP_PARTS,
    DoneWhen,
    Question,
    Resource,
    Topic,
    replace_parts,
    save_topics,
)

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

# The form's page shows the preview in a frame.
CSP_WITH_FRAME: Any = settings.SECURE_CSP | {"frame-src": [CSP.SELF]}
CSP_IN_FRAME: Any = settings.SECURE_CSP | {"frame-ancestors": [CSP.SELF]}
IS_OPTIONAL = yes_or_no(Step, "is_optional")
IS_RETIRED = yes_or_no(Step, "is_retired")
IS_RETIRED_TOPIC = yes_or_no(Topic, "is_retired")
RESTORED_FIELDS = [n for n in DIFF_FIELDS[Step] if n not in ("slug", "is_retired")]


class PartInline(admin.StackedInline):
    """A list of rows. The template shows it after the fieldset that has the field
    `below`.
    """

    template = "admin/roadmaps/step/parts.html"
    form = PartForm
    formset = PartFormSet
    below = ""
    description: StrPromise
    rows = 5  # the empty rows of a new step, without JavaScript
    formfield_overrides = {
        TextField: {"form_class": MarkdownField, "widget": FastTextarea({"rows": 2})},
        CharField: {"widget": FastTextInput},
        URLField: {"widget": FastURLInput},
        PositiveIntegerField: {"widget": FastNumberInput},
        PositiveSmallIntegerField: {"widget": FastNumberInput},
        BooleanField: {"widget": FastCheckboxInput},
    }

    def get_extra(
        self, request: HttpRequest, obj: Step | None = None, **kwargs: Any
    ) -> int:
        return 1 if obj else self.rows

    def get_formset(
        self, request: HttpRequest, obj: Step | None = None, **kwargs: Any
    ) -> Any:
        most = MAX_ROWS[self.model.step.field.remote_field.related_name]
        # Django would render up to 1,000 forms more than the maximum.
        limits = {"max_num": most, "absolute_max": most + 1, "validate_max": True}
        return super().get_formset(request, obj, **kwargs | limits)

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field:
            field.help_text = ""  # the description says it once, for all rows
        return field


class TopicInline(PartInline):
    model = Topic
    formset = TopicFormSet
    below = "body"
    verbose_name_plural = gettext_lazy("Topics")
    description = gettext_lazy(
        "What to learn, in order. Learners tick each topic on its own. It has a title "
        "that one can search for, one or two sentences in Markdown, and a link to the "
        "best page about it. The publisher is the name next to the link, such as MDN "
        "or RFC 9111; without it, the host name is shown. A topic’s slug is made from "
        "its title when it is first saved. If learners have ticked a topic, “Delete” "
        "retires it: the step no longer shows it, and the ticks are kept."
    )
    rows = 10

    def get_fields(self, request: HttpRequest, obj: Step | None = None) -> Any:
        may_change = request.user.has_perm("roadmaps.change_step")
        is_retired = "is_retired" if may_change else IS_RETIRED_TOPIC
        return ["position", "title", "text", "url", "publisher", is_retired]

    def get_readonly_fields(self, request: HttpRequest, obj: Step | None = None) -> Any:
        may_change = request.user.has_perm("roadmaps.change_step")
        return [] if may_change else [IS_RETIRED_TOPIC]

    def get_formset(self, *args: Any, **kwargs: Any) -> Any:
        formset = super().get_formset(*args, **kwargs)
        formset.form = allow_deletion(formset.form)
        return formset


class QuestionInline(PartInline):
    model = Question
    below = "exercise"
    verbose_name_plural = gettext_lazy("Check yourself")
    description = gettext_lazy(
        "Questions with which learners check themselves, in Markdown. The answer is "
        "hidden until a learner opens it."
    )
    fields = ["position", "question", "answer"]


class DoneWhenInline(PartInline):
    model = DoneWhen
    below = "mistakes"
    verbose_name = gettext_lazy("outcome")
    verbose_name_plural = gettext_lazy("Mark it done when you can:")
    description = gettext_lazy(
        "What a learner can do at the end. Each entry continues this heading and "
        "begins with a verb."
    )
    fields = ["position", "text"]


class ResourceInline(PartInline):
    model = Resource
    below = "mistakes"
    verbose_name_plural = gettext_lazy("Resources")
    description = gettext_lazy(
        "Links, in order. The step lists each under the heading of its role. The "
        "publisher is the name next to the link; without it, the host name is shown. "
        "The minutes say how long it takes to read, watch or do."
    )
    fields = ["position", "title", "url", "publisher", "kind", "role", "minutes"]


@admin.register(Step)
@method_decorator(csp_override(CSP_WITH_FRAME), name="changeform_view")
class StepAdmin(BulkEditAdmin, StepOperationsAdmin):
    form = StepForm
    change_form_template = "admin/roadmaps/step/change_form.html"
    list_display = ["title", "roadmap", IS_OPTIONAL, IS_RETIRED]
    list_select_related = ["roadmap"]
    ordering = ["roadmap__position", "roadmap", "position", "pk"]
    list_filter = ["roadmap", "is_optional", "is_retired"]
    search_fields = ["title", "slug"]
    actions = ["bulk_edit", "delete_selected"]
    inlines = [TopicInline, QuestionInline, ResourceInline, DoneWhenInline]
    formfield_overrides = {
        TextField: {"form_class": MarkdownField},
        ArrayField: {"form_class": LinesField},
        DecimalField: {"widget": HoursInput},
    }

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(same_origin_only(self.preview_view))
        return [
            path("preview/", preview, name="roadmaps_step_preview"),
            *super().get_urls(),
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Step], search_term: str
    ) -> tuple[QuerySet[Step], bool]:
        """Also find a step by the title of one of its topics.

        In `search_fields`, that would make PostgreSQL compare the steps' texts.
        """
        found, are_repeated = super().get_search_results(request, queryset, search_term)
        if search_term:
            topics = Topic.objects.filter(title__icontains=search_term)
            found |= queryset.filter(pk__in=topics.values("step"))
        return found, are_repeated

    def get_fieldsets(self, request: HttpRequest, obj: Step | None = None) -> Any:
        may_change = obj is None or self.has_change_permission(request, obj)
        is_optional = "is_optional" if may_change else IS_OPTIONAL
        first = ["title", "slug", "summary", is_optional]
        place = [("hours_min", "hours_max"), "needs", "same_as"]
        if obj and Section.objects.filter(roadmap=obj.roadmap_id).exists():
            place.insert(0, "in_section" if may_change else "section")
        return [
            (None, {"fields": first if obj else ["roadmap", *first]}),
            (gettext_lazy("Effort and place"), {"fields": place}),
            (gettext_lazy("Texts"), {"fields": ["skip_if", "why", "primer"]}),
            fold(gettext_lazy("One text instead of parts"), ["body"], obj),
            (
                gettext_lazy("Exercise"),
                {"fields": ["exercise", "stretch", "hints"]},
            ),
            (gettext_lazy("Common mistakes"), {"fields": ["mistakes"]}),
            fold(gettext_lazy("Checked"), ["checked_on", "checked_with"], obj),
        ]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Step | None = None
    ) -> list[str]:
        return ["slug"] if obj else []

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Step | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ["title"]}

    def view_on_site(self, step: Step) -> str:
        return step.get_row_url() if step.is_retired else step.get_absolute_url()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        steps = self.filter_by_id(Step.objects, unquote(object_id))
        roadmap_id = steps.values_list("roadmap", flat=True).first()
        context = {
            "impact": Impact.for_steps(steps),
            "unfinished": roadmap_id and find_unfinished(roadmap_id),
        } | (extra_context or {})
        return super().change_view(request, object_id, form_url, context)

    # Saving

    def get_object(self, request: HttpRequest, object_id: str, *args: Any) -> Any:
        """Lock the roadmap before the step, as all code that reorders steps does."""
        if request.method == "POST" and transaction.get_connection().in_atomic_block:
            own = self.filter_by_id(Step.objects, object_id).values("roadmap")
            roadmaps = Roadmap.objects.filter(pk__in=own).values("pk")
            list(roadmaps.select_for_update(no_key=True))
        return super().get_object(request, object_id, *args)

    def save_model(
        self, request: HttpRequest, obj: Step, form: Any, change: bool
    ) -> None:
        if not change:
            # A new step comes last. The lock keeps the order until the step is saved.
            locked = Roadmap.objects.select_for_update(no_key=True)
            last = locked.get(pk=obj.roadmap_id).steps.last()
            obj.position = last.position + 1 if last else 1
            obj.section = last.section if last else None
        elif form.has_new_meaning:
            obj.revised_at = timezone.now()
        super().save_model(request, obj, form, change)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        step = form.instance
        warn_of_missing_step(request, step)
        if change and form.has_new_section:
            move_to_section(step, form.cleaned_data["in_section"])
        tell_of_retired_topics(request, formsets)
        if not change:
            reason = _("Added %(step)s") % {"step": step.slug}
            Roadmap.objects.record([step.roadmap], reason)
        elif "is_optional" in form.changed_data:
            backfill_completions(step.roadmap)

    def response_post_save_add(
        self, request: HttpRequest, obj: Step
    ) -> HttpResponseRedirect:
        return redirect("admin:roadmaps_roadmap_change", obj.roadmap_id)

    def response_post_save_change(
        self, request: HttpRequest, obj: Step
    ) -> HttpResponseRedirect:
        return self.response_post_save_add(request, obj)

    # Deleting

    @admin.action(
        description=gettext_lazy("Delete steps nobody has started"),
        permissions=["delete"],
    )
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        return self.delete_unused(request, queryset)

    def get_steps(self, contents: QuerySet[Any]) -> StepQuerySet:
        return Step.objects.filter(pk__in=contents)

    def delete_model(self, request: HttpRequest, obj: Step) -> None:
        super().delete_model(request, obj)
        reason = _("Deleted %(step)s") % {"step": obj.slug}
        Roadmap.objects.record([obj.roadmap], reason)
        backfill_completions(obj.roadmap)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        roadmaps = list(Roadmap.objects.filter(steps__in=queryset).distinct())
        super().delete_queryset(request, queryset)
        Roadmap.objects.record(roadmaps, reason=_("Deleted steps"))
        for roadmap in roadmaps:
            backfill_completions(roadmap)

    # Versions

    def get_submitted_values(
        self, request: HttpRequest, obj: Step, context: dict[str, Any]
    ) -> Values:
        values = super().get_submitted_values(request, obj, context)
        for inline in context["inline_admin_formsets"]:
            name = inline.formset.fk.remote_field.related_name
            values[name] = inline.formset.get_snapshot()
        return values

    def get_restored_values(self, obj: Step, values: Values) -> Values:
        """Restore the content, but no slugs, and retire topics added since then."""
        slugs = dict(obj.topics.values_list("pk", "slug"))
        topics = [
            row | {"slug": slugs.pop(row["id"], row["slug"])}
            for row in values["topics"]
        ]
        newer = Topic.objects.filter(pk__in=slugs).values(*Topic.SNAPSHOT_FIELDS)
        topics += [row | {"is_retired": True} for row in newer]
        own = {"slug": obj.slug, "is_retired": obj.is_retired, "topics": topics}
        return values | own

    def save_restored_values(
        self, request: HttpRequest, obj: Any, values: Values
    ) -> None:
        was_optional = obj.is_optional
        for name in RESTORED_FIELDS:
            setattr(obj, name, values[name])
        if request.POST.get("meaning") == "yes":
            obj.revised_at = timezone.now()
        obj.save_without_historical_record()
        for name in STEP_PARTS:
            if name == "topics":
                save_topics({obj.pk: values[name]})
            else:
                replace_parts(name, {obj.pk: values[name]})
        if obj.is_optional != was_optional:
            backfill_completions(obj.roadmap)
        warn_of_missing_step(request, obj)

    def must_ask_meaning(self, obj: Step, changes: Sequence[Difference]) -> bool:
        changed = {change.name for change in changes}
        other = {*MEANING_FIELDS, "is_optional", "topics", "done_when"}
        return not changed.isdisjoint(other) and is_done_by_anyone(obj)

    def get_restore_error(
        self, request: HttpRequest, obj: Step, changes: Sequence[Difference]
    ) -> str:
        has_answer = request.POST.get("meaning") in dict(MEANING_CHOICES)
        is_unanswered = not has_answer and self.must_ask_meaning(obj, changes)
        return _("Choose yes or no.") if is_unanswered else ""

    # The preview

    @method_decorator(csp_override(CSP_IN_FRAME))
    @method_decorator(xframe_options_sameorigin)
    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Show the submitted step as a learner would see it, without storing it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = self.get_form(request)(without_nul(request.POST))
        context = preview_step(form, request.user)
        return TemplateResponse(request, "admin/roadmaps/step/preview.html", context)


def fold(title: Any, fields: list[str], step: Step | None) -> Any:
    """Return a fieldset that is folded unless one of its fields is filled in."""
    is_filled = step is not None and any(getattr(step, name) for name in fields)
    classes = [] if is_filled else ["collapse"]
    return (title, {"fields": fields, "classes": classes})


def tell_of_retired_topics(request: HttpRequest, formsets: Any) -> None:
    """Say which topics were to be deleted, and were retired instead."""
    retired = [topic for each in formsets for topic in getattr(each, "retired", ())]
    for topic in retired:
        text = _("“%(title)s” was retired, not deleted, because learners ticked it.")
        messages.warning(request, text % {"title": isolate(topic.title)})


def warn_of_missing_step(request: HttpRequest, step: Step) -> None:
    """Show a warning if the step's `same_as` or `needs` names no step."""
    for warning in explain_missing({step.same_as} - {""}).values():
        saved = _("The step is saved; “Same as” has no effect until that step exists.")
        messages.warning(request, f"{warning} {saved}")
    for warning in explain_missing(step.needs).values():
        saved = _("The step is saved; learners don’t see that need until it exists.")
        messages.warning(request, f"{warning} {saved}")
