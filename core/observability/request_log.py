"""One line a request, and its numbers: who, what, how it went, how long it took."""

import atexit
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject, empty
from structlog.contextvars import get_contextvars

from core.observability import logging as logs
from core.observability import metrics
from core.observability.logging import route_of

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
PROBES = {"/healthz", "/readyz"}
A_MOMENT = 0.01  # seconds
MOST_UNTOLD = 10_000  # answers


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
        status = response.status_code
        tell(Answer(name, method, route, status, seconds, user, queries))
        metrics.QUERIES.labels(route).inc(queries.count)
        metrics.QUERY_SECONDS.labels(route).inc(queries.seconds)
        return response

    return middleware


class Answer(NamedTuple):
    """What is told of one. Nothing of a person's is in it but their id: no address,
    neither theirs nor the page's, only the pattern that it matched.
    """

    name: str  # of the request
    method: str
    route: str
    status: int
    seconds: float
    user: int | None = None
    queries: Queries | None = None

    @property
    def event(self) -> dict[str, Any]:
        queries = self.queries
        return {
            "event": "request",
            "method": self.method,
            "route": self.route,
            "status": self.status,
            "user_id": self.user,
            "duration_ms": round(self.seconds * 1000, 1),
            "queries": queries.count if queries else 0,
            "queries_ms": round(queries.seconds * 1000, 1) if queries else 0.0,
            "request_id": self.name,
            "logger": "cairn.access",
            "level": "info",
        }


def tell(*answers: Answer) -> None:
    """Log and count them."""
    for answer in answers:
        counted = metrics.requests(answer.method, answer.route, answer.status)
        counted.observe(answer.seconds)
    logs.write([answer.event for answer in answers if answer.route not in PROBES])


class Afterwards:
    """Tells of many answers at once, a moment later: to write a line takes as long as
    to answer with a page that is kept, and lets another thread have the GIL.
    """

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.has_some = Event()
        Thread(target=self.run, daemon=True).start()
        atexit.register(self.tell_all)

    def tell(self, answer: Answer) -> None:
        self.answers.append(answer)
        if not self.has_some.is_set():
            self.has_some.set()
        if len(self.answers) >= MOST_UNTOLD:  # whoever reads the log cannot keep up
            self.tell_all()

    def run(self) -> None:
        while self.has_some.wait():
            time.sleep(A_MOMENT)
            self.has_some.clear()
            self.tell_all()

    def tell_all(self) -> None:
        answers = []
        with suppress(IndexError):
            while True:
                answers.append(self.answers.popleft())
        tell(*answers)


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
