"""What an editor does to steps that people stand on: each page says first whom it
touches. And what is never deleted.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin import actions
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST

from editing import step_operations
from editing.admin.forms import MergeForm, SplitForm
from editing.admin.history import VersionedAdmin
from editing.step_operations import Impact
from progress.models import Completion
from roadmaps.models import Roadmap, Step, StepQuerySet

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.urls import URLPattern


class KeepingAdmin(VersionedAdmin):
    """Deletes nothing that somebody has a mark or a note on."""

    actions = ["delete_selected"]

    def steps_of(self, contents: QuerySet[Any]) -> StepQuerySet:
        """The steps that go when these are deleted."""
        raise NotImplementedError

    @admin.action(
        description="Delete those that nobody has begun", permissions=["delete"]
    )
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        with transaction.atomic():
            steps = self.steps_of(queryset).select_for_update().order_by("pk")
            if step_operations.are_touched(
                Step.objects.filter(pk__in=[s.pk for s in steps])
            ):
                self.message_user(
                    request,
                    "Nothing was deleted: learners have marks or notes on some of what "
                    "you chose. Open it one by one: it can be retired.",
                    messages.ERROR,
                )
                return None
            return actions.delete_selected(self, request, queryset)

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        with transaction.atomic():
            obj = self.get_object(request, unquote(object_id))
            if obj is not None and self.has_delete_permission(request, obj):
                chosen = self.model._default_manager.filter(pk=obj.pk)
                steps = self.steps_of(chosen).select_for_update().order_by("pk")
                own = Step.objects.filter(pk__in=[step.pk for step in steps])
                if step_operations.are_touched(own):
                    return self.refuse_deletion(request, obj, Impact.by(own))
            return super().delete_view(request, object_id, extra_context)

    def refuse_deletion(
        self, request: HttpRequest, obj: Any, touched: Impact
    ) -> HttpResponse:
        is_post = request.method == "POST"
        return self.show(
            request,
            "admin/roadmaps/kept.html",
            f"{obj.title} cannot be deleted",
            obj,
            status=HTTPStatus.CONFLICT if is_post else HTTPStatus.OK,
            touched=touched,
        )


class StepEdits(KeepingAdmin):
    """Retire, bring back, merge and split."""

    def get_urls(self) -> list[URLPattern]:
        def own(name: str, view: Callable[..., HttpResponse]) -> URLPattern:
            address = f"<int:object_id>/{name}/"
            return path(
                address, self.admin_site.admin_view(view), name=f"roadmaps_step_{name}"
            )

        return [
            own("retire", self.retire_view),
            own("bring-back", require_POST(self.bring_back_view)),
            own("merge", self.merge_view),
            own("split", self.split_view),
            *super().get_urls(),
        ]

    def steps_of(self, contents: QuerySet[Any]) -> StepQuerySet:
        return Step.objects.filter(pk__in=contents)

    def delete_model(self, request: HttpRequest, obj: Step) -> None:
        super().delete_model(request, obj)
        Roadmap.objects.record([obj.roadmap], why=f"Deleted {obj.slug}"[:100])
        Completion.objects.backfill(obj.roadmap)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        roadmaps = list(Roadmap.objects.filter(steps__in=queryset).distinct())
        super().delete_queryset(request, queryset)
        Roadmap.objects.record(roadmaps, why="Deleted steps")
        for roadmap in roadmaps:
            Completion.objects.backfill(roadmap)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        touched = {}
        if object_id.isdecimal():
            touched["touched"] = Impact.by(Step.objects.filter(pk=object_id))
        context = touched | (extra_context or {})
        return super().change_view(request, object_id, form_url, context)

    def retire_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        step = self.step_to_edit(request, object_id)
        if request.method != "POST":
            return self.ask(request, "retire", f"Retire {step}", step)
        step_operations.retire(step)
        return self.done(request, step, f"Retired {step}.")

    def bring_back_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        step = self.step_to_edit(request, object_id)
        step_operations.bring_back(step)
        return self.done(request, step, f"{step} is on the route again.")

    def merge_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        step = self.step_to_edit(request, object_id)
        form = MergeForm(step, request.POST or None)
        if form.is_valid():
            into = form.cleaned_data["into"]
            try:
                step_operations.merge(step, into=into)
            except ValidationError as error:  # it was retired a moment ago
                form.add_error("into", error)
            else:
                return self.done(request, step, f"Merged {step} into {into}.")
        return self.ask(request, "merge", f"Merge {step} into another", step, form)

    def split_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        step = self.step_to_edit(request, object_id)
        initial = {"is_optional": step.is_optional}
        form = SplitForm(step, request.POST or None, initial=initial)
        if form.is_valid():
            new = form.save(commit=False)
            try:
                step_operations.split(step, new)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                said = f"Split {step}: {new} is right behind it, and yours to write."
                return self.done(request, new, said)
        return self.ask(request, "split", f"Split {step} into two", step, form)

    def step_to_edit(self, request: HttpRequest, object_id: int) -> Step:
        step = Step.objects.select_related("roadmap").filter(pk=object_id).first()
        if step is None:
            raise Http404("There is no such step.")
        if not self.has_change_permission(request, step):
            raise PermissionDenied
        return step

    def ask(
        self, request: HttpRequest, name: str, title: str, step: Step, form: Any = None
    ) -> HttpResponse:
        invalid = form is not None and form.is_bound
        return self.show(
            request,
            f"admin/roadmaps/step/{name}.html",
            title,
            step,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if invalid else HTTPStatus.OK,
            touched=Impact.by(Step.objects.filter(pk=step.pk)),
            form=form,
        )

    def done(self, request: HttpRequest, step: Step, said: str) -> HttpResponse:
        self.log_change(request, step, said)
        self.message_user(request, said, messages.SUCCESS)
        return redirect(self.page_of("change", step.pk))
