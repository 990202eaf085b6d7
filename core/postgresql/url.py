"""Parse DATABASE_URL."""

import re
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

EXAMPLE = "postgres://cairn:password@db.example.org:5432/cairn"


def parse(url: str) -> dict[str, Any]:
    """Return one of `settings.DATABASES`.

    Raises ValueError with advice that does not contain the password.
    """
    scheme = url.partition("://")[0]
    if scheme not in ("postgres", "postgresql"):
        raise ValueError(f"must be the URL of a PostgreSQL database, such as {EXAMPLE}")
    if has_unencoded_password(url):
        raise ValueError(
            "cannot be parsed; write special characters in the password as %XX, such "
            f"as %40 for @ and %2F for /, in {EXAMPLE}"
        )
    try:
        database = dj_database_url.parse(
            url, engine="core.postgresql", conn_max_age=600, conn_health_checks=True
        )
    except ValueError:
        raise ValueError(
            f"cannot be parsed; it must be one URL, such as {EXAMPLE}. Several hosts "
            "are written as postgres://cairn:password@/cairn?host=a,b&port=5432,5432"
        ) from None
    if not database["NAME"]:
        raise ValueError(f"has no database name; add one at the end, as in {EXAMPLE}")
    return dict(database)


def has_unencoded_password(url: str) -> bool:
    """Return whether a character in the password has cut the URL in the wrong place."""
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket
        return True
    return (
        parts.netloc.count("@") > 1
        or bool(parts.fragment)
        or "@" in parts.path + parts.query
        or "/" in parts.path[1:]
        or bool(re.search(r"%(?![0-9A-Fa-f]{2})", parts.netloc))
    )
