"""Requests sent as fast as they are answered, by wrk or by Python threads."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from itertools import cycle
from math import ceil
from pathlib import Path
from shutil import which
from typing import NamedTuple

CONNECTIONS = 8
SCRIPT = Path(__file__).with_name("wrk.lua")


class Request(NamedTuple):
    path: str
    headers: dict[str, str] = {}
    method: str = "GET"
    expected_status: int = 200

    def as_http(self, port: int) -> str:
        headers = {"Host": f"localhost:{port}", **self.headers}
        if self.method == "POST":
            headers["Content-Length"] = "0"
        lines = [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([f"{self.method} {self.path} HTTP/1.1", *lines, "", ""])


class Response(NamedTuple):
    headers: dict[str, str]  # names in lower case
    body: bytes
    size: int  # bytes of headers and body


class Result(NamedTuple):
    responses: int
    seconds: float
    p50: float  # ms
    p99: float  # ms


class MeasurementError(Exception):
    """Something responded with another status than expected, or not at all."""


def fetch(port: int, request: Request) -> Response:
    """Raises MeasurementError when the status is not the expected one."""
    connection = HTTPConnection("localhost", port, timeout=60)
    connection.request(request.method, request.path, headers=request.headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != request.expected_status:
        excerpt = body[:300].decode(errors="replace")
        raise MeasurementError(
            f"{request.method} {request.path}: {response.status}\n{excerpt}"
        )
    headers = {name.lower(): value for name, value in response.getheaders()}
    head = sum(len(f"{name}: {value}\r\n") for name, value in response.getheaders())
    return Response(headers, body, head + len(body))


def run_load(port: int, requests: Sequence[Request], seconds: float) -> Result:
    """Send `requests` in turn, over and over, on eight connections.

    Raises MeasurementError when a response is missing or not the expected one.
    """
    return (run_wrk if which("wrk") else run_threads)(port, requests, seconds)


def run_wrk(port: int, requests: Sequence[Request], seconds: float) -> Result:
    """wrk cannot tell 200 from 302, but the number of bytes shows the difference."""
    begin = time.perf_counter()
    size = fetch(port, requests[0]).size
    # Even a slow page is requested a few times on each connection.
    least = 3 * CONNECTIONS * (time.perf_counter() - begin)
    duration = f"-d{ceil(max(seconds, least))}s"
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\0".join(request.as_http(port) for request in requests))
        file.flush()
        options = ["--timeout", "60", f"-c{CONNECTIONS}", "-t1", duration, "-s", SCRIPT]
        printed = subprocess.run(
            ["wrk", *options, f"http://localhost:{port}", "--", file.name],
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout
    counted = json.loads(printed.splitlines()[-1])
    mean_size = counted["bytes"] / max(1, counted["responses"])
    if counted["errors"] or not 0.5 < mean_size / size < 2:
        raise MeasurementError(f"{requests[0].path}: {counted}, expected {size} bytes")
    return Result(
        counted["responses"], counted["seconds"], counted["p50"], counted["p99"]
    )


def run_threads(port: int, requests: Sequence[Request], seconds: float) -> Result:
    """The same in Python, which is slower than a fast server."""
    rest, lock = cycle(requests), threading.Lock()
    times: list[float] = []
    failures: list[str] = []
    end = time.perf_counter() + seconds

    def send() -> None:
        connection = HTTPConnection("localhost", port, timeout=60)
        while time.perf_counter() < end and not failures:
            with lock:
                request = next(rest)
            begin = time.perf_counter()
            connection.request(request.method, request.path, headers=request.headers)
            response = connection.getresponse()
            response.read()
            times.append(time.perf_counter() - begin)
            if response.status != request.expected_status:
                failures.append(f"{request.method} {request.path}: {response.status}")
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(CONNECTIONS)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures or len(times) < 2:
        raise MeasurementError(failures[0] if failures else "no response")
    p99 = statistics.quantiles(times, n=100)[98]
    duration = time.perf_counter() - begin
    return Result(len(times), duration, 1000 * statistics.median(times), 1000 * p99)
