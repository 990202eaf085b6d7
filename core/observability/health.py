"""Health checks for probes: whether the process is alive, and whether it can serve."""

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
    """Answer `/healthz` and `/readyz` without sessions, host checks and redirects: a
    probe knows a process by its IP address, not by the site's name.
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
    """The process answers. This needs no other service."""
    return JsonResponse({"status": "alive"})


def ready() -> HttpResponse:
    """Return the state of each service that the site needs, with the time of its check
    in milliseconds. The status is 503 if one of them is missing.
    """
    checks: dict[str, dict[str, Any]] = {}
    applied = None
    with record_check(checks, "database"):
        applied = applied_migrations()
    with record_check(checks, "migrations"):
        if applied is None:
            raise NotReadyError("unknown")
        if missing := unapplied_migrations(applied):
            raise NotReadyError(f"{len(missing)} to apply")
    with record_check(checks, "cache"):
        # A local cache has no ping and is always ready.
        if ping := getattr(caches["default"], "ping", None):
            ping()
    is_ready = all(check["ok"] for check in checks.values())
    return JsonResponse(
        {"status": "ready" if is_ready else "not ready", **checks},
        status=HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


@contextmanager
def record_check(checks: dict[str, dict[str, Any]], name: str) -> Iterator[None]:
    """Record in `checks` whether the block succeeds and how long it takes."""
    start = time.perf_counter()
    check: dict[str, Any] = {"ok": True}
    try:
        yield
    except NotReadyError as error:
        check = {"ok": False, "error": str(error)}
    except psycopg.Error as error:
        check = {"ok": False, "error": type(error).__name__}  # the message names hosts
    check["ms"] = round((time.perf_counter() - start) * 1000, 1)
    checks[name] = check


def applied_migrations() -> set[Migration]:
    """Read them through a new connection: a busy pool does not mean that the database
    is away. Raises psycopg.Error.
    """
    params = connection.get_connection_params() | {"connect_timeout": 2}  # seconds
    with Connection.connect(**params) as own:
        own.response_timeout = CHECK_TIMEOUT
        try:
            return set(own.execute("SELECT app, name FROM django_migrations"))
        except psycopg.errors.UndefinedTable:
            return set()


def unapplied_migrations(applied: set[Migration]) -> set[Migration]:
    """Return this release's migrations that are not applied. A squashed one counts as
    applied if all that it replaces are.
    """
    return {
        migration
        for migration, replaced in known_migrations().items()
        if migration not in applied and not (replaced and replaced <= applied)
    }


@cache
def known_migrations() -> dict[Migration, set[Migration]]:
    """Return the migrations of this release, each with those that it replaces."""
    migrations = MigrationLoader(None).disk_migrations
    return {name: set(migration.replaces) for name, migration in migrations.items()}
