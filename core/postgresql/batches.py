"""Write many rows in short transactions, so that requests hardly wait for locks."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db import OperationalError, connection
from psycopg import errors

from core.postgresql.pool import without_limits

EVERYBODY = 2**63 - 1  # the largest possible id
# While a batch waits for a lock, others wait for the locks that it already has.
LOCK_TIMEOUT = 200  # milliseconds
PAUSE = 0.2  # seconds
MAX_ATTEMPTS = 1_000
TASK_DURATION = 5.0  # seconds, after which a task queues another one for the rest
BUSY = (errors.LockNotAvailable, errors.DeadlockDetected)


def run_batch(write_batch: Callable[[], None]) -> None:
    """Write the batch in a transaction. If another transaction holds a lock that it
    needs, roll back, and try again after a pause.
    """
    for attempts_left in reversed(range(MAX_ATTEMPTS)):
        try:
            with without_limits():
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT}")
                write_batch()
            return
        except OperationalError as error:
            if not (attempts_left and isinstance(error.__cause__, BUSY)):
                raise
        time.sleep(PAUSE)
