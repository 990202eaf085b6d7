"""The responses that people got, and checks of them. Nothing here runs anything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import NamedTuple

FOUND, OK, UNAVAILABLE = "302", "200", "503"
type Key = tuple[int, int]  # a person and a step


class CannotRunError(Exception):
    """This machine lacks something that the fault needs."""


class Answer(NamedTuple):
    begun: float  # on the monotonic clock, as `took` in seconds
    took: float
    answer: str  # a status, or why there was none
    retry_after: str

    @property
    def ended(self) -> float:
        return self.begun + self.took

    @property
    def is_success(self) -> bool:
        return self.answer in (FOUND, OK)

    @property
    def is_success_or_503(self) -> bool:
        """Success, or 503 with Retry-After."""
        return self.is_success or (
            self.answer == UNAVAILABLE and bool(self.retry_after)
        )


class Check(NamedTuple):
    text: str  # what was measured
    holds: bool


class Ledger:
    """The state last acknowledged for each person and step, and those sent since."""

    def __init__(self) -> None:
        self.states: dict[Key, str] = {}
        self.pending: dict[Key, set[str]] = defaultdict(set)
        self.acknowledged = 0  # ticks
        self._lock = Lock()

    def request(self, key: Key, state: str) -> None:
        with self._lock:
            self.pending[key].add(state)

    def acknowledge(self, key: Key, state: str) -> None:
        with self._lock:
            self.states[key] = state
            self.pending[key].clear()
            self.acknowledged += 1

    def lost(self, stored: Iterable[tuple[int, int, str]]) -> list[Key]:
        """Where neither the acknowledged state nor one sent since is stored."""
        states = {(person, step): state for person, step, state in stored}
        return [
            key
            for key, state in self.states.items()
            if states.get(key, "none") not in {state, *self.pending[key]}
        ]


def duplicates(stored: Iterable[tuple[int, int, str]]) -> list[Key]:
    counted = Counter((person, step) for person, step, _ in stored)
    return [key for key, rows in counted.items() if rows > 1]


def ticks_stored(ledger: Ledger, stored: Sequence[tuple[int, int, str]]) -> Check:
    lost, twice = ledger.lost(stored), duplicates(stored)
    text = f"{ledger.acknowledged} ticks acknowledged, {len(lost)} lost"
    return Check(f"{text}, {len(twice)} doubled", not lost and not twice)


def only_served_or_503(answers: Sequence[Answer]) -> Check:
    """Check that every answer is a success, or 503 with Retry-After."""
    unexpected = Counter(one.answer for one in answers if not one.is_success_or_503)
    away = sum(one.answer == UNAVAILABLE for one in answers)
    text = f"{len(answers)} answers, {away} of them 503 with Retry-After"
    if unexpected:
        text += ", and " + ", ".join(
            f"{n} times {what}" for what, n in unexpected.items()
        )
    return Check(text, bool(answers) and not unexpected)


def responds_within(limit: float, answers: Sequence[Answer], what: str) -> Check:
    """Check that there are answers, and that none took longer than `limit` seconds."""
    longest = max((one.took for one in answers), default=0.0)
    text = f"{what} after {longest:.1f} s at the most" if answers else f"no {what}"
    return Check(text, bool(answers) and longest <= limit)


def recovers_within(limit: float, answers: Iterable[Answer], back: float) -> Check:
    """Check that a tick was acknowledged within `limit` seconds of `back`."""
    ends = [one.ended for one in answers if one.answer == FOUND]
    first = min((end - back for end in ends if end >= back), default=float("inf"))
    return Check(f"first tick {first:.1f} s after it was back", first <= limit)


def no_failures_since(answers: Iterable[Answer], since: float) -> Check:
    """Check that every request after `since` succeeded."""
    later = [one for one in answers if one.begun >= since]
    failed = sum(not one.is_success for one in later)
    text = f"{failed} of {len(later)} failed once it was over"
    return Check(text, bool(later) and not failed)


def longest_failure_run(history: Iterable[Answer]) -> int:
    """The most failures in a row that one person got."""
    most = run = 0
    for one in history:
        run = 0 if one.is_success else run + 1
        most = max(most, run)
    return most
