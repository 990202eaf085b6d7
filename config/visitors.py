"""Visitors' pages, kept as bytes for a moment: they are the same for everyone."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from django.utils.cache import get_conditional_response

from config import themes

type GetResponse = Callable[[HttpRequest], HttpResponse]
type Key = tuple[str, ...]

MOST_PAGES = 2000  # of some 10 kB


class Page(NamedTuple):
    content: bytes
    headers: dict[str, str]
    match: ResolverMatch | None  # for the log
    kept_until: float  # as time.monotonic() counts

    def answer(self) -> HttpResponse:
        return HttpResponse(self.content, headers=self.headers)


pages: dict[Key, Page] = {}


def keep_visitors_pages(get_response: GetResponse) -> GetResponse:
    """Answer a visitor with the page that another one got `PAGES_KEPT_FOR` seconds ago
    at most. Nothing but that time drops it, so an edit shows as soon in every process.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        key = key_of(request)
        if key is None:
            return get_response(request)
        page = pages.get(key)
        if page and time.monotonic() < page.kept_until:
            response = page.answer()
            request.resolver_match = page.match
        else:
            response = fresh(request, key)
        etag = response.get("ETag")
        return get_conditional_response(request, etag, response=response)  # type: ignore[return-value]

    def fresh(request: HttpRequest, key: Key) -> HttpResponse:
        # What this browser has already is asked of the answer, kept or not.
        condition = request.META.pop("HTTP_IF_NONE_MATCH", None)
        response = get_response(request)
        if condition is not None:
            request.META["HTTP_IF_NONE_MATCH"] = condition
        if is_everybodys(response):
            if len(pages) >= MOST_PAGES:
                pages.clear()
            until = time.monotonic() + settings.PAGES_KEPT_FOR
            headers = dict(response.items())
            pages[key] = Page(response.content, headers, request.resolver_match, until)
        return response

    return middleware


def key_of(request: HttpRequest) -> Key | None:
    """All that a visitor's page depends on; None for what may depend on more."""
    if (
        not settings.PAGES_KEPT_FOR
        or request.method != "GET"
        or request.META.get("QUERY_STRING")
        or "HTTP_HX_REQUEST" in request.META
        or settings.SESSION_COOKIE_NAME in request.COOKIES
    ):
        return None
    return (
        request.scheme or "",
        request.META.get("HTTP_HOST", ""),
        request.path,
        themes.theme_of_browser(request),
        "gzip" if "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", "") else "",
    )


def is_everybodys(response: HttpResponse) -> bool:
    """Whether it is one of the pages that say so of themselves."""
    return (
        response.status_code == HTTPStatus.OK
        and not response.streaming
        and not response.cookies
        and response.get("Cache-Control") == "no-cache"
    )
