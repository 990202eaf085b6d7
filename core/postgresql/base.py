"""Django's PostgreSQL backend, which fails fast while the database is away."""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolTimeout

from core.circuit_breaker import CircuitBreaker

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


def failed_connects(pool: ConnectionPool) -> int:
    """How many attempts of the pool to connect have failed so far."""
    return pool.get_stats().get("connections_errors", 0)
