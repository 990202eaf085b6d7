"""Health checks for probes: is the process alive, and is it ready to serve?"""

import os
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

from core.postgresql.pool import Connection

PROBE_TIMEOUT = 1.5  # seconds that a database may take to answer a query
MINIMUM_VERSION = 15  # of PostgreSQL; Django's own minimum

type Migration = tuple[str, str]  # app, name


class NotReadyError(Exception):
    """A service is not ready. The message is public, so it must not name a host."""


def health(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer `/healthz` and `/readyz` without sessions, host checks and redirects.

    A probe calls a process by its IP address, not by the site's host name.
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
    """Return a response that depends on no other service.

    The status is 503 once deploy/start is about to stop this process, so that proxies
    use another one.
    """
    if os.path.exists(os.environ.get("DRAINING_FILE", "")):
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return JsonResponse({"status": "draining"}, status=status)
    return JsonResponse({"status": "alive"})


def ready() -> HttpResponse:
    """Return the result of each check and the time that it took, in milliseconds.

    The status is 503 if a check fails.
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
    """Return the applied migrations, or none if the database is empty.

    It opens a connection of its own, because a pool that is in use does not mean that
    the database is unavailable. Raises psycopg.Error or
    NotReadyError.
    """
    params = connection.get_connection_params() | {"connect_timeout": 2}  # seconds
    with Connection.connect(**params) as new_connection:
        new_connection.response_timeout = PROBE_TIMEOUT
        if new_connection.info.server_version < MINIMUM_VERSION * 10_000:
            raise NotReadyError(f"PostgreSQL {MINIMUM_VERSION} or later is required")
        try:
            return set(
                new_connection.execute("SELECT app, name FROM django_migrations")
            )
        except psycopg.errors.UndefinedTable:
            return set()


def unapplied_migrations(applied: set[Migration]) -> set[Migration]:
    """Return this release's migrations that are not applied.

    A squashed migration counts as applied if all migrations that it replaces are.
    """
    return {
        migration
        for migration, replaced in known_migrations().items()
        if migration not in applied and not (replaced and replaced <= applied)
    }


@cache
def known_migrations() -> dict[Migration, set[Migration]]:
    """Return this release's migrations, each with the migrations that it replaces."""
    migrations = MigrationLoader(None).disk_migrations
    return {name: set(migration.replaces) for name, migration in migrations.items()}
