"""Health checks for probes: is the process alive, and is it ready to serve?"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple

import psycopg
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from core.postgresql.pool import Connection
from core.postgresql.replica import get_replica

PROBE_TIMEOUT = 1.5  # seconds that a database may take to answer a query
MINIMUM_VERSION = 15  # of PostgreSQL; Django's own minimum

POSITION = """
SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
    ELSE pg_current_wal_insert_lsn() END - '0/0')::bigint
"""

type Migration = tuple[str, str]  # app, name


class Server(NamedTuple):
    migrations: set[Migration]  # those applied; none if the database is empty
    position: int  # bytes of the log that are written or replayed; 0 if unused


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

    The status is 503 if a check fails. The database or the replica may be unavailable,
    but not both: a process that can only read still serves pages.
    """
    checks = check_databases()
    with record_check(checks, "cache"):
        # A local cache has no ping and is always ready.
        if ping := getattr(caches["default"], "ping", None):
            ping()
    is_ready = checks["migrations"]["ok"] and checks["cache"]["ok"]
    status = "ready" if checks["database"]["ok"] else "read-only"
    return JsonResponse(
        {"status": status if is_ready else "not ready", **checks},
        status=HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


def check_databases() -> dict[str, dict[str, Any]]:
    """Return the results of checking the database, the replica if there is one, and the
    migrations in one of them.
    """
    checks: dict[str, dict[str, Any]] = {}
    database: Server | None = None
    replica: Server | None = None
    with record_check(checks, "database"):
        database = probe(connection.get_connection_params())
    if settings.DATABASE_REPLICA:
        with record_check(checks, "replica") as check:
            replica = probe(get_replica().get_connection_params())
            check["lag_bytes"] = get_lag(database, replica)
    with record_check(checks, "migrations"):
        reachable = [server for server in (database, replica) if server]
        if not reachable:
            raise NotReadyError("unknown")
        if missing := unapplied_migrations(reachable[0].migrations):
            raise NotReadyError(f"{len(missing)} to apply")
    return checks


@contextmanager
def record_check(
    checks: dict[str, dict[str, Any]], name: str
) -> Iterator[dict[str, Any]]:
    """Record in `checks` whether the block succeeds and how long it takes.

    What the block adds to the yielded dictionary is recorded too.
    """
    start = time.perf_counter()
    check: dict[str, Any] = {"ok": True}
    try:
        yield check
    except NotReadyError as error:
        check = {"ok": False, "error": str(error)}
    except psycopg.Error as error:
        check = {"ok": False, "error": type(error).__name__}  # the message names hosts
    check["ms"] = round((time.perf_counter() - start) * 1000, 1)
    checks[name] = check


def probe(parameters: dict[str, Any]) -> Server:
    """Return what a database server says about itself.

    It opens a connection of its own, because a pool that is in use does not mean that
    the database is unavailable. Raises psycopg.Error or NotReadyError.
    """
    parameters = parameters | {"connect_timeout": 2}  # seconds
    with Connection.connect(**parameters) as new_connection:
        new_connection.response_timeout = PROBE_TIMEOUT
        if new_connection.info.server_version < MINIMUM_VERSION * 10_000:
            raise NotReadyError(f"PostgreSQL {MINIMUM_VERSION} or later is required")
        position = 0
        if settings.DATABASE_REPLICA:
            [(position,)] = new_connection.execute(POSITION)
        try:
            migrations = set(
                new_connection.execute("SELECT app, name FROM django_migrations")
            )
        except psycopg.errors.UndefinedTable:
            migrations = set()
    return Server(migrations, position)


def get_lag(database: Server | None, replica: Server) -> int | None:
    """Return how many bytes of the database's log the replica has not replayed yet.

    None while the database is unavailable.
    """
    return max(database.position - replica.position, 0) if database else None


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
