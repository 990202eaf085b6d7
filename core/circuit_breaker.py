"""Stop calling a service for a while after it has failed."""

import time
from threading import Lock

import structlog

log = structlog.get_logger("cairn.core")


class CircuitBreaker:
    """Decides whether this process may call the service `name`.

    It opens when the service fails. While it is open, it allows one attempt every
    `retry_interval` seconds. The first success closes it.
    """

    def __init__(self, name: str, retry_interval: float) -> None:
        self.name = name
        self.retry_interval = retry_interval
        self.is_open = False
        self._next_attempt = 0.0
        self._lock = Lock()

    @property
    def is_waiting(self) -> bool:
        """Whether an attempt would fail at once."""
        return self.is_open and time.monotonic() < self._next_attempt

    def allows_attempt(self) -> bool:
        if not self.is_open:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._next_attempt:
                return False
            self._next_attempt = now + self.retry_interval
            return True

    def record_success(self) -> None:
        if self.is_open:
            with self._lock:
                was_open, self.is_open = self.is_open, False
            if was_open:
                log.info(f"{self.name}_is_back")

    def record_failure(self, error: Exception) -> None:
        with self._lock:
            was_open, self.is_open = self.is_open, True
            self._next_attempt = time.monotonic() + self.retry_interval
        if not was_open:
            log.warning(f"{self.name}_is_away", error=type(error).__name__)
