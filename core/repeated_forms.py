"""Forms that a browser sends several times, because people press a button twice.

`answer_once` gives the answer to the first of them to all that arrive while it is being
handled. When two browsers insert the same row, the database refuses the second, and
`RetryAfterConflict` handles that request again.
"""

import hashlib
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from core.max_body import content_length
from core.middleware import GetResponse

log = structlog.get_logger("cairn.core")

MAX_BODY = 64 * 1024  # bytes; larger ones are files
MAX_WAIT = 15  # seconds for the answer to the first request
ANSWER_LIFETIME = 10  # seconds, for those who wait for it
POLL_INTERVAL = 0.05  # seconds
UNIQUE_VIOLATION = "23505"


def answer_once(get_response: GetResponse) -> GetResponse:
    """Middleware that handles a form once and gives its answer to all equal requests
    that arrive meanwhile.

    It is outside SessionMiddleware, so that the answers set the same cookies. Requests
    are equal if their URL, cookies and body are.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(settings.FORMS_ANSWERED_ONCE):
            return get_response(request)
        key = fingerprint(request)
        if key is None:
            return get_response(request)
        answer_key = f"answer:{uuid.uuid4()}"
        if not cache.add(key, answer_key, MAX_WAIT):
            return wait_for_answer(key) or get_response(request)
        try:
            response = get_response(request)
            # Only redirects: they are small, and other pages change nothing.
            if "Location" in response and cache.get(waiting_key(answer_key)):
                cache.set(answer_key, response, ANSWER_LIFETIME)
        finally:
            cache.delete(key)
        return response

    return middleware


def fingerprint(request: HttpRequest) -> str | None:
    """Return a cache key for the form, or None if it must be handled by itself."""
    cookies = request.META.get("HTTP_COOKIE")
    if request.method != "POST" or not cookies or content_length(request) > MAX_BODY:
        return None
    try:
        body = request.body
    except UnreadablePostError:
        return None
    parts = [request.get_full_path(), request.content_type or "", cookies]
    digest = hashlib.sha256("\n".join(parts).encode() + b"\n" + body)
    return f"form:{digest.hexdigest()}"


def wait_for_answer(key: str) -> HttpResponse | None:
    """Return the answer to the first request, or None if there is none to share."""
    answer_key = cache.get(key)
    if answer_key is None:
        return None
    cache.set(waiting_key(answer_key), True, MAX_WAIT)
    deadline = time.monotonic() + MAX_WAIT
    while cache.get(key) == answer_key and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL)
    answer: HttpResponse | None = cache.get(answer_key)
    return answer


def waiting_key(answer_key: str) -> str:
    """The cache key that says that somebody waits for the answer."""
    return f"waiting:{answer_key}"


class RetryAfterConflict:
    """Handles a request again if it inserted a row that another has just inserted.

    The view had checked that there was no such row. Now it finds one, and answers as it
    does whenever the row is there.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> None:
        request.call_view = partial(view, request, *args, **kwargs)  # type: ignore[attr-defined]

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        if not is_unique_violation(exception):
            return None
        log.warning("retried_after_conflict", error=type(exception).__name__)
        response: HttpResponse = request.call_view()  # type: ignore[attr-defined]
        return response


def is_unique_violation(error: Exception) -> bool:
    code = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, IntegrityError) and code == UNIQUE_VIOLATION
