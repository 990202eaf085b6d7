"""How far a replica must have replayed the log before a person may read from it.

For each person, the shared cache has a position in the primary's log. Everything that
the person has stored is before this position, so a replica that has replayed the log up
to there has it too. All of the person's devices use the same position.
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

    If the position cannot be read, delete the old one: the person then reads nothing
    from a replica until their next change.
    """
    try:
        position = read_current()
    except Error:
        get_shared_cache().delete(get_key(user_id))
        return
    if position > (read(user_id) or 0):  # unless a later request was faster
        timeout = settings.SESSION_COOKIE_AGE
        get_shared_cache().set(get_key(user_id), position, timeout)


def read_current() -> int:
    """Return the end of the primary's log.

    If the log ends at the end of a page, PostgreSQL returns the position after the
    header of the next page. A replica reaches that only after something more is
    written.
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
