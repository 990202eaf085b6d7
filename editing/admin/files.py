"""Roadmaps as files in the admin: where their pages are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from editing.admin.history import VersionedAdmin
from editing.admin.upload import not_too_large

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from editing.admin.file_pages import FilePages

PUBLISH = "roadmaps.publish_roadmap"


class RoadmapFiles(VersionedAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "roadmaps_roadmap"
        return [
            path(
                "import/", not_too_large(view(self.import_view)), name=f"{name}_import"
            ),
            path("import/apply/", view(self.apply_view), name=f"{name}_apply"),
            path("<int:pk>/export/", view(self.export_view), name=f"{name}_export"),
            *super().get_urls(),
        ]

    @property
    def file_pages(self) -> FilePages:
        # Not at every start: pydantic, which only files need, takes a tenth of it.
        from editing.admin.file_pages import FilePages

        return FilePages(self)

    @method_decorator(require_safe)
    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.file_pages.export(request, pk)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        return self.file_pages.preview(request)

    @method_decorator(require_POST)
    def apply_view(self, request: HttpRequest) -> HttpResponse:
        return self.file_pages.apply(request)
