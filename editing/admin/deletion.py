"""Refuse to delete content on which learners have progress, notes or feedback."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin import actions
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.utils.translation import gettext as _

from editing.admin.history import VersionedAdmin
from editing.step_operations import Impact, has_learners
from roadmaps.models import Step, StepQuerySet

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


class ProtectedDeletionAdmin(VersionedAdmin):
    actions = ["delete_selected"]

    def get_steps(self, contents: QuerySet[Any]) -> StepQuerySet:
        """Return the steps that are deleted with these roadmaps or steps."""
        raise NotImplementedError

    def lock_steps(self, contents: QuerySet[Any]) -> StepQuerySet:
        """Return the same steps. Until the transaction ends, nobody can mark them or
        tick their topics.
        """
        steps = self.get_steps(contents).select_for_update().order_by("pk")
        return Step.objects.filter(pk__in=[step.pk for step in steps])

    def delete_unused(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Delete the selected content, unless learners have progress or notes on it."""
        with transaction.atomic():
            if has_learners(self.lock_steps(queryset)):
                self.message_user(
                    request,
                    _(
                        "Nothing was deleted, because learners have progress, ticked "
                        "topics, notes, confirmations or comments on some of the "
                        "selected items. Delete them one at a time to see what you can "
                        "do instead."
                    ),
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
                own = self.model._default_manager.filter(pk=obj.pk)
                steps = self.lock_steps(own)
                if has_learners(steps):
                    return self.render_refusal(request, obj, Impact.for_steps(steps))
            return super().delete_view(request, object_id, extra_context)

    def render_refusal(
        self, request: HttpRequest, obj: Any, impact: Impact
    ) -> HttpResponse:
        is_post = request.method == "POST"
        return self.render_page(
            request,
            "admin/roadmaps/protected.html",
            _("%(title)s can’t be deleted") % {"title": obj.title},
            obj,
            status=HTTPStatus.CONFLICT if is_post else HTTPStatus.OK,
            impact=impact,
        )
