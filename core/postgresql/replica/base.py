"""The database backend of the replica."""

from typing import Any

import psycopg

from core.circuit_breaker import CircuitBreaker
from core.postgresql import base

POSITION = """
SELECT pg_is_in_recovery(), pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint
"""


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes the place of the connection `default`, with its alias but its own pool."""

    _connection_pools: dict[str, Any] = {}
    circuit_breaker = CircuitBreaker("replica", base.RETRY_INTERVAL)
    is_replica = True

    def abandon_connection(self, error: psycopg.Error) -> None:
        """Keep the connection: a replica is always read-only."""

    def read_position(self) -> int | None:
        """Return the byte of the primary's log up to which the replica has replayed it.

        Return None, and close the connections, if the server is not a standby.
        """
        with self.cursor() as cursor:
            cursor.execute(POSITION)
            is_standby, position = cursor.fetchone()
        if is_standby:
            return int(position)
        self.connection.close()
        if self.pool:
            self.pool.drain()
        return None
