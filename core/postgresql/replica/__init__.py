"""Read pages from a standby while the primary cannot be reached.

This package is also the database backend of DATABASE_REPLICA_URL.
"""

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.utils import ConnectionHandler

if TYPE_CHECKING:
    from core.postgresql.replica.base import DatabaseWrapper


@cache
def get_connections() -> ConnectionHandler:
    return ConnectionHandler({DEFAULT_DB_ALIAS: settings.DATABASE_REPLICA})


def get_replica() -> "DatabaseWrapper":
    """Return this thread's connection to the replica."""
    return get_connections()[DEFAULT_DB_ALIAS]  # type: ignore[return-value]


def is_reading_replica() -> bool:
    """Return whether this thread reads from the replica at the moment.

    A page must then store nothing, not even when the person was last seen.
    """
    return bool(connection.is_replica)  # type: ignore[attr-defined]
