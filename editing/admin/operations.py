"""The pages that retire, bring back, merge and split a step.

Each page shows how many learners have progress on the step before anything happens.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST

from core.text import isolate
from editing import step_operations
from editing.admin.deletion import ProtectedDeletionAdmin
from editing.admin.forms import MergeForm, SplitForm
from editing.step_operations import Impact
from roadmaps.models import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.urls import URLPattern


class StepOperationsAdmin(ProtectedDeletionAdmin):
    def get_urls(self) -> list[URLPattern]:
        def url_pattern(name: str, view: Callable[..., HttpResponse]) -> URLPattern:
            return path(
                f"<int:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"roadmaps_step_{name}",
            )

        return [
            url_pattern("retire", self.retire_view),
            url_pattern("bring-back", require_POST(self.bring_back_view)),
            url_pattern("merge", self.merge_view),
            url_pattern("split", self.split_view),
            *super().get_urls(),
        ]

    def retire_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        step = self.get_step(request, object_id)
        if request.method != "POST":
            return self.render_operation(
                request, "retire", f"Retire {isolate(step.title)}", step
            )
        step_operations.retire(step)
        return self.redirect_to_step(request, step, f"Retired {isolate(step.title)}.")

    def bring_back_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        step = self.get_step(request, object_id)
        step_operations.bring_back(step)
        return self.redirect_to_step(
            request, step, f"{isolate(step.title)} is on the route again."
        )

    def merge_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        step = self.get_step(request, object_id)
        form = MergeForm(step, request.POST or None)
        if form.is_valid():
            into = form.cleaned_data["into"]
            try:
                step_operations.merge(step, into=into)
            except ValidationError as error:  # another editor has just retired it
                form.add_error("into", error)
            else:
                message = f"Merged {isolate(step.title)} into {isolate(into.title)}."
                return self.redirect_to_step(request, step, message)
        title = f"Merge {isolate(step.title)} into another"
        return self.render_operation(request, "merge", title, step, form)

    def split_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        step = self.get_step(request, object_id)
        initial = {"is_optional": step.is_optional}
        form = SplitForm(step, request.POST or None, initial=initial)
        if form.is_valid():
            new = form.save(commit=False)
            try:
                step_operations.split(step, new)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                message = (
                    f"Split {isolate(step.title)}: {isolate(new.title)} is right "
                    "behind it, and yours to write."
                )
                return self.redirect_to_step(request, new, message)
        title = f"Split {isolate(step.title)} into two"
        return self.render_operation(request, "split", title, step, form)

    def get_step(self, request: HttpRequest, object_id: int) -> Step:
        """Return the step. Raises Http404 or PermissionDenied."""
        step = Step.objects.select_related("roadmap").filter(pk=object_id).first()
        if step is None:
            raise Http404("There is no such step.")
        if not self.has_change_permission(request, step):
            raise PermissionDenied
        return step

    def render_operation(
        self, request: HttpRequest, name: str, title: str, step: Step, form: Any = None
    ) -> HttpResponse:
        is_invalid = form is not None and form.is_bound
        return self.render_page(
            request,
            f"admin/roadmaps/step/{name}.html",
            title,
            step,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if is_invalid else HTTPStatus.OK,
            impact=Impact.for_steps(Step.objects.filter(pk=step.pk)),
            form=form,
        )

    def redirect_to_step(
        self, request: HttpRequest, step: Step, message: str
    ) -> HttpResponse:
        self.log_change(request, step, message)
        self.message_user(request, message, messages.SUCCESS)
        return redirect(self.get_page_url("change", step.pk))
