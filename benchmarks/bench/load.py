"""Requests sent by wrk as fast as they are answered, to one server after another."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from benchmarks.bench.report import Row
from benchmarks.bench.servers import (
    CLIENT_CORE,
    MeasurementError,
    Request,
    Server,
    fetch,
    pin,
)

CONNECTIONS = 8
WARM_UP = 1  # seconds
MOST_TIMES = 10  # as long as intended
PAUSE = 2  # seconds before a failed load is repeated
SCRIPT = Path(__file__).with_name("wrk.lua")


class Result(NamedTuple):
    responses: int
    seconds: float
    p50: float  # ms
    p99: float  # ms


@dataclass
class Load:
    name: str
    server: Server
    requests: Sequence[Request]
    queries: int | None = None
    prepare: Callable[[], object] = lambda: None  # called before each repetition

    def send(self, seconds: int) -> Result:
        """Repeat once after a failure: when the disk stalls for a moment, a page may
        wait too long for a connection.
        """
        self.prepare()
        try:
            return run_wrk(self.server.port, self.requests, seconds)
        except MeasurementError as error:
            print(f"{self.name} once more: {error}", file=sys.stderr)
            time.sleep(PAUSE)
            return run_wrk(self.server.port, self.requests, seconds)


def measure_in_turn(loads: Sequence[Load], repetitions: int, seconds: int) -> list[Row]:
    """Measure each load once, then all of them again, so that a slow minute of the
    machine affects all alike.
    """
    for load in loads:
        load.send(WARM_UP)
    results: defaultdict[str, list[Result]] = defaultdict(list)
    turns = [load for _ in range(repetitions) for load in loads]
    for load in tqdm(turns, desc="loads", unit="", leave=False, disable=None):
        results[load.name].append(load.send(seconds))
    return [row_of(load, results[load.name]) for load in loads]


def row_of(load: Load, results: Sequence[Result]) -> Row:
    details: dict[str, float] = {
        "p50 ms": statistics.median(result.p50 for result in results),
        "p99 ms": statistics.median(result.p99 for result in results),
        "bytes": len(fetch(load.server.port, load.requests[0]).body),
    }
    if load.queries is not None:
        details["queries"] = load.queries
    values = [result.responses / result.seconds for result in results]
    return Row(load.name, "/s", values, details)


def run_wrk(
    port: int,
    requests: Sequence[Request],
    seconds: int,
    connections: int = CONNECTIONS,
) -> Result:
    """Send `requests` in turn, over and over, on all connections.

    Raises MeasurementError when a response is missing or not the expected one. wrk
    cannot tell 200 from 302, but the number of bytes shows the difference.
    """
    begin = time.perf_counter()
    size = fetch(port, requests[0]).size
    # Even a slow page is requested a few times on each connection, within limits.
    least = 3 * connections * (time.perf_counter() - begin)
    duration = f"-d{ceil(min(max(seconds, least), MOST_TIMES * seconds))}s"
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\0".join(request.as_http(port) for request in requests))
        file.flush()
        options = ["--timeout", "60", f"-c{connections}", "-t1", duration, "-s", SCRIPT]
        printed = subprocess.run(
            ["wrk", *options, f"http://localhost:{port}", "--", file.name],
            check=True,
            text=True,
            stdout=subprocess.PIPE,
            preexec_fn=lambda: pin(0, CLIENT_CORE),
        ).stdout
    counted = json.loads(printed.splitlines()[-1])
    mean_size = counted["bytes"] / max(1, counted["responses"])
    if counted["errors"] or not 0.5 < mean_size / size < 2:
        raise MeasurementError(f"{requests[0].path}: {counted}, expected {size} bytes")
    return Result(
        counted["responses"], counted["seconds"], counted["p50"], counted["p99"]
    )
