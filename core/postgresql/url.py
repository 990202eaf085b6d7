"""Parse DATABASE_URL and DATABASE_REPLICA_URL."""

import re
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

EXAMPLE = "postgres://cairn:password@db.example.org:5432/cairn"
HOSTS_EXAMPLE = (
    "postgres://cairn:password@/cairn?host=a,b&port=5432,5432"
    "&target_session_attrs=read-write"
)


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
            f"are written as {HOSTS_EXAMPLE}"
        ) from None
    if not database["NAME"]:
        raise ValueError(f"has no database name; add one at the end, as in {EXAMPLE}")
    check_hosts(database.get("OPTIONS", {}))
    return dict(database)


def check_hosts(options: dict[str, Any]) -> None:
    """Raise ValueError if several hosts cannot work together."""
    hosts = str(options.get("host", "")).split(",")
    ports = str(options.get("port", "")).split(",")
    if len(hosts) == 1:
        return
    if len(ports) not in (1, len(hosts)):
        raise ValueError(
            f"names {len(hosts)} hosts but {len(ports)} ports; write one port for all "
            f"hosts or one for each, as in {HOSTS_EXAMPLE}"
        )
    if not options.get("target_session_attrs"):
        raise ValueError(
            "names several hosts, of which only one accepts changes; add "
            f"target_session_attrs, as in {HOSTS_EXAMPLE}"
        )


def parse_replica(url: str) -> dict[str, Any]:
    """Return the settings of the database that DATABASE_REPLICA_URL leads to.

    Its connections cannot write, and lead only to a standby unless the URL says
    otherwise. Raises ValueError like `parse`.
    """
    has_attributes = "target_session_attrs=" in url
    separator = "&" if "?" in url else "?"
    suffix = "" if has_attributes else f"{separator}target_session_attrs=standby"
    database = parse(url + suffix)
    database["ENGINE"] = "core.postgresql.replica"
    options = database["OPTIONS"]
    read_only = "-c default_transaction_read_only=on"
    options["options"] = f"{read_only} {options.get('options', '')}".strip()
    return database


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
