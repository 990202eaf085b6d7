"""How far a replica must have replayed the log before a person may read from it.

The shared cache has positions in the primary's log. Everything that a person has stored
from any device is before that person's position. Changes that may concern others, such
as a sign-out or what mentors may see, are before the site's position. A replica that
has replayed the log up to both has all of this too.
"""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection

POSITION = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
PAGE_SIZE = 8192  # bytes of the log
PAGE_HEADER_SIZES = (24, 40)
SITE = "site"


def record(owners: set[str]) -> None:
    """Store the current position for these owners: ids of people, or SITE.

    If the position cannot be read, delete the old ones: these people, or everybody if
    it is the site's, then read nothing from a replica until the next change.
    """
    cache = get_shared_cache()
    keys = {get_key(owner) for owner in owners}
    try:
        position = read_current()
    except Error:
        cache.delete_many(keys)
        return
    stored = cache.get_many({*keys, get_key(SITE)})
    # A later request may have been faster.
    earlier = {key for key in keys if stored.get(key, 0) < position}
    if get_key(SITE) not in stored:  # all changes so far lie before this position
        earlier.add(get_key(SITE))
    cache.set_many(dict.fromkeys(earlier, position), settings.SESSION_COOKIE_AGE)


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


def read_required(user_id: str) -> int | None:
    """Return how far a replica must have come for this person, or None if unknown."""
    keys = [get_key(user_id), get_key(SITE)]
    positions: dict[str, int] = get_shared_cache().get_many(keys)
    return max(positions.values()) if len(positions) == len(keys) else None


def get_key(owner: str) -> str:
    return f"replica_position:{owner}"


def get_shared_cache() -> Any:
    """Return the cache without its local fallback, which other processes cannot see."""
    return getattr(cache, "shared", cache)
