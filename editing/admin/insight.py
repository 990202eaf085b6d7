"""The page that shows editors how learners progress, without naming anybody."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from editing.insight import get_insight
from editing.insight_chart import Chart
from progress.learner_counts import INACTIVITY
from progress.statistics import MIN_PEOPLE
from roadmaps.models import Roadmap


class InsightAdmin(admin.ModelAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.insight_view)
        page = path("<int:pk>/insight/", view, name="roadmaps_roadmap_insight")
        return [page, *super().get_urls()]

    @method_decorator(require_safe)
    def insight_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        roadmap = self.get_object(request, str(pk))
        if roadmap is None:
            raise Http404("There is no such roadmap.")
        insight = get_insight(roadmap)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Learner statistics"),
            "subtitle": str(roadmap),
            "roadmap": roadmap,
            "insight": insight,
            "chart": Chart(insight) if insight else None,
            "min_people": MIN_PEOPLE,
            "inactive_days": INACTIVITY.days,
        }
        template = "admin/roadmaps/roadmap/insight.html"
        return TemplateResponse(request, template, context)

    @admin.display(description=gettext_lazy("statistics"))
    def insight_link(self, roadmap: Roadmap) -> SafeString:
        url = reverse("admin:roadmaps_roadmap_insight", args=[roadmap.pk])
        return format_html('<a href="{}">{}</a>', url, _("Statistics"))
