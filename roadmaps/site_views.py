"""What search engines and sharing services fetch about the site as a whole."""

from django.contrib.sitemaps import views as sitemap_views
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from roadmaps.card import Card
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
