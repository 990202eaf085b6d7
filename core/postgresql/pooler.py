"""Check, when a web process starts, that it can work behind a connection pooler.

In transaction mode, a pooler such as PgBouncer may use another server connection for
each transaction. What belongs to a session is then lost: server-side cursors, and
prepared statements unless the pooler supports them. PgBouncer tells its version only on
its own console, so the check looks at what the pooler does.
"""

import psycopg
import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import connection as django_connection
from psycopg import errors

log = structlog.get_logger("cairn.database")

SETTING_MISSING = (
    "DATABASE_URL leads to a connection pooler, such as PgBouncer. Set "
    "DATABASE_POOLER=true, or connect to PostgreSQL directly."
)
TOO_OLD = (
    "The connection pooler in DATABASE_URL does not support prepared statements. "
    "PgBouncer must be 1.22 or later, with max_prepared_statements above 0."
)


def check_pooler(*, is_expected: bool) -> None:
    """Raise ImproperlyConfigured if web processes would fail behind the pooler.

    `is_expected` is the setting DATABASE_POOLER. While the database is unavailable,
    nothing is checked.
    """
    try:
        with connect() as first, connect() as second:
            if not is_pooled(first):
                return
            if not is_expected:
                raise ImproperlyConfigured(SETTING_MISSING)
            if not supports_prepared_statements(first, second):
                raise ImproperlyConfigured(TOO_OLD)
            warn_of_missing_limit(first)
    except psycopg.OperationalError as error:
        if not is_expected and "unsupported startup parameter" in str(error):
            raise ImproperlyConfigured(SETTING_MISSING) from None


def connect() -> psycopg.Connection:
    parameters = django_connection.get_connection_params()
    return psycopg.connect(**parameters, autocommit=True)


def is_pooled(connection: psycopg.Connection) -> bool:
    """Return whether the connection leads to a pooler.

    PostgreSQL names its process when a connection starts, but poolers make a number up.
    """
    [(pid,)] = connection.execute("SELECT pg_backend_pid()", prepare=False)
    return bool(pid != connection.info.backend_pid)


def supports_prepared_statements(
    first: psycopg.Connection, second: psycopg.Connection
) -> bool:
    """Return whether two clients of the pooler can prepare statements.

    Both use the same names. A pooler without support passes them on to server
    connections that the clients share, where the second finds its name in use.
    """
    try:
        for number in range(3):  # if others use the pooler, the first may miss
            for connection in (first, second):
                connection.execute(f"SELECT {number}", prepare=True)
    except (errors.DuplicatePreparedStatement, errors.InvalidSqlStatementName):
        return False
    return True


def warn_of_missing_limit(connection: psycopg.Connection) -> None:
    """Log a warning if no query is ever cancelled: web processes cannot send their own
    limits through a pooler.
    """
    [(limit,)] = connection.execute("SHOW statement_timeout", prepare=False)
    if limit == "0":
        hint = "ALTER ROLE … SET statement_timeout = '4s'"
        log.warning("database_without_statement_timeout", hint=hint)
