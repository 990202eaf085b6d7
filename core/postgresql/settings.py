"""Database settings of web processes."""

from typing import Any

from core.postgresql.pool import RESPONSE_TIMEOUT, Connection, check_connection

# Seconds. A request can wait for a connection and then for a lock.
POOL_TIMEOUT = 1.6  # for a free connection
LOCK_TIMEOUT = 1.0  # for a row or a table that another transaction has locked
STATEMENT_TIMEOUT = 4.0  # for a query, until the server cancels it
IDLE_TRANSACTION_TIMEOUT = 2 * RESPONSE_TIMEOUT


def use_prepared_statements(database: Any) -> None:
    """Let PostgreSQL plan each statement once per connection, not each time.

    Only for processes that run no migrations: DDL accepts no server-side parameters.
    """
    database["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 0}


def configure_for_web(database: Any, pool_size: int) -> None:
    """Give `database`, one of `settings.DATABASES`, a pool and limits on every wait.

    Only for web processes. Commands keep their settings: a migration may take long.
    """
    use_prepared_statements(database)
    database["CONN_MAX_AGE"] = 0  # Django requires it with a pool
    options = database["OPTIONS"]
    if not database.get("DISABLE_SERVER_SIDE_CURSORS"):  # poolers refuse options
        timeouts = {
            "statement_timeout": STATEMENT_TIMEOUT,
            "lock_timeout": LOCK_TIMEOUT,
            "idle_in_transaction_session_timeout": IDLE_TRANSACTION_TIMEOUT,
        }
        flags = [f"-c {key}={seconds * 1000:.0f}" for key, seconds in timeouts.items()]
        options["options"] = " ".join([*flags, options.get("options", "")]).strip()
    options["pool"] = {
        "min_size": 1,
        "max_size": pool_size,
        "timeout": POOL_TIMEOUT,
        "max_idle": 5 * 60.0,
        "reconnect_timeout": 2.0,  # the next request starts another attempt
        "connection_class": Connection,
        "check": check_connection,
    }
