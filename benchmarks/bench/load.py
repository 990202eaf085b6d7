"""Requests sent as fast as they are answered: by wrk, or by threads of Python's."""

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
    expected: int = 200

    def raw(self, port: int) -> str:
        """The request as HTTP/1.1 writes it."""
        headers = {"Host": f"localhost:{port}", **self.headers}
        if self.method == "POST":
            headers["Content-Length"] = "0"
        lines = [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([f"{self.method} {self.path} HTTP/1.1", *lines, "", ""])


class Answer(NamedTuple):
    headers: dict[str, str]
    body: bytes
    length: int  # of headers and body


class Load(NamedTuple):
    """What a load has led to."""

    answers: int
    seconds: float
    p50: float  # ms
    p99: float


class FailedError(Exception):
    """Something answered otherwise than it should."""


def ask(port: int, request: Request) -> Answer:
    """One answer, checked. Raises FailedError when it is not the expected one."""
    connection = HTTPConnection("localhost", port, timeout=60)
    connection.request(request.method, request.path, headers=request.headers)
    got = connection.getresponse()
    body = got.read()
    connection.close()
    if got.status != request.expected:
        said = body[:300].decode(errors="replace")
        raise FailedError(f"{request.method} {request.path}: {got.status}\n{said}")
    head = sum(len(f"{name}: {value}\r\n") for name, value in got.getheaders())
    headers = {name.lower(): value for name, value in got.getheaders()}
    return Answer(headers, body, head + len(body))


def load(port: int, requests: Sequence[Request], seconds: float) -> Load:
    """Send `requests` in turn, over and over, on eight connections.

    Raises FailedError when an answer was missing, or not the expected one.
    """
    return (wrk if which("wrk") else threads)(port, requests, seconds)


def wrk(port: int, requests: Sequence[Request], seconds: float) -> Load:
    """By wrk, which cannot tell 200 from 302, but what it read gives that away."""
    begun = time.perf_counter()
    length = ask(port, requests[0]).length
    # A slow page's few answers still are some on each connection.
    least = 3 * CONNECTIONS * (time.perf_counter() - begun)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\0".join(request.raw(port) for request in requests))
        file.flush()
        options = [
            "--timeout",
            "60",
            f"-c{CONNECTIONS}",
            "-t1",
            f"-d{ceil(max(seconds, least))}s",
        ]
        command = ["wrk", *options, "-s", SCRIPT, f"http://localhost:{port}"]
        printed = subprocess.run(
            [*command, "--", file.name], check=True, text=True, stdout=subprocess.PIPE
        ).stdout
    said = json.loads(printed.splitlines()[-1])
    each = said["bytes"] / max(1, said["answers"])
    if said["errors"] or not 0.5 < each / length < 2:
        raise FailedError(f"{requests[0].path}: {said}, of {length} bytes each")
    return Load(said["answers"], said["seconds"], said["p50"], said["p99"])


def threads(port: int, requests: Sequence[Request], seconds: float) -> Load:
    """By Python, which takes more time over it than a fast server does."""
    waiting, lock = cycle(requests), threading.Lock()
    times: list[float] = []
    failed: list[str] = []
    end = time.perf_counter() + seconds

    def send() -> None:
        connection = HTTPConnection("localhost", port, timeout=60)
        while time.perf_counter() < end and not failed:
            with lock:
                request = next(waiting)
            begun = time.perf_counter()
            connection.request(request.method, request.path, headers=request.headers)
            answer = connection.getresponse()
            answer.read()
            times.append(time.perf_counter() - begun)
            if answer.status != request.expected:
                failed.append(f"{request.method} {request.path}: {answer.status}")
        connection.close()

    senders = [threading.Thread(target=send) for _ in range(CONNECTIONS)]
    begun = time.perf_counter()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    if failed or len(times) < 2:
        raise FailedError(failed[0] if failed else "there was no answer")
    taken = time.perf_counter() - begun
    p99 = statistics.quantiles(times, n=100)[98]
    return Load(len(times), taken, 1000 * statistics.median(times), 1000 * p99)
