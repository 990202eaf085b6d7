"""The pages that retire, bring back, merge and split a step.

Each page shows how many learners have progress on the step before anything happens.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.tasks import TaskResultStatus
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_tasks_db.models import DBTaskResult

from core.text import isolate
from editing import background_operations, step_operations
from editing.admin.deletion import ProtectedDeletionAdmin
from editing.admin.forms import MergeForm, SplitForm
from editing.background_operations import (
    find_unfinished,
    is_copying,
    perform_later,
)
from editing.step_operations import Impact, format_count
from progress.step_copies import StepCopy
from roadmaps.models import Step
from roadmaps.step_parts import Topic

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.urls import URLPattern

    from accounts.models import User

OPERATION_TITLES = {
    "merge": gettext_lazy("Merge %(title)s"),
    "split": gettext_lazy("Split %(title)s"),
}
LATE = timedelta(minutes=1)  # a task that still waits has no worker


class StepOperationsAdmin(ProtectedDeletionAdmin):
    def get_urls(self) -> list[URLPattern]:
        def url_pattern(name: str, view: Callable[..., HttpResponse]) -> URLPattern:
            return path(
                f"<int:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"roadmaps_step_{name}",
            )

        return [
            url_pattern("retire", self.unless_busy(self.retire_view)),
            url_pattern(
                "bring-back", require_POST(self.unless_busy(self.bring_back_view))
            ),
            url_pattern("merge", self.unless_busy(self.merge_view)),
            url_pattern("split", self.unless_busy(self.split_view)),
            path(
                "<int:object_id>/operation/<uuid:task_id>/",
                self.admin_site.admin_view(require_safe(self.operation_view)),
                name="roadmaps_step_operation",
            ),
            *super().get_urls(),
        ]

    def unless_busy(
        self, view: Callable[[HttpRequest, Step], HttpResponse]
    ) -> Callable[[HttpRequest, int], HttpResponse]:
        """Pass the step to the view. While a worker changes a step of the same roadmap,
        redirect to the page of that operation.
        """

        def wrapper(request: HttpRequest, object_id: int) -> HttpResponse:
            step = self.get_step(request, object_id)
            unfinished = find_unfinished(step.roadmap_id)
            if unfinished is None:
                return view(request, step)
            text = _("Wait for this operation on the roadmap to finish.")
            self.message_user(request, text, messages.WARNING)
            changed_step = unfinished.args_kwargs["kwargs"]["step"]
            return redirect(self.get_operation_url(changed_step, unfinished.id))

        return wrapper

    def retire_view(self, request: HttpRequest, step: Step) -> HttpResponse:
        if request.method != "POST":
            title = _("Retire %(title)s") % {"title": isolate(step.title)}
            return self.render_operation(request, "retire", title, step)
        step_operations.retire(step)
        message = _("Retired %(title)s.") % {"title": isolate(step.title)}
        return self.redirect_to_step(request, step, message)

    def bring_back_view(self, request: HttpRequest, step: Step) -> HttpResponse:
        step_operations.bring_back(step)
        message = _("Brought %(title)s back.") % {"title": isolate(step.title)}
        return self.redirect_to_step(request, step, message)

    def merge_view(self, request: HttpRequest, step: Step) -> HttpResponse:
        form = MergeForm(step, request.POST or None)
        if form.is_valid():
            arguments = {"into": form.cleaned_data["into"].pk}
            response = self.start(request, "merge", step, form, arguments)
            if response:
                return response
        title = _("Merge %(title)s into another step") % {"title": isolate(step.title)}
        return self.render_operation(
            request,
            "merge",
            title,
            step,
            form,
            topic_count=step.topics.count(),
            shared_topics=find_shared_topics(step),
        )

    def split_view(self, request: HttpRequest, step: Step) -> HttpResponse:
        initial = {"is_optional": step.is_optional}
        form = SplitForm(step, request.POST or None, initial=initial)
        if form.is_valid():
            response = self.start(request, "split", step, form, form.cleaned_data)
            if response:
                return response
        title = _("Split %(title)s in two") % {"title": isolate(step.title)}
        return self.render_operation(request, "split", title, step, form)

    def start(
        self,
        request: HttpRequest,
        name: str,
        step: Step,
        form: Any,
        arguments: dict[str, Any],
    ) -> HttpResponse | None:
        """Redirect to the step, or to the page that waits for a worker.

        Return None with an error in the form if the operation was refused.
        """
        user = cast("User", request.user)
        try:
            outcome = background_operations.start(name, step, user, arguments)
        except ValidationError as error:
            form.add_error(None, error)
            return None
        if isinstance(outcome, str):
            return redirect(self.get_operation_url(step.pk, outcome))
        if outcome["errors"]:
            form.add_error(None, outcome["errors"])
            return None
        self.message_user(request, outcome["message"], messages.SUCCESS)
        return redirect(self.get_page_url("change", outcome["step"]))

    def operation_view(
        self, request: HttpRequest, object_id: int, task_id: UUID
    ) -> HttpResponse:
        """Show what became of an operation that a worker performs."""
        step = self.get_step(request, object_id)
        result = DBTaskResult.objects.filter(
            pk=task_id,
            task_path=perform_later.module_path,
            args_kwargs__kwargs__step=step.pk,
        ).first()
        if result is None:
            raise Http404("There is no such operation.")
        steps = Step.objects.filter(pk=step.pk)
        copy = StepCopy.objects.filter(step=step.pk).first()
        is_update = "HX-Request" in request.headers
        title = OPERATION_TITLES[result.args_kwargs["kwargs"]["name"]]
        is_waiting = result.status == TaskResultStatus.READY
        return self.render_page(
            request,
            "admin/roadmaps/step/progress.html",
            title % {"title": isolate(step.title)},
            step,
            result=result,
            is_unfinished=result.finished_at is None
            or (copy is not None and is_copying(step.roadmap_id)),
            is_late=is_waiting and timezone.now() - result.enqueued_at > LATE,
            copy=copy,
            copied=format_count(copy.copied_people) if copy else "",
            all_people=format_count(copy.all_people) if copy else "",
            # Counting takes long, and htmx asks for the rest again and again.
            impact=Impact.for_steps(steps) if is_waiting and not is_update else "",
        )

    def get_operation_url(self, step_id: int, task_id: object) -> str:
        return reverse("admin:roadmaps_step_operation", args=[step_id, task_id])

    def get_step(self, request: HttpRequest, object_id: int) -> Step:
        """Return the step. Raises Http404 or PermissionDenied."""
        step = Step.objects.select_related("roadmap").filter(pk=object_id).first()
        if step is None:
            raise Http404("There is no such step.")
        if not self.has_change_permission(request, step):
            raise PermissionDenied
        return step

    def render_operation(
        self,
        request: HttpRequest,
        name: str,
        title: str,
        step: Step,
        form: Any = None,
        **context: Any,
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
            **context,
        )

    def redirect_to_step(
        self, request: HttpRequest, step: Step, message: str
    ) -> HttpResponse:
        self.log_change(request, step, message)
        self.message_user(request, message, messages.SUCCESS)
        return redirect(self.get_page_url("change", step.pk))


def find_shared_topics(step: Step) -> list[tuple[str, list[str]]]:
    """Return the title of each step that has topics with the same slugs as this step's,
    and the titles of those topics. A merge joins them.
    """
    slugs = step.topics.values("slug")
    others = Topic.objects.filter(step__roadmap=step.roadmap_id, slug__in=slugs)
    others = others.filter(step__is_retired=False).exclude(step=step)
    rows = others.order_by("step__position", "step", "position", "pk")
    shared: dict[int, tuple[str, list[str]]] = {}
    for pk, step_title, title in rows.values_list("step", "step__title", "title"):
        shared.setdefault(pk, (step_title, []))[1].append(title)
    return list(shared.values())
