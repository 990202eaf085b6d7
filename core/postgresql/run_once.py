"""A lock that keeps a command from running twice at a time, also on two machines."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from zlib import crc32

from django.db import DEFAULT_DB_ALIAS, connections


class AlreadyRunningError(Exception):
    """Another process is in the block."""


@contextmanager
def run_once(name: str) -> Iterator[None]:
    """Raise AlreadyRunningError if another process is in a block of this name.

    The lock ends with its connection, so a process that dies leaves no lock. It has a
    separate connection with an open transaction, because a pooler may give the
    connection to somebody else after the transaction. An idle transaction like this one
    does not hold back vacuum.
    """
    with closing(connections.create_connection(DEFAULT_DB_ALIAS)) as own:
        own.set_autocommit(False)
        with own.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            key = crc32(name.encode())
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key])
            if not cursor.fetchone()[0]:
                raise AlreadyRunningError
        yield
