"""The database backend of the replica."""

from typing import Any

import psycopg

from core.circuit_breaker import CircuitBreaker
from core.postgresql import base

POSITION = """
SELECT pg_is_in_recovery(), pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint
"""


class DatabaseWrapper(base.DatabaseWrapper):
    """It takes the place of the connection `default`, so it has that alias as well, but
    its own pool.
    """

    _connection_pools: dict[str, Any] = {}
    circuit_breaker = CircuitBreaker("replica", base.RETRY_INTERVAL)
    is_replica = True

    def abandon_connection(self, error: psycopg.Error) -> None:
        """Keep the connection: a replica is always read-only."""

    def read_position(self) -> int | None:
        """Return up to which byte of the primary's log the replica has replayed it.

        None if the server is no standby, or no longer. Its connections are then closed.
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
