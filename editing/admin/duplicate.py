"""The page that copies a roadmap as a draft."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.text import isolate
from editing.admin.history import VersionedAdmin
from roadmaps.models import Roadmap

if TYPE_CHECKING:
    from django.urls import URLPattern


class DuplicateForm(forms.ModelForm):
    class Meta:
        model = Roadmap
        fields = ["title", "slug"]


class DuplicateAdmin(VersionedAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.duplicate_view)
        route = "<int:object_id>/duplicate/"
        return [
            path(route, view, name="roadmaps_roadmap_duplicate"),
            *super().get_urls(),
        ]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def duplicate_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        # Imported when needed, because pydantic takes a tenth of the start-up time.
        from editing.duplicate import suggest_slug, suggest_title
        from editing.yaml_format.importer import StalePlanError

        roadmap = get_object_or_404(Roadmap, pk=object_id)
        may_view = self.has_view_permission(request, roadmap)
        if not (may_view and self.has_add_permission(request)):
            raise PermissionDenied
        initial = {"title": suggest_title(roadmap), "slug": suggest_slug(roadmap)}
        form = DuplicateForm(request.POST or None, initial=initial)
        if form.is_valid():
            try:
                return self.save_copy(request, roadmap, form)
            except StalePlanError:
                message = _("Somebody has just added a roadmap with this slug.")
                form.add_error("slug", message)
        return self.render_page(
            request,
            "admin/roadmaps/roadmap/duplicate.html",
            _("Duplicate %(title)s as a draft") % {"title": isolate(roadmap.title)},
            roadmap,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK,
            form=form,
            step_count=roadmap.steps.active().count(),
        )

    def save_copy(
        self, request: HttpRequest, roadmap: Roadmap, form: DuplicateForm
    ) -> HttpResponse:
        from editing.duplicate import duplicate

        copy = duplicate(roadmap, **form.cleaned_data)
        message = _("Copied %(title)s. This copy is a draft.")
        message %= {"title": isolate(roadmap.title)}
        self.log_addition(request, copy, message)
        self.message_user(request, message, messages.SUCCESS)
        return redirect(self.get_page_url("change", copy.pk))
