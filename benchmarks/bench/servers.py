"""Server processes, each on its own port and all on one core."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

import psutil

from benchmarks.bench.load import MeasurementError, Request, fetch
from benchmarks.bench.revision import CURRENT, Revision
from benchmarks.server import free_port

# As in deploy/start, but with half the threads and connections: all servers share one
# PostgreSQL.
GRANIAN = ["--interface", "wsgi", "--workers", "1", "--blocking-threads", "16"]
START_TIMEOUT = 30  # seconds
SERVER_CORE, CLIENT_CORE = 0, 1
CAN_PIN = hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1


def process_tree(pid: int) -> list[psutil.Process]:
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]


def pin(pid: int, core: int) -> None:
    """Keep a process and its children on one core, if the system can."""
    if CAN_PIN:
        for process in process_tree(pid):
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.sched_setaffinity(process.pid, {core})


@contextmanager
def unpinned() -> Iterator[None]:
    """Let this process, and those that it starts, use every core."""
    if CAN_PIN:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield
    finally:
        pin(os.getpid(), CLIENT_CORE)


def cpu_seconds(pid: int) -> float:
    """What a process and its children have used, including ended ones."""
    seconds = 0.0
    for process in process_tree(pid):
        with suppress(psutil.NoSuchProcess):
            seconds += sum(process.cpu_times()[:4])
    return seconds


class Server:
    """A process that listens on `port`."""

    def __init__(
        self,
        command: Sequence[str | Path],
        port: int,
        environment: Mapping[str, str] = {},
        folder: Path = CURRENT.root,
    ) -> None:
        self.port = port
        self.begin = time.perf_counter()
        self.errors = TemporaryFile()  # noqa: SIM115, open as long as the process
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={"PATH": os.environ["PATH"], **environment},
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
            preexec_fn=lambda: pin(os.getpid(), SERVER_CORE),
        )

    def wait(self, request: Request) -> float:
        """Wait for the first response. Return the seconds since the start."""
        while time.perf_counter() < self.begin + START_TIMEOUT:
            with suppress(ConnectionError):
                fetch(self.port, request)
                return time.perf_counter() - self.begin
            if self.process.poll() is not None:
                break
            time.sleep(0.005)
        self.errors.seek(0)
        errors = self.errors.read().decode()[-1000:]
        raise MeasurementError(f"{self.process.args} does not respond:\n{errors}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def start_granian(
    application: str, environment: Mapping[str, str], revision: Revision = CURRENT
) -> Server:
    if not revision.granian.exists():
        raise MeasurementError("benchmarks/.venv is missing: use `make bench`.")
    port = free_port()
    command = [revision.granian, *GRANIAN, "--port", str(port), application]
    return Server(command, port, environment, revision.root)


@contextmanager
def running_servers() -> Iterator[list[Server]]:
    """A list of servers that are stopped at the end."""
    servers: list[Server] = []
    try:
        yield servers
    finally:
        for server in servers:
            server.stop()
