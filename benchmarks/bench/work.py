"""Loads that take turns, and what each cost."""

from __future__ import annotations

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tqdm import tqdm

from benchmarks.bench.load import FailedError, Request, ask, load, threads
from benchmarks.bench.report import Row
from benchmarks.bench.servers import Server, cpu

WARM_UP = 0.5  # seconds
PAUSE = 2


@dataclass
class Work:
    """Requests to one server, in turn, and how often they are answered."""

    name: str
    server: Server
    requests: Sequence[Request]
    details: dict[str, float] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        self.row = Row(self.name, "/s", details=self.details)
        self._seen: defaultdict[str, list[float]] = defaultdict(list)

    def measure(self, postgres: int, seconds: float) -> None:
        """One repetition; once more where something was refused, as it is when the
        disk stands still for longer than a page waits for a connection.
        """
        self.before()
        try:
            self._measure(postgres, seconds)
        except FailedError as error:
            print(f"{self.name} once more: {error}", file=sys.stderr)
            time.sleep(PAUSE)
            self._measure(postgres, seconds)

    def _measure(self, postgres: int, seconds: float) -> None:
        begun = cpu(self.server.process.pid), cpu(postgres)
        got = load(self.server.port, self.requests, seconds)
        ended = cpu(self.server.process.pid), cpu(postgres)
        serving, storing = (
            1e6 * (after - before) / got.answers
            for before, after in zip(begun, ended, strict=True)
        )
        self.row.values.append(got.answers / got.seconds)
        for name, value in zip(
            ("p50 ms", "p99 ms", "CPU µs", "PG µs"),
            (got.p50, got.p99, serving, storing),
            strict=True,
        ):
            self._seen[name].append(value)
            self.row.details[name] = statistics.median(self._seen[name])


def take_turns(
    works: Sequence[Work], postgres: int, repetitions: int, seconds: float
) -> list[Row]:
    """Measure all of them, once each and then again, so that a slow minute of the
    machine is everybody's.
    """
    for work in works:
        work.before()
        answer = ask(work.server.port, work.requests[0])
        work.row.details |= {"bytes": len(answer.body)}
        threads(work.server.port, work.requests, WARM_UP)
    turns = [work for _ in range(repetitions) for work in works]
    for work in tqdm(turns, desc="loads", unit="", leave=False, disable=None):
        work.measure(postgres, seconds)
    return [work.row for work in works]
