"""Long writes in many short transactions, which requests hardly wait for."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db import OperationalError, connection
from psycopg import errors

from core.postgresql.pool import without_limits

EVERYBODY = 2**63 - 1  # the largest id that can be
# A batch that waits for one lock holds all others that it has.
LOCK_TIMEOUT = 200  # milliseconds
PAUSE = 0.2  # seconds
MAX_ATTEMPTS = 1_000
BUSY = (errors.LockNotAvailable, errors.DeadlockDetected)


def run_batch(write_batch: Callable[[], None]) -> None:
    """Write the batch in a transaction. If somebody else holds a lock that it needs,
    roll it back, and try again after a pause.
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
