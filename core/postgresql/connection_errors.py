"""Explain to operators, in one line, why Cairn cannot use its database."""

from typing import Any

import psycopg
from django.db import DatabaseError, NotSupportedError


def explain(error: DatabaseError, database: dict[str, Any]) -> str | None:
    """Return what was tried, what the server said and what to do, without the password.

    `database` is one of `settings.DATABASES`. Return None for any other error.
    """
    cause = error.__cause__
    if isinstance(error, NotSupportedError) and cause is None:
        reason = str(error)  # Django's own, about the version of the server
        advice = "Upgrade the server."
    elif isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None:
        # libpq's errors have no code, unlike those of a connected server.
        reason = "; ".join(line.strip() for line in str(cause).splitlines())
        advice = (
            "Check DATABASE_URL and the server. In the URL, special characters of the "
            "password are written as %XX, such as %40 for @."
        )
    else:
        return None
    end = "" if reason.endswith((".", "?")) else "."
    return f"cannot use {describe(database)}: {reason}{end} {advice}"


def describe(database: dict[str, Any]) -> str:
    options = database.get("OPTIONS", {})
    hosts = str(database["HOST"] or options.get("host", "localhost")).split(",")
    ports = str(database["PORT"] or options.get("port", 5432)).split(",")
    servers = ", ".join(
        f"{host}:{port}" for host, port in zip(hosts, ports * len(hosts), strict=False)
    )
    return f"database {database['NAME']} at {servers} as user {database['USER']}"
