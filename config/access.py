"""One line a request, and its numbers: who, what, how it went, how long it took."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject, empty
from structlog.contextvars import get_contextvars

from config import logs, metrics
from config.logs import route_of

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
PROBES = {"/healthz", "/readyz"}


class Queries:
    """How many ran, and the seconds that they took."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: Any,
    ) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - begun


def line(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Log and count what Django answers, and what that asked of the database."""

    def middleware(request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        queries = Queries()
        with connection.execute_wrapper(queries):
            response = get_response(request)
        seconds = time.perf_counter() - begun
        method = request.method if request.method in METHODS else "other"
        route, user = route_or_kind(request), user_id(request)
        name = get_contextvars()["request_id"]
        tell(name, method, route, response.status_code, seconds, user, queries)
        metrics.QUERIES.labels(route).inc(queries.count)
        metrics.QUERY_SECONDS.labels(route).inc(queries.seconds)
        if user and response.status_code < HTTPStatus.BAD_REQUEST:
            metrics.count_tick(request)
        return response

    return middleware


def tell(
    name: str,
    method: str,
    route: str,
    status: int,
    seconds: float,
    user: int | None = None,
    queries: Queries | None = None,
) -> None:
    """Log and count a request that was answered. Nothing of a person's is in it but
    their id: no address, neither theirs nor the page's, only the pattern that it
    matched.
    """
    metrics.requests(method, route, status).observe(seconds)
    if route in PROBES:
        return
    logs.write(
        {
            "event": "request",
            "method": method,
            "route": route,
            "status": status,
            "user_id": user,
            "duration_ms": round(seconds * 1000, 1),
            "queries": queries.count if queries else 0,
            "queries_ms": round(queries.seconds * 1000, 1) if queries else 0.0,
            "request_id": name,
            "logger": "cairn.access",
            "level": "info",
        }
    )


def route_or_kind(request: HttpRequest) -> str:
    if request.path in PROBES:
        return request.path
    if request.path.startswith(settings.STATIC_URL):
        return settings.STATIC_URL
    return route_of(request) or "unmatched"


def user_id(request: HttpRequest) -> int | None:
    """Whose request it was, if somebody asked: to ask here would cost queries."""
    user = getattr(request, "user", None)
    is_unasked = isinstance(user, SimpleLazyObject) and user._wrapped is empty
    return None if is_unasked or user is None else user.pk
