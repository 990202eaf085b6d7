"""Visitors' pages, kept as bytes for a moment: they are the same for everyone."""

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from threading import Lock
from typing import Any, NamedTuple

from django.conf import settings
from django.core.handlers.wsgi import get_str_from_wsgi
from django.http import HttpRequest, HttpResponse, parse_cookie
from django.middleware.gzip import re_accepts_gzip
from django.utils.cache import get_conditional_response
from django.utils.http import parse_etags

from accounts import theme
from core.middleware import name_of
from core.observability.logging import route_of
from core.observability.request_log import Answer

type GetResponse = Callable[[HttpRequest], HttpResponse]
type Environ = dict[str, Any]
type StartResponse = Callable[[str, list[tuple[str, str]]], object]
type Application = Callable[[Environ, StartResponse], Iterable[bytes]]
type Key = tuple[str, ...]

MOST_PAGES = 200  # of some 30 kB
TO_KEEP = "cairn.visitors_page"  # the key of the page to be made, in its environ

# What asks for more than the page: a part of it, or that it be as it was; or is sent.
MORE = {
    "HTTP_HX_REQUEST",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
    "CONTENT_LENGTH",
}
OF_304 = {"Cache-Control", "ETag", "Vary"}  # RFC 9110, 15.4.5

accepts_gzip = re_accepts_gzip.search  # Django's own, looked up through a proxy


class Page(NamedTuple):
    content: bytes
    headers: list[tuple[str, str]]
    etag: str
    route: str  # for the log
    renewed_from: float  # as time.monotonic() counts
    kept_until: float
    renewal: Lock  # whoever gets it makes the next one

    def is_good(self) -> bool:
        """Whether to answer with it. In the last fifth of its time the first who asks
        renews it while others still get it, so that they do not all make it at once.
        """
        now = time.monotonic()
        return now < self.renewed_from or (
            now < self.kept_until and not self.renewal.acquire(blocking=False)
        )

    def is_held(self, condition: str) -> bool:
        """By a browser that sends this If-None-Match (RFC 9110, 13.1.2)."""
        held = parse_etags(condition)
        own = self.etag.removeprefix("W/")
        return held == ["*"] or own in (etag.removeprefix("W/") for etag in held)


pages: dict[Key, Page] = {}


def answer_visitors(
    application: Application, tell: Callable[[Answer], None]
) -> Application:
    """Answer a visitor with the page that another one got `PAGES_KEPT_FOR` seconds ago
    at most, before `application`, which is Django. Nothing but that time drops it, so
    an edit shows as soon in every process.
    """

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begun = time.perf_counter()
        key = key_of(environ)
        if key is None:
            return application(environ, start_response)
        page = pages.get(key)
        if page is None or not page.is_good():
            environ[TO_KEEP] = key
            return application(environ, start_response)
        name = name_of(environ)
        status, headers, content = HTTPStatus.OK, page.headers, page.content
        held = environ.get("HTTP_IF_NONE_MATCH")
        if held and page.is_held(held):
            status = HTTPStatus.NOT_MODIFIED
            headers = [header for header in headers if header[0] in OF_304]
            content = b""
        start_response(f"{status} {status.phrase}", [*headers, ("X-Request-ID", name)])
        seconds = time.perf_counter() - begun
        tell(Answer(name, "GET", page.route, status, seconds))
        return [content]

    return answer


def keep_visitors_pages(get_response: GetResponse) -> GetResponse:
    """Keep the page that `answer_visitors` had not."""

    def middleware(request: HttpRequest) -> HttpResponse:
        key = request.META.get(TO_KEEP)
        if key is None:
            return get_response(request)
        # What this browser has already is asked of the page once it is kept.
        condition = request.META.pop("HTTP_IF_NONE_MATCH", None)
        begun = time.monotonic()
        response = get_response(request)
        if condition is not None:
            request.META["HTTP_IF_NONE_MATCH"] = condition
        if is_everybodys(response):
            if len(pages) >= MOST_PAGES:
                pages.clear()
            pages[key] = Page(
                response.content,
                list(response.items()),
                response["ETag"],
                route_of(request),
                begun + 0.8 * settings.PAGES_KEPT_FOR,
                begun + settings.PAGES_KEPT_FOR,
                Lock(),
            )
        etag = response.get("ETag")
        return get_conditional_response(request, etag, response=response)  # type: ignore[return-value]

    return middleware


def key_of(environ: Environ) -> Key | None:
    """All that a visitor's page depends on; None for what may depend on more."""
    if (
        not settings.PAGES_KEPT_FOR
        or environ["REQUEST_METHOD"] != "GET"
        or environ.get("QUERY_STRING")
        or not MORE.isdisjoint(environ)
    ):
        return None
    cookies = parse_cookie(get_str_from_wsgi(environ, "HTTP_COOKIE", ""))
    if settings.SESSION_COOKIE_NAME in cookies:
        return None
    of_proxy = settings.SECURE_PROXY_SSL_HEADER
    return (
        environ["wsgi.url_scheme"],
        environ.get(of_proxy[0], "") if of_proxy else "",
        environ.get("HTTP_HOST", ""),
        environ["PATH_INFO"],
        theme.theme_of_browser(cookies),
        "gzip" if accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")) else "",
    )


def is_everybodys(response: HttpResponse) -> bool:
    """Whether it is one of the pages that say so of themselves."""
    return (
        response.status_code == HTTPStatus.OK
        and not response.streaming
        and not response.cookies
        and response.get("Cache-Control") == "no-cache"
        and response.has_header("ETag")
    )
