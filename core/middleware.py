"""Middleware for every request."""

import re
import uuid
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import unquote

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.cache import patch_vary_headers, set_response_etag

from core.max_body import content_length, content_too_large, has_own_limit
from core.wsgi import FAULT

type GetResponse = Callable[[HttpRequest], HttpResponse]

log = structlog.get_logger("cairn.requests")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id(get_response: GetResponse) -> GetResponse:
    """Add the request's id to every line logged for it, and to its response.

    The id is the proxy's `X-Request-ID`, if that is well-formed, or a new one.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = get_response(request)
        response["X-Request-ID"] = request_id
        return response

    return middleware


def cross_origin_isolation(get_response: GetResponse) -> GetResponse:
    """Prevent other sites from embedding our files, except the social cards."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_social_card = request.path.endswith("/card.png")
        policy = "cross-origin" if is_social_card else "same-origin"
        response["Cross-Origin-Resource-Policy"] = policy
        response["Cross-Origin-Embedder-Policy"] = "require-corp"
        return response

    return middleware


def reject_malformed(get_response: GetResponse) -> GetResponse:
    """Refuse a request that `core.wsgi.check_requests` has marked, with 400.

    Health checks run before this, because probes use the address of the process.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if fault := request.META.get(FAULT):
            log.warning("request_refused", reason=fault)
            raise BadRequest(fault)
        return get_response(request)

    return middleware


def reject_unsupported(get_response: GetResponse) -> GetResponse:
    """Refuse methods that no page supports, with 405, and bodies that are larger than
    MAX_REQUEST_BODY, with 413, before they are read.

    Views with `max_body` have a limit of their own.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method in ("TRACE", "TRACK", "CONNECT"):
            return render(request, "405.html", status=HTTPStatus.METHOD_NOT_ALLOWED)
        is_large = content_length(request) > settings.MAX_REQUEST_BODY
        if is_large and not has_own_limit(request.path_info):
            return content_too_large(request)
        return get_response(request)

    return middleware


def reject_nul(get_response: GetResponse) -> GetResponse:
    """Refuse a NUL character in a cookie or the query, with 400.

    PostgreSQL cannot store one. Forms check their own fields, but these reach the
    database without a form.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        texts = [*request.COOKIES.values(), unquote(request.META["QUERY_STRING"])]
        if any("\0" in text for text in texts):
            raise BadRequest("The request contains a NUL character.")
        return get_response(request)

    return middleware


def etag(get_response: GetResponse) -> GetResponse:
    """Add an ETag to pages that browsers may store.

    This runs inside GZipMiddleware, because that adds random bytes, and an ETag of its
    output would never match. ConditionalGetMiddleware runs outside the visitor cache,
    so that it answers 304 for cached pages too.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_storable = "no-store" not in response.get("Cache-Control", "")
        if request.method == "GET" and is_storable and not response.has_header("ETag"):
            set_response_etag(response)
        return response

    return middleware


def visitor_cache_control() -> str:
    """Return the Cache-Control header of a visitor's page."""
    seconds = settings.CACHE_MIDDLEWARE_SECONDS
    return f"max-age={seconds}" if seconds else "no-cache"


def cache_control(get_response: GetResponse) -> GetResponse:
    """Set Cache-Control where a view did not: `no-store` on a page for one person.

    A page with a CSRF token is for one person too, even before they have signed in.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            has_token = "CSRF_COOKIE_NEEDS_UPDATE" in request.META
            is_private = has_token or request.user.is_authenticated
            response["Cache-Control"] = (
                "no-store" if is_private else visitor_cache_control()
            )
            patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response

    return middleware


def method_not_allowed_page(get_response: GetResponse) -> GetResponse:
    """Show a page for 405, as for other errors. Django's response is empty."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            page = loader.get_template("405.html")
            response.content = page.render(request=request).encode()
        return response

    return middleware
