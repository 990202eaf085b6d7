"""Django's PostgreSQL backend, which fails fast while the database is unavailable."""

from types import TracebackType
from typing import Any

import psycopg
from django.db import OperationalError
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property
from psycopg import errors
from psycopg_pool import ConnectionPool, PoolTimeout

from core.circuit_breaker import CircuitBreaker

RETRY_INTERVAL = 1.0  # seconds between attempts during an outage

# Errors that a new connection would not have. The server has become a standby, or has
# ended a transaction that was idle or took too long. Or the pooler has switched to
# another server, which does not know the prepared statements of this connection.
CONNECTION_ERRORS = (
    errors.ReadOnlySqlTransaction,
    errors.IdleInTransactionSessionTimeout,
    errors.TransactionTimeout,
    errors.InvalidSqlStatementName,
    errors.DuplicatePreparedStatement,
)
SHUTDOWN = "57P"  # the codes of a server that stops, has crashed or is starting
# The function in PostgreSQL that finds that a prepared statement would now return other
# columns. The message is translated, and the code has other meanings as well.
CHANGED_PLAN = "RevalidateCachedQuery"


class ErrorWrapper(DatabaseErrorWrapper):
    """Turns errors that a new connection would not have into OperationalError.

    All code treats that as temporary: pages respond with 503, and the worker tries
    again.
    """

    wrapper: "DatabaseWrapper"

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(exc_value, psycopg.Error):
            needs_another = needs_another_connection(exc_value)
            if needs_another:
                self.wrapper.abandon_connection(exc_value)
            self.wrapper.record_loss(exc_value)
            if needs_another:
                self.wrapper.errors_occurred = True
                error = OperationalError(*exc_value.args)
                raise error.with_traceback(traceback) from exc_value
        super().__exit__(exc_type, exc_value, traceback)


def needs_another_connection(error: psycopg.Error) -> bool:
    return isinstance(error, CONNECTION_ERRORS) or (
        isinstance(error, errors.FeatureNotSupported)
        and error.diag.source_function == CHANGED_PLAN
    )


class DatabaseWrapper(base.DatabaseWrapper):
    circuit_breaker = CircuitBreaker("database", RETRY_INTERVAL)
    is_replica = False
    is_lost = False  # whether a connection was lost; `read_from_replica` resets it

    @cached_property
    def wrap_database_errors(self) -> DatabaseErrorWrapper:
        return ErrorWrapper(self)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raise OperationalError at once while the circuit breaker is open."""
        if not self.pool:
            return super().get_new_connection(conn_params)
        if not self.circuit_breaker.allows_attempt():
            raise psycopg.OperationalError(
                f"The circuit breaker of the {self.circuit_breaker.name} is open."
            )
        failures = count_failures(self.pool)
        try:
            connection = super().get_new_connection(conn_params)
        except PoolTimeout as error:
            # If nothing failed meanwhile, all connections are in use.
            if count_failures(self.pool) > failures:
                self.circuit_breaker.record_failure(error)
            raise
        self.circuit_breaker.record_success()
        return connection

    def abandon_connection(self, error: psycopg.Error) -> None:
        """Close the connection. If the server is read-only, drop those in the pool too.

        All of them lead to a primary that has become a standby.
        """
        if self.connection is None:
            return
        self.connection.close()
        if isinstance(error, errors.ReadOnlySqlTransaction) and self.pool:
            self.pool.drain()

    def record_loss(self, error: psycopg.Error) -> None:
        """Remember whether the error is the end of the connection."""
        is_closed = self.connection is not None and self.connection.closed
        if is_closed or (error.sqlstate or "").startswith(SHUTDOWN):
            self.is_lost = True

    @property
    def is_unreachable(self) -> bool:
        """Whether the server could not be reached, as far as this thread knows."""
        return self.is_lost or self.circuit_breaker.is_open


def count_failures(pool: ConnectionPool) -> int:
    """Return how many connections have failed or were found dead so far."""
    statistics = pool.get_stats()
    return statistics.get("connections_errors", 0) + statistics.get(
        "connections_lost", 0
    )
