"""Processes that serve, each on a port of its own and all on one core."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import which
from tempfile import TemporaryFile

import psutil

from benchmarks.bench.load import FailedError, Request, ask
from benchmarks.server import ROOT, free_port

PROGRAM = ROOT / "benchmarks/.venv/bin/granian"
# As deploy/start has them, but for half the threads, and so the connections: all
# servers share one PostgreSQL, which takes a hundred.
GRANIAN = ["--interface", "wsgi", "--workers", "1", "--blocking-threads", "16"]
READY = 30  # seconds

CAN_PIN = hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1
SERVING, CLIENT = 0, 1


def tree(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]


def pin(pid: int, core: int) -> None:
    """Keep a process and its children on one core, where the system can."""
    if CAN_PIN:
        for process in tree(pid):
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.sched_setaffinity(process.pid, {core})


@contextmanager
def unpinned() -> Iterator[None]:
    """Let this process, and what it starts meanwhile, have every core."""
    if CAN_PIN:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield
    finally:
        pin(os.getpid(), CLIENT)


def cpu(pid: int) -> float:
    """The CPU seconds that a process and its children have taken, ended ones too."""
    seconds = 0.0
    for process in tree(pid):
        with suppress(psutil.NoSuchProcess):
            seconds += sum(process.cpu_times()[:4])
    return seconds


class Server:
    """A process that answers on `port`."""

    def __init__(self, command: list[str | Path], environment: Mapping[str, str]):
        self.port = free_port()
        self.begun = time.perf_counter()
        self.said = TemporaryFile()  # noqa: SIM115, as long as the process
        self.process = subprocess.Popen(
            [str(part).replace("PORT", str(self.port)) for part in command],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **environment},
            stdout=subprocess.DEVNULL,
            stderr=self.said,
            preexec_fn=lambda: pin(os.getpid(), SERVING),
        )

    def wait(self, request: Request) -> float:
        """Wait until it answers, and return how long that took, in seconds."""
        while time.perf_counter() < self.begun + READY:
            try:
                ask(self.port, request)
            except ConnectionError:
                time.sleep(0.005)
            else:
                return time.perf_counter() - self.begun
            if self.process.poll() is not None:
                break
        self.said.seek(0)
        said = self.said.read().decode()[-1000:]
        raise FailedError(f"{self.process.args} did not answer:\n{said}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def granian(application: str, environment: Mapping[str, str]) -> Server:
    if not PROGRAM.exists():
        raise FailedError("What production installs is missing: run it by make.")
    return Server([PROGRAM, *GRANIAN, "--port", "PORT", application], environment)


def nginx(folder: Path, page: bytes) -> Server | None:
    """Serve `page` for every address; None where nginx is not installed."""
    if not (program := which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")):
        return None
    (folder / "page.html").write_bytes(page)
    port = free_port()
    (folder / "nginx.conf").write_text(
        "daemon off; master_process off; pid nginx.pid; error_log stderr;\n"
        "events {}\n"
        f"http {{ access_log off; keepalive_requests 1000000; server {{ listen {port};"
        f' default_type "text/html; charset=utf-8"; root {folder};'
        " location / { try_files /page.html =404; } } }\n"
    )
    server = Server([program, "-p", folder, "-c", folder / "nginx.conf"], {})
    server.port = port
    return server


@contextmanager
def stopping() -> Iterator[list[Server]]:
    """A list whose servers are stopped at the end, whatever happens."""
    servers: list[Server] = []
    try:
        yield servers
    finally:
        for server in servers:
            server.stop()
