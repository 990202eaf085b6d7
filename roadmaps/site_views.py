"""Files of the site as a whole: for search engines, for sharing, and to download."""

from django.contrib.sitemaps import views as sitemap_views
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from roadmaps.card import Card
from roadmaps.projects import build_archive, list_projects
from roadmaps.sitemaps import PublicPages

HOUR = 60 * 60  # seconds
DAY = 24 * HOUR


@require_safe
@cache_control(public=True, max_age=HOUR)
def sitemap(request: HttpRequest) -> HttpResponse:
    return sitemap_views.sitemap(request, {"pages": PublicPages})


@require_safe
@cache_control(public=True, max_age=DAY)
def card(request: HttpRequest) -> HttpResponse:
    """Return the picture that is shown where the front page is shared, as a PNG."""
    return HttpResponse(Card.for_site().png, content_type="image/png")


@require_safe
@cache_control(public=True, max_age=HOUR)
def project(request: HttpRequest, name: str) -> HttpResponse:
    """Return the project that a roadmap's exercises build, as a ZIP file."""
    if name not in list_projects():
        raise Http404("There is no such project.")
    response = HttpResponse(build_archive(name), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}-project.zip"'
    return response
