"""How far a replica must have come before a person may read from it.

The shared cache holds, for each person, a position in the primary's log: all that the
person has stored lies before it. A replica that has replayed the log up to there holds
it too. All of the person's devices use the same position.
"""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection

POSITION = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
PAGE_SIZE = 8192  # bytes of the log
PAGE_HEADER_SIZES = (24, 40)


def record(user_id: int) -> None:
    """Store the current position for this person, who has just stored something.

    If it cannot be read, the person reads nothing from a replica until the next time.
    """
    try:
        position = read_current()
    except Error:
        get_shared_cache().delete(get_key(user_id))
        return
    if position > (read(user_id) or 0):  # not if a later request was faster
        timeout = settings.SESSION_COOKIE_AGE
        get_shared_cache().set(get_key(user_id), position, timeout)


def read_current() -> int:
    """Return where the primary's log ends.

    If that is at the end of a page, PostgreSQL returns where the next page goes on
    after its header. A replica gets there only when something more is written.
    """
    with connection.cursor() as cursor:
        cursor.execute(POSITION)
        position: int = cursor.fetchone()[0]
    offset = position % PAGE_SIZE
    return position - offset if offset in PAGE_HEADER_SIZES else position


def read(user_id: int) -> int | None:
    """Return the person's position, or None if it is unknown."""
    position: int | None = get_shared_cache().get(get_key(user_id))
    return position


def get_key(user_id: int) -> str:
    return f"replica_position:{user_id}"


def get_shared_cache() -> Any:
    """Return the cache without its local fallback, which other processes cannot see."""
    return getattr(cache, "shared", cache)
