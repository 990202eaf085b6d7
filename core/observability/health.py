"""Whether the process lives, and whether it can serve; for probes, not for people."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from typing import Any

import psycopg
from django.core.cache import caches
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from core.postgresql.pool import CHECK_TIMEOUT, Connection

type Migration = tuple[str, str]  # app, name


class NotReadyError(Exception):
    """What is missing, in words that name no host."""


def health(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer `/healthz` and `/readyz` before sessions, hosts and redirects: a probe
    knows a process by its number, not by the site's name.
    """
    pages = {"/healthz": alive, "/readyz": ready}

    def middleware(request: HttpRequest) -> HttpResponse:
        page = pages.get(request.path)
        if page is None:
            return get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = page()
        response["Cache-Control"] = "no-store"
        return response

    return middleware


def alive() -> HttpResponse:
    """The process answers; it asks nobody."""
    return JsonResponse({"status": "alive"})


def ready() -> HttpResponse:
    """What it needs: whether that is there, and after how many milliseconds it said so.
    503 when anything is missing.
    """
    checks: dict[str, dict[str, Any]] = {}
    applied = None
    with timed(checks, "database"):
        applied = applied_migrations()
    with timed(checks, "migrations"):
        if applied is None:
            raise NotReadyError("unknown")
        if missing := unapplied_migrations(applied):
            raise NotReadyError(f"{len(missing)} to apply")
    with timed(checks, "cache"):
        if ping := getattr(caches["default"], "ping", None):  # else it is the process's
            ping()
    is_ready = all(check["ok"] for check in checks.values())
    return JsonResponse(
        {"status": "ready" if is_ready else "not ready", **checks},
        status=HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


@contextmanager
def timed(checks: dict[str, dict[str, Any]], name: str) -> Iterator[None]:
    begun = time.perf_counter()
    check: dict[str, Any] = {"ok": True}
    try:
        yield
    except NotReadyError as error:
        check = {"ok": False, "error": str(error)}
    except psycopg.Error as error:
        check = {"ok": False, "error": type(error).__name__}  # the rest names hosts
    check["ms"] = round((time.perf_counter() - begun) * 1000, 1)
    checks[name] = check


def applied_migrations() -> set[Migration]:
    """By a connection of its own: to wait for the pool is not to miss the database."""
    params = connection.get_connection_params() | {"connect_timeout": 2}  # seconds
    with Connection.connect(**params) as own:
        own.response_timeout = CHECK_TIMEOUT
        try:
            return set(own.execute("SELECT app, name FROM django_migrations"))
        except psycopg.errors.UndefinedTable:
            return set()


def unapplied_migrations(applied: set[Migration]) -> set[Migration]:
    return {
        name
        for name, replaced in known_migrations().items()
        if name not in applied and not (replaced and replaced <= applied)
    }


@cache
def known_migrations() -> dict[Migration, set[Migration]]:
    """Those that this release comes with, and what each replaces."""
    known = MigrationLoader(None).disk_migrations
    return {name: set(migration.replaces) for name, migration in known.items()}
