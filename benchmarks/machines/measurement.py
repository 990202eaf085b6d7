"""Send requests, and measure the CPU time that each part of the site uses for them."""

from __future__ import annotations

import re
import resource
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench.load import Result, run_wrk
from benchmarks.bench.servers import Request
from benchmarks.machines.cpu_groups import CpuGroup

CONNECTIONS = 4  # of the client, for each web process
WEB, DATABASE, BALANCER = "web", "PostgreSQL", "Caddy"
CACHE, POOLER, CLIENT = "cache", "PgBouncer", "wrk"
OTHER_CORE = (DATABASE, BALANCER, CACHE, POOLER, CLIENT)
FULL = 0.9  # of a core

# The first word of each statement. A statement's other lines begin with a tab.
EXECUTED = re.compile(
    r"duration: [\d.]+ ms  (?:execute [^:\n]*|statement):[ ]*(?:\n\t\s*)?(\w*)"
)
CONTROL = {"", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"}


@dataclass
class Sample:
    """One measurement."""

    result: Result
    elapsed: float  # seconds
    used: dict[str, float]  # seconds of CPU, by part


@dataclass
class Measured:
    """Several measurements of the same requests."""

    samples: list[Sample]

    @property
    def rates(self) -> list[float]:
        """Responses per second."""
        return [each.result.responses / each.result.seconds for each in self.samples]

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def p50(self) -> float:
        return statistics.median(each.result.p50 for each in self.samples)

    @property
    def p99(self) -> float:
        return statistics.median(each.result.p99 for each in self.samples)

    def cost(self, part: str) -> float:
        """Return the CPU time of the part for one response, in milliseconds."""
        # run_wrk sends one request of its own.
        responses = sum(each.result.responses + 1 for each in self.samples)
        return 1000 * sum(each.used[part] for each in self.samples) / responses

    def share(self, *parts: str) -> float:
        """Return the share of one core that these parts used together."""
        used = sum(each.used[part] for each in self.samples for part in parts)
        return used / sum(each.elapsed for each in self.samples)

    @property
    def is_other_core_full(self) -> bool:
        """Whether the other core, and not the web processes, was the limit."""
        return self.share(*OTHER_CORE) > FULL


def send(
    port: int,
    requests: Sequence[Request],
    seconds: int,
    processes: int,
    groups: Mapping[str, Sequence[CpuGroup]],
) -> Sample:
    before, children = read(groups), client_seconds()
    begin = time.perf_counter()
    result = run_wrk(port, requests, seconds, CONNECTIONS * processes)
    elapsed = time.perf_counter() - begin
    used = {part: end - before[part] for part, end in read(groups).items()}
    return Sample(result, elapsed, {**used, CLIENT: client_seconds() - children})


def read(groups: Mapping[str, Sequence[CpuGroup]]) -> dict[str, float]:
    return {
        part: sum(group.read_seconds() for group in some)
        for part, some in groups.items()
    }


def client_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def count_statements(log: Path, begin: int) -> int:
    """Count the statements that PostgreSQL has logged since this offset, without
    transaction control and the empty statements of the pool.
    """
    with log.open(errors="replace") as file:
        file.seek(begin)
        words = EXECUTED.findall(file.read())
    return sum(word.upper() not in CONTROL for word in words)
