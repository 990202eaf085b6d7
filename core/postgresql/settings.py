"""Database settings: those of every process, and those of web processes."""

from typing import Any

from core.postgresql.pool import (
    IDLE_TRANSACTION_TIMEOUT,
    Connection,
    check_connection,
    check_primary,
)

# Seconds. A request can wait for a connection and then for a lock.
POOL_TIMEOUT = 1.6  # for a free connection
LOCK_TIMEOUT = 1.0  # for a row or a table that another transaction has locked
STATEMENT_TIMEOUT = 4.0  # for a query, until the server cancels it
# A request has already waited for the primary when it tries the replica.
REPLICA_POOL_TIMEOUT = 1.0
REPLICA_STATEMENT_TIMEOUT = 2.0

CONNECT_TIMEOUTS = {
    "connect_timeout": 3,  # seconds for each host
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}


def configure(database: Any, *, is_pooled: bool) -> None:
    """Limit how long `database`, one of `settings.DATABASES`, may take to connect."""
    options = database.setdefault("OPTIONS", {})
    options |= CONNECT_TIMEOUTS
    if "," in str(options.get("host", "")):
        options["connect_timeout"] = 2  # the minimum of libpq and psycopg
    # Behind a pooler in transaction mode, a server-side cursor ends with its
    # transaction.
    database["DISABLE_SERVER_SIDE_CURSORS"] = is_pooled


def use_prepared_statements(database: Any) -> None:
    """Let PostgreSQL plan each statement once per connection, not each time.

    Only for processes that run no migrations: DDL accepts no server-side parameters.
    """
    database["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 0}


def configure_for_web(database: Any, pool_size: int) -> None:
    """Give `database`, one of `settings.DATABASES`, a pool and limits on every wait.

    Only for web processes. Commands keep their settings: a migration may take long.
    """
    options = database["OPTIONS"]
    is_primary = options.get("target_session_attrs") in ("read-write", "primary")
    add_pool(
        database,
        pool_size,
        timeout=POOL_TIMEOUT,
        check=check_primary if is_primary else check_connection,
    )
    if not database.get("DISABLE_SERVER_SIDE_CURSORS"):  # poolers refuse options
        add_timeouts(
            database,
            statement_timeout=STATEMENT_TIMEOUT,
            lock_timeout=LOCK_TIMEOUT,
            idle_in_transaction_session_timeout=IDLE_TRANSACTION_TIMEOUT,
        )


def configure_replica_for_web(database: Any, pool_size: int) -> None:
    """Do the same for DATABASE_REPLICA_URL, which Cairn only reads from."""
    add_pool(database, pool_size, timeout=REPLICA_POOL_TIMEOUT, check=check_connection)
    add_timeouts(database, statement_timeout=REPLICA_STATEMENT_TIMEOUT)


def add_pool(database: Any, size: int, **pool_options: Any) -> None:
    use_prepared_statements(database)
    database["CONN_MAX_AGE"] = 0  # Django requires it with a pool
    database["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": size,
        "max_idle": 5 * 60.0,
        "reconnect_timeout": 2.0,  # the next request starts another attempt
        "connection_class": Connection,
        **pool_options,
    }


def add_timeouts(database: Any, **seconds: float) -> None:
    """Let the server apply these timeouts to each connection."""
    options = database["OPTIONS"]
    flags = [f"-c {name}={value * 1000:.0f}" for name, value in seconds.items()]
    options["options"] = " ".join([*flags, options.get("options", "")]).strip()
