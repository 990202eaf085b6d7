"""Leaving alone, for a while, what is known to be away."""

import time
from threading import Lock

import structlog

log = structlog.get_logger("cairn.config")


class CircuitBreaker:
    """Whether `name` answers, as this process knows. While it does not, one call in
    `pause` seconds may try; the others do without it at once.
    """

    def __init__(self, name: str, pause: float) -> None:
        self.name = name
        self.pause = pause
        self.is_away = False
        self._next_try = 0.0
        self._lock = Lock()

    def may_try(self) -> bool:
        if not self.is_away:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._next_try:
                return False
            self._next_try = now + self.pause
            return True

    def answered(self) -> None:
        if self.is_away:
            with self._lock:
                came_back, self.is_away = self.is_away, False
            if came_back:
                log.info(f"{self.name}_is_back")

    def failed(self, error: Exception) -> None:
        with self._lock:
            went_away, self.is_away = not self.is_away, True
            self._next_try = time.monotonic() + self.pause
        if went_away:
            log.warning(f"{self.name}_is_away", error=type(error).__name__)
