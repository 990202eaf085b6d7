"""Django's PostgreSQL, with an end to every wait of a web process."""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Self

import psycopg
from django.db import transaction
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolTimeout

from core.circuit_breaker import CircuitBreaker

# Seconds. Who waits for a connection and then for a lock waits for both.
POOL_PATIENCE = 1.6  # for a connection of the pool
LOCK_PATIENCE = 1.0  # for a row or a table that another holds
QUERY_PATIENCE = 4.0  # until the server cancels a query
SILENCE = 5.0  # until a server that says nothing counts as away
PAUSE = 1.0  # between two tries to reach one that is away

breaker = CircuitBreaker("database", PAUSE)


class Impatient(psycopg.Connection[Any]):
    """A connection that is given up when the server says nothing: a network that
    swallows what it is sent ends no query by itself, nor does a statement_timeout that
    lies behind it.
    """

    silence = 1.5  # seconds

    def wait[Answer](
        self,
        gen: Generator[Any, Any, Answer],
        interval: float = 0.1,
        timeout: float | None = None,
    ) -> Answer:
        try:
            answer = super().wait(gen, interval, timeout or self.silence)
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()
            self.given_up(error)
            raise
        self.answered()
        return answer

    def answered(self) -> None:
        """Called when the server has answered; by itself it does nothing."""

    def given_up(self, error: psycopg.Error) -> None:
        """Called when it said nothing for too long; by itself it does nothing."""


class Connection(Impatient):
    """One of the pool."""

    silence = SILENCE
    can_connect = True  # what came of the last try
    drained_at = 0.0
    answered_at = 0.0  # any of them, as time.monotonic() counts

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.made_at = time.monotonic()

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
        try:
            connection = super().connect(conninfo, **kwargs)
        except psycopg.OperationalError:
            Connection.can_connect = False
            raise
        Connection.can_connect = True
        return connection

    def answered(self) -> None:
        Connection.answered_at = time.monotonic()

    def given_up(self, error: psycopg.Error) -> None:
        # Where one is silent and its fellows are not, the machine has too much to do.
        if time.monotonic() - Connection.answered_at > self.silence:
            breaker.failed(error)

    def check(self) -> None:
        """Raise an error when it is dead. So may be its fellows in the pool, each of
        which would cost somebody a try: they are dropped with it.
        """
        threshold = self.prepare_threshold
        try:
            self.silence = Impatient.silence
            self.prepare_threshold = None  # else it is prepared each time, in vain
            ConnectionPool.check_connection(self)
            self.silence = SILENCE
            self.prepare_threshold = threshold
        except psycopg.OperationalError:
            if self.made_at > Connection.drained_at:
                Connection.drained_at = time.monotonic()
                self._pool.drain()  # type: ignore[union-attr]
            raise


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.pool:
            return super().get_new_connection(conn_params)
        if not breaker.may_try():
            raise psycopg.OperationalError("The database is known to be away.")
        try:
            connection = super().get_new_connection(conn_params)
        except PoolTimeout as error:
            if not Connection.can_connect:  # else it is busy, not away
                breaker.failed(error)
            raise
        breaker.answered()
        return connection

    @contextmanager
    def patiently(self, seconds: int) -> Iterator[None]:
        """Let each query of the block take up to so many seconds, all of them in one
        transaction: for what few people ask, of everybody's rows.
        """
        with transaction.atomic(using=self.alias), self.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{seconds}s'")
            own = self.connection
            if not isinstance(own, Impatient):
                yield
                return
            own.silence = seconds + 1.0
            try:
                yield
            finally:
                own.silence = type(own).silence


def plan_once(database: Any) -> None:
    """Let PostgreSQL plan each statement once a connection, not each time: it then gets
    the values apart from the statement. Migrations cannot send theirs so.
    """
    database["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 0}


def hold_to_limits(database: Any, pool_size: int) -> None:
    """Make `database`, of the settings, one for web processes: none waits for long.

    Commands keep what they have, since a migration may take its time.
    """
    plan_once(database)
    database["CONN_MAX_AGE"] = 0  # the pool keeps them
    options = database["OPTIONS"]
    limits = {
        "statement_timeout": QUERY_PATIENCE,
        "lock_timeout": LOCK_PATIENCE,
        "idle_in_transaction_session_timeout": 2 * SILENCE,
    }
    given = options.get("options", "")
    set_ = [f"-c {name}={seconds * 1000:.0f}" for name, seconds in limits.items()]
    options["options"] = " ".join([*set_, given]).strip()
    options["pool"] = {
        "min_size": 1,
        "max_size": pool_size,
        "timeout": POOL_PATIENCE,
        "max_idle": 5 * 60.0,
        "reconnect_timeout": 2.0,  # who asks next makes it try again
        "connection_class": Connection,
        "check": Connection.check,
    }
