"""What belongs to no app: the theme, what robots and sharers ask for, and errors."""

import sys
from http import HTTPStatus

from django.contrib.sitemaps import views as sitemaps
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template import loader
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe
from structlog.contextvars import get_contextvars

from accounts.models import Theme
from config import themes
from progress.same_origin import same_origin_only
from roadmaps.card import SITE, draw
from roadmaps.sitemaps import PublicPages

HOUR = 60 * 60  # seconds
DAY = 24 * HOUR
YEAR = 365 * DAY


@require_POST
@same_origin_only
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the colour scheme with the person, and in a cookie for the visitor that they
    are elsewhere; "system" takes both away again.
    """
    back = request.POST.get("next", "")
    if not back.startswith("/") or not url_has_allowed_host_and_scheme(back, None):
        back = "/"
    response = HttpResponseRedirect(back)
    chosen = request.POST.get("theme", "")
    theme = chosen if chosen in Theme.values else ""
    if request.user.is_authenticated:
        request.user.theme = theme
        request.user.save(update_fields=["theme"])
    if theme:
        response.set_cookie(
            themes.COOKIE,
            theme,
            max_age=YEAR,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie(themes.COOKIE, samesite="Lax")
    return response


@require_safe
@cache_control(public=True, max_age=DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(static("icon.svg"))


@require_safe
@cache_control(public=True, max_age=DAY)
def robots(request: HttpRequest) -> HttpResponse:
    return render(request, "robots.txt", content_type="text/plain")


@require_safe
@cache_control(public=True, max_age=HOUR)
def sitemap(request: HttpRequest) -> HttpResponse:
    return sitemaps.sitemap(request, {"pages": PublicPages})


@require_safe
@cache_control(public=True, max_age=DAY)
def card(request: HttpRequest) -> HttpResponse:
    """The picture of the whole site, for where its front page is shared."""
    return HttpResponse(draw(SITE), content_type="image/png")


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke, or that the database is away, without asking it."""
    is_away = isinstance(sys.exception(), OperationalError | InterfaceError)
    status = (
        HTTPStatus.SERVICE_UNAVAILABLE if is_away else HTTPStatus.INTERNAL_SERVER_ERROR
    )
    page = loader.get_template(f"{status.value}.html")
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "5"} if is_away else {})
    context = {"request_id": get_contextvars().get("request_id")}
    return HttpResponse(page.render(context), status=status, headers=headers)
