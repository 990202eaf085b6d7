"""The connections of web processes: checked, pooled, and never waited on for long."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

RESPONSE_TIMEOUT = 5.0  # seconds that the server may take to answer a query
CHECK_TIMEOUT = 1.5  # seconds that it may take to answer a check


class Connection(psycopg.Connection[Any]):
    """A connection that closes itself when the server does not answer in time.

    `statement_timeout` runs on the server, and TCP notices a lost network but not a
    server or proxy that hangs. Only the client can limit its own wait.
    """

    response_timeout = RESPONSE_TIMEOUT

    def wait[T](
        self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None
    ) -> T:
        """Raise OperationalError after `timeout` or `response_timeout` seconds."""
        if timeout is None:
            timeout = self.response_timeout
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.OperationalError:
            if self.info.transaction_status == TransactionStatus.ACTIVE:
                # The query is unanswered. A rollback would have to wait as well.
                self.close()
            raise

    @contextmanager
    def use_response_timeout(self, seconds: float) -> Iterator[None]:
        previous, self.response_timeout = self.response_timeout, seconds
        try:
            yield
        finally:
            self.response_timeout = previous


def check_connection(connection: Connection) -> None:
    """Raise OperationalError when the connection is dead.

    Its pool is then drained: the other connections are probably dead too, and finding
    that out one by one would make requests wait.
    """
    try:
        with connection.use_response_timeout(CHECK_TIMEOUT):
            if not connection.autocommit:
                connection.autocommit = True
            connection.execute("", prepare=False)
    except psycopg.OperationalError:
        connections[DEFAULT_DB_ALIAS].pool.drain()  # type: ignore[attr-defined]
        raise
