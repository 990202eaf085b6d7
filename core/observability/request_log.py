"""Log one line per request, and record the metrics of requests.

The user's id is the only personal data in a line. There is no IP address, and the URL
pattern takes the place of the path.
"""

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject, empty

from core.observability import metrics
from core.observability.logging import get_url_pattern

log = structlog.get_logger("cairn.access")

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
PROBES = {"/healthz", "/readyz"}


class QueryTimer:
    """Wraps `connection.execute` to count queries and the seconds that they take."""

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
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - start


def request_log(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Log each request and record its metrics. Probes are not logged."""

    def middleware(request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        queries = QueryTimer()
        with connection.execute_wrapper(queries):
            response = get_response(request)
        seconds = time.perf_counter() - start
        method = request.method if request.method in METHODS else "other"
        route, status = get_route(request), response.status_code
        metrics.REQUESTS.labels(method, route, str(status)).observe(seconds)
        metrics.QUERIES.labels(route).inc(queries.count)
        metrics.QUERY_SECONDS.labels(route).inc(queries.seconds)
        if route not in PROBES:
            log.info(
                "request",
                method=method,
                route=route,
                status=status,
                user_id=get_user_id(request),
                duration_ms=round(seconds * 1000, 1),
                queries=queries.count,
                queries_ms=round(queries.seconds * 1000, 1),
            )
        return response

    return middleware


def get_route(request: HttpRequest) -> str:
    """Return the URL pattern, or one name for all static files or unknown addresses."""
    if request.path in PROBES:
        return request.path
    if request.path.startswith(settings.STATIC_URL):
        return settings.STATIC_URL
    return get_url_pattern(request) or "unmatched"


def get_user_id(request: HttpRequest) -> int | None:
    """Return the user's id if the user is already loaded: loading costs queries."""
    user = getattr(request, "user", None)
    is_unloaded = isinstance(user, SimpleLazyObject) and user._wrapped is empty
    return None if is_unloaded or user is None else user.pk
