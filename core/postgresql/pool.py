"""Connections that limit how long a web process waits for the database."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Self

import psycopg
from django.db import connection as django_connection
from django.db import transaction
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

from core.postgresql.hosts import Host, find_host, order_hosts

RESPONSE_TIMEOUT = 5.0  # seconds that the server may take to answer a query
IDLE_TRANSACTION_TIMEOUT = 2 * RESPONSE_TIMEOUT
# Less than POOL_TIMEOUT, to leave time for a connection to another host.
CHECK_TIMEOUT = 1.0  # seconds that it may take to answer a check


class Connection(psycopg.Connection[Any]):
    """A connection that closes itself when the server does not answer in time.

    `statement_timeout` runs on the server, and `tcp_user_timeout` notices a lost
    network but not a server or proxy that hangs. So the client needs its own limit.
    """

    response_timeout = RESPONSE_TIMEOUT

    host: Host | None = None

    @classmethod
    def connect(cls, conninfo: str = "", **parameters: Any) -> Self:
        connection = super().connect(conninfo, **order_hosts(parameters))
        info = connection.info
        connection.host = find_host(parameters, info.host, info.port)
        connection.host.prefer()
        return connection

    def wait[T](
        self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None
    ) -> T:
        """Raise OperationalError after `timeout` or `response_timeout` seconds."""
        limit = self.response_timeout if timeout is None else timeout
        try:
            return super().wait(gen, interval, limit)
        except psycopg.OperationalError:
            if self.info.transaction_status == TransactionStatus.ACTIVE:
                # The server has not answered, and would not answer a rollback either.
                self.close()
                if self.host:
                    self.host.avoid()
            raise

    @contextmanager
    def use_response_timeout(self, seconds: float) -> Iterator[None]:
        previous, self.response_timeout = self.response_timeout, seconds
        try:
            yield
        finally:
            self.response_timeout = previous


def check_connection(connection: Connection, query: str = "") -> Any:
    """Return the first row. Raise OperationalError when the connection is dead.

    The pool is then drained: its other connections are probably dead too, and requests
    would wait while each of them is checked.
    """
    try:
        with connection.use_response_timeout(CHECK_TIMEOUT):
            connection.autocommit = True  # so that no transaction stays open
            cursor = connection.execute(query, prepare=False)
            return cursor.fetchone() if query else None
    except psycopg.OperationalError:
        drain_pool()
        raise


def check_primary(connection: Connection) -> None:
    """Raise OperationalError when the connection is dead or leads to a standby.

    A pooler keeps its clients' connections while a standby takes the primary's place.
    """
    if check_connection(connection, "SHOW transaction_read_only") == ("on",):
        connection.close()
        drain_pool()
        raise psycopg.OperationalError("The server is read-only.")


def drain_pool() -> None:
    django_connection.pool.drain()  # type: ignore[attr-defined]


@contextmanager
def statement_timeout(seconds: int) -> Iterator[None]:
    """Allow each query in the block to take `seconds`, in one transaction.

    For the few queries that read the rows of all users.
    """
    with transaction.atomic(), django_connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{seconds}s'")
        connection = django_connection.connection
        with (
            connection.use_response_timeout(seconds + 1.0)
            if isinstance(connection, Connection)
            else nullcontext()  # a command's connection has no limit
        ):
            yield


@contextmanager
def without_limits() -> Iterator[None]:
    """Let each query in the block take as long as it needs, in one transaction.

    For tasks. Behind a pooler, the database's role limits their queries too. If the
    task's host is gone, the server ends the transaction as it does a request's.
    """
    idle = f"'{IDLE_TRANSACTION_TIMEOUT}s'"
    with transaction.atomic(), django_connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = {idle}")
        yield
