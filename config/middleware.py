"""What holds for every answer."""

import re
import uuid
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import unquote

import structlog
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from config.time_zones import time_zone_of

type GetResponse = Callable[[HttpRequest], HttpResponse]

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id(get_response: GetResponse) -> GetResponse:
    """Name the request in every line that is logged for it, and in its answer: by the
    proxy's name for it, where that is one.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        name = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=name)
        response = get_response(request)
        response["X-Request-ID"] = name
        return response

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
        with timezone.override(time_zone_of(request)):
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
