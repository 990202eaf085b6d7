"""Django's PostgreSQL backend, which fails fast while the database is unavailable."""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolTimeout

from core.circuit_breaker import CircuitBreaker

RETRY_INTERVAL = 1.0  # seconds between attempts during an outage

circuit_breaker = CircuitBreaker("database", RETRY_INTERVAL)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raise OperationalError at once while the circuit breaker is open."""
        if not self.pool:
            return super().get_new_connection(conn_params)
        if not circuit_breaker.allows_attempt():
            raise psycopg.OperationalError(
                "The circuit breaker of the database is open."
            )
        failures = count_failed_connects(self.pool)
        try:
            connection = super().get_new_connection(conn_params)
        except PoolTimeout as error:
            # If no attempt to connect failed, all connections are in use.
            if count_failed_connects(self.pool) > failures:
                circuit_breaker.record_failure(error)
            raise
        circuit_breaker.record_success()
        return connection


def count_failed_connects(pool: ConnectionPool) -> int:
    """Return how many of the pool's attempts to connect have failed so far."""
    return pool.get_stats().get("connections_errors", 0)
