"""Django's PostgreSQL backend, which fails fast while the database is away."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg
from django.db import transaction
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolTimeout

from core.circuit_breaker import CircuitBreaker
from core.postgresql.pool import Connection

RETRY_INTERVAL = 1.0  # seconds between attempts to reach a database that is away

circuit_breaker = CircuitBreaker("database", RETRY_INTERVAL)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raise OperationalError at once while the circuit breaker is open."""
        if not self.pool:
            return super().get_new_connection(conn_params)
        if not circuit_breaker.allows_attempt():
            raise psycopg.OperationalError("The database is known to be away.")
        failures = failed_connects(self.pool)
        try:
            connection = super().get_new_connection(conn_params)
        except PoolTimeout as error:
            # Without a failed attempt, every connection is merely in use.
            if failed_connects(self.pool) > failures:
                circuit_breaker.record_failure(error)
            raise
        circuit_breaker.record_success()
        return connection

    @contextmanager
    def statement_timeout(self, seconds: int) -> Iterator[None]:
        """Allow each query of the block `seconds`, in one transaction.

        For the few queries that read everybody's rows.
        """
        with transaction.atomic(using=self.alias), self.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{seconds}s'")
            # The server's limit comes first. Commands have a plain connection.
            with (
                self.connection.use_response_timeout(seconds + 1.0)
                if isinstance(self.connection, Connection)
                else nullcontext()
            ):
                yield


def failed_connects(pool: ConnectionPool) -> int:
    """How many attempts of the pool to connect have failed so far."""
    return pool.get_stats().get("connections_errors", 0)
