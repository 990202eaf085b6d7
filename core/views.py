"""The files that crawlers and browsers request from every site."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from core.site_url import get_site_url

DAY = 24 * 60 * 60  # seconds


@require_safe
@cache_control(public=True, max_age=DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(static("icon.svg"))


@require_safe
@cache_control(public=True, max_age=DAY)
def robots(request: HttpRequest) -> HttpResponse:
    # Without the request: what proxies may cache must not know the user.
    context = {"sitemap_url": get_site_url(request) + reverse("sitemap")}
    text = render_to_string("robots.txt", context)
    return HttpResponse(text, content_type="text/plain")
