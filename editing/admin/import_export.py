"""The addresses for importing and exporting roadmaps in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from core.max_body import max_body
from editing.admin.history import VersionedAdmin
from editing.admin.upload import MAX_REQUEST_SIZE

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from editing.admin.import_export_pages import ImportExportPages


class ImportExportAdmin(VersionedAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "import/",
                max_body(MAX_REQUEST_SIZE)(view(self.import_view)),
                name="roadmaps_roadmap_import",
            ),
            path(
                "import/apply/",
                view(self.apply_import_view),
                name="roadmaps_roadmap_apply",
            ),
            path(
                "<int:pk>/export/",
                view(self.export_view),
                name="roadmaps_roadmap_export",
            ),
            *super().get_urls(),
        ]

    @property
    def import_export_pages(self) -> ImportExportPages:
        # Imported when needed, because pydantic takes a tenth of the start-up time.
        from editing.admin.import_export_pages import ImportExportPages

        return ImportExportPages(self)

    @method_decorator(require_safe)
    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.import_export_pages.export(request, pk)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        return self.import_export_pages.preview(request)

    @method_decorator(require_POST)
    def apply_import_view(self, request: HttpRequest) -> HttpResponse:
        return self.import_export_pages.apply(request)
