"""What belongs to no app: the theme, what robots and sharers ask for, and errors."""

import sys
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.contrib.sitemaps import views as sitemaps
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template import loader
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe
from structlog.contextvars import get_contextvars

from accounts import theme as themes
from accounts.mail import MailNotSentError
from accounts.models import Theme
from config.context_processors import names
from core.same_origin import same_origin_only
from roadmaps.card import SITE
from roadmaps.sitemaps import PublicPages

HOUR = 60 * 60  # seconds
DAY = 24 * HOUR
YEAR = 365 * DAY
# A standby that takes no writes, and a transaction that waited for too long.
GIVES_WAY = {"25006", "25P03", "25P04"}


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
            secure=settings.SESSION_COOKIE_SECURE,
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
    return HttpResponse(SITE.png, content_type="image/png")


def sqlstate_of(error: InternalError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """allauth's limits that end here are counted by the minute."""
    response = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = "60"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke, or that the database or the mail server is away,
    without asking it.
    """
    match sys.exception():
        case OperationalError() | InterfaceError():
            page, status, retry = "503", HTTPStatus.SERVICE_UNAVAILABLE, "5"
        case InternalError() as error if sqlstate_of(error) in GIVES_WAY:
            page, status, retry = "503", HTTPStatus.SERVICE_UNAVAILABLE, "5"
        case MailNotSentError():
            page, status, retry = "503_mail", HTTPStatus.SERVICE_UNAVAILABLE, "60"
        case _:
            page, status, retry = "500", HTTPStatus.INTERNAL_SERVER_ERROR, ""
    html = loader.get_template(f"{page}.html").render(
        names() | {"request_id": get_contextvars().get("request_id")}
    )
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": retry} if retry else {})
    return HttpResponse(html, status=status, headers=headers)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is stored, for how long, and how to get it out."""
    days = timedelta(seconds=settings.SESSION_COOKIE_AGE).days
    return render(request, "privacy.html", {"session_days": days})
