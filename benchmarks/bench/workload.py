"""Requests to one server, measured in turn with those to all other servers."""

from __future__ import annotations

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tqdm import tqdm

from benchmarks.bench.load import (
    MeasurementError,
    Request,
    fetch,
    run_load,
    run_threads,
)
from benchmarks.bench.report import Row
from benchmarks.bench.servers import Server, cpu_seconds

WARM_UP = 0.5  # seconds
PAUSE = 2  # seconds before a failed load is repeated


@dataclass
class Workload:
    name: str
    server: Server
    requests: Sequence[Request]
    details: dict[str, float] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        self.row = Row(self.name, "/s", details=self.details)
        self._values: defaultdict[str, list[float]] = defaultdict(list)

    def warm_up(self) -> None:
        self.before()
        self.row.details["bytes"] = len(fetch(self.server.port, self.requests[0]).body)
        run_threads(self.server.port, self.requests, WARM_UP)

    def measure(self, postgres: int, seconds: float) -> None:
        """Repeat once after a failure: when the disk stalls for a moment, a page may
        wait too long for a connection.
        """
        self.before()
        try:
            self._measure(postgres, seconds)
        except MeasurementError as error:
            print(f"{self.name} once more: {error}", file=sys.stderr)
            time.sleep(PAUSE)
            self._measure(postgres, seconds)

    def _measure(self, postgres: int, seconds: float) -> None:
        pids = self.server.process.pid, postgres
        before = [cpu_seconds(pid) for pid in pids]
        result = run_load(self.server.port, self.requests, seconds)
        used = [
            1e6 * (cpu_seconds(pid) - begin) / result.responses
            for pid, begin in zip(pids, before, strict=True)
        ]
        self.row.values.append(result.responses / result.seconds)
        for name, value in zip(
            ("p50 ms", "p99 ms", "CPU µs", "PG µs"),
            (result.p50, result.p99, *used),
            strict=True,
        ):
            self._values[name].append(value)
            self.row.details[name] = statistics.median(self._values[name])


def measure_in_turn(
    workloads: Sequence[Workload], postgres: int, repetitions: int, seconds: float
) -> list[Row]:
    """Measure each once, then all of them again, so that a slow minute of the machine
    affects all alike.
    """
    for workload in workloads:
        workload.warm_up()
    turns = [workload for _ in range(repetitions) for workload in workloads]
    for workload in tqdm(turns, desc="loads", unit="", leave=False, disable=None):
        workload.measure(postgres, seconds)
    return [workload.row for workload in workloads]
