"""What people were answered, and what that says. Nothing here runs anything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import NamedTuple

TICKED, SHOWN, AWAY = "302", "200", "503"
type Key = tuple[int, int]  # a person and a step


class CannotRunError(Exception):
    """This machine lacks what the fault needs."""


class Answer(NamedTuple):
    begun: float  # on the monotonic clock, as `took` in seconds
    took: float
    answer: str  # a status, or why there was none
    retry_after: str

    @property
    def ended(self) -> float:
        return self.begun + self.took

    @property
    def is_well(self) -> bool:
        return self.answer in (TICKED, SHOWN)

    @property
    def is_honest(self) -> bool:
        """Done, or said to be for later."""
        return self.is_well or (self.answer == AWAY and bool(self.retry_after))


class Check(NamedTuple):
    said: str  # what was measured
    holds: bool


class Book:
    """What each person was told of each step, and what was asked since."""

    def __init__(self) -> None:
        self.told: dict[Key, str] = {}
        self.asked: dict[Key, set[str]] = defaultdict(set)
        self.acknowledged = 0
        self._lock = Lock()

    def ask(self, key: Key, state: str) -> None:
        with self._lock:
            self.asked[key].add(state)

    def tell(self, key: Key, state: str) -> None:
        with self._lock:
            self.told[key] = state
            self.asked[key].clear()
            self.acknowledged += 1

    def lost(self, stored: Iterable[tuple[int, int, str]]) -> list[Key]:
        """Where neither the state that was acknowledged last is stored nor one that was
        asked for since.
        """
        states = {(person, step): state for person, step, state in stored}
        return [
            key
            for key, state in self.told.items()
            if states.get(key, "none") not in {state, *self.asked[key]}
        ]


def doubled(stored: Iterable[tuple[int, int, str]]) -> list[Key]:
    counted = Counter((person, step) for person, step, _ in stored)
    return [key for key, rows in counted.items() if rows > 1]


def kept(book: Book, stored: Sequence[tuple[int, int, str]]) -> Check:
    lost, twice = book.lost(stored), doubled(stored)
    said = f"{book.acknowledged} ticks acknowledged, {len(lost)} lost"
    return Check(f"{said}, {len(twice)} doubled", not lost and not twice)


def honest(answers: Sequence[Answer]) -> Check:
    """Nothing but what was asked for, or 503 with Retry-After."""
    odd = Counter(one.answer for one in answers if not one.is_honest)
    away = sum(one.answer == AWAY for one in answers)
    said = f"{len(answers)} answers, {away} of them 503 with Retry-After"
    if odd:
        said += ", and " + ", ".join(f"{n} times {what}" for what, n in odd.items())
    return Check(said, bool(answers) and not odd)


def within(limit: float, answers: Sequence[Answer], what: str) -> Check:
    """That there were such answers, and that none took longer than `limit` seconds."""
    longest = max((one.took for one in answers), default=0.0)
    said = f"{what} after {longest:.1f} s at the most" if answers else f"no {what}"
    return Check(said, bool(answers) and longest <= limit)


def back_within(limit: float, answers: Iterable[Answer], back: float) -> Check:
    """That a tick was acknowledged within `limit` seconds of `back`."""
    ends = [one.ended for one in answers if one.answer == TICKED]
    first = min((end - back for end in ends if end >= back), default=float("inf"))
    return Check(f"first tick {first:.1f} s after it was back", first <= limit)


def settled(answers: Iterable[Answer], since: float) -> Check:
    """That whatever was asked after `since` went well."""
    later = [one for one in answers if one.begun >= since]
    failed = sum(not one.is_well for one in later)
    said = f"{failed} of {len(later)} failed once it was over"
    return Check(said, bool(later) and not failed)


def in_a_row(history: Iterable[Answer]) -> int:
    """The most failures that one person met one after the other."""
    most = run = 0
    for one in history:
        run = 0 if one.is_well else run + 1
        most = max(most, run)
    return most
