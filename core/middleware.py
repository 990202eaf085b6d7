"""What holds for every answer."""

import random
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from accounts.request_time_zone import RequestTimeZone
from core.max_body import content_length, content_too_large

type GetResponse = Callable[[HttpRequest], HttpResponse]

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id(get_response: GetResponse) -> GetResponse:
    """Name the request in every line that is logged for it, and in its answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        name = name_of(request.META)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=name)
        response = get_response(request)
        response["X-Request-ID"] = name
        return response

    return middleware


def name_of(environ: dict[str, Any]) -> str:
    """The proxy's name for the request, where that is one, or a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    if REQUEST_ID.fullmatch(given):
        return str(given)
    # It guards nothing; os.urandom would hand the GIL to another thread.
    return f"{random.getrandbits(128):032x}"


def cross_origin_isolation(get_response: GetResponse) -> GetResponse:
    """Let no other site's page load what is ours, but for the pictures that are made to
    be shown where a page is shared.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_shared = request.path.endswith("/card.png")
        policy = "cross-origin" if is_shared else "same-origin"
        response["Cross-Origin-Resource-Policy"] = policy
        response["Cross-Origin-Embedder-Policy"] = "require-corp"
        return response

    return middleware


def reject_unsupported(get_response: GetResponse) -> GetResponse:
    """Refuse methods that no page supports, with 405, and bodies that are larger than
    any form or file, with 413, before they are read.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method in ("TRACE", "TRACK", "CONNECT"):
            return render(request, "405.html", status=HTTPStatus.METHOD_NOT_ALLOWED)
        if content_length(request) > settings.MAX_REQUEST_BODY:
            return content_too_large(request)
        return get_response(request)

    return middleware


def refuse_nul(get_response: GetResponse) -> GetResponse:
    """Answer 400 to a NUL, which PostgreSQL cannot hold, where no form will see it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        unseen = [*request.COOKIES.values(), unquote(request.META["QUERY_STRING"])]
        if any("\0" in text for text in unseen):
            raise BadRequest("A NUL character was sent.")
        return get_response(request)

    return middleware


def time_zone(get_response: GetResponse) -> GetResponse:
    """Say dates in a signed-in person's time zone; to visitors the same bytes."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with timezone.override(RequestTimeZone(request)):
            return get_response(request)

    return middleware


def cache_control(get_response: GetResponse) -> GetResponse:
    """Let nobody keep a page that is one person's, and browsers ask again for others.

    A page with a form that holds a token is one person's before they have signed in.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            holds_token = "CSRF_COOKIE_NEEDS_UPDATE" in request.META
            is_private = holds_token or request.user.is_authenticated
            response["Cache-Control"] = "no-store" if is_private else "no-cache"
            patch_vary_headers(response, ["Cookie"])
        return response

    return middleware


def method_not_allowed(get_response: GetResponse) -> GetResponse:
    """Give Django's empty 405 a page, as its other errors have."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            page = loader.get_template("405.html")
            response.content = page.render(request=request).encode()
        return response

    return middleware
