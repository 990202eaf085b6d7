"""Server processes, each on its own port and all on one core, and requests to them."""

from __future__ import annotations

import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from benchmarks.server import ROOT, free_port

PACKAGES = "benchmarks/.venv"  # those of production
# As in deploy/start, but with half the threads and connections: all servers share one
# PostgreSQL.
GRANIAN = ["--interface", "wsgi", "--workers", "1", "--blocking-threads", "16"]
START_TIMEOUT = 30  # seconds
SERVER_CORE, CLIENT_CORE = 0, 1
CAN_PIN = hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1
SECRET_KEY = secrets.token_hex(32)


class MeasurementError(Exception):
    """Something did not respond as expected, so its speed would mean nothing."""


class Revision(NamedTuple):
    """A checkout of Cairn with the packages that production installs."""

    name: str
    root: Path

    def program(self, name: str) -> Path:
        path = self.root / PACKAGES / "bin" / name
        if not path.exists():
            raise MeasurementError(f"{path} is missing. Use `make bench`.")
        return path

    def run(self, database_url: str, *arguments: str) -> str:
        """Run Python in this checkout. Return what it prints."""
        ran = subprocess.run(
            [self.program("python"), *arguments],
            cwd=self.root,
            env=environment(database_url),
            capture_output=True,
            text=True,
        )
        if ran.returncode:
            raise MeasurementError(f"{self.name}: {arguments}\n{ran.stderr[-2000:]}")
        return ran.stdout


CURRENT = Revision("Cairn", ROOT)


@contextmanager
def checked_out(revision: str, folder: Path) -> Iterator[Revision]:
    """Another revision in a git worktree in `folder`, with its own packages."""
    root = folder / "before"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", root, revision], check=True)
    try:
        packages = ["make", "--quiet", "-C", root, f"{PACKAGES}/.synced"]
        subprocess.run(packages, check=True)
        yield Revision("before", root)
    finally:
        subprocess.run([*git, "remove", "--force", root], check=True)


def environment(database_url: str) -> dict[str, str]:
    return {
        "DEBUG": "false",
        "DATABASE_URL": database_url,
        "DATABASE_POOL_SIZE": "8",  # one for each connection of the client
        "MALLOC_ARENA_MAX": "2",  # as in deploy/start
        "SECRET_KEY": SECRET_KEY,
        "ALLOWED_HOSTS": "localhost",  # for revisions without SITE_URL
        "SITE_URL": "http://localhost",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


class Request(NamedTuple):
    path: str
    headers: dict[str, str] = {}
    method: str = "GET"

    def as_http(self, port: int) -> str:
        headers = {"Host": f"localhost:{port}", **self.headers}
        if self.method == "POST":
            headers["Content-Length"] = "0"
        lines = [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([f"{self.method} {self.path} HTTP/1.1", *lines, "", ""])


class Response(NamedTuple):
    body: bytes
    size: int  # bytes of headers and body


def fetch(port: int, request: Request) -> Response:
    """Raises MeasurementError unless the status is 200."""
    connection = HTTPConnection("localhost", port, timeout=60)
    connection.request(request.method, request.path, headers=request.headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        excerpt = body[:300].decode(errors="replace")
        raise MeasurementError(
            f"{request.method} {request.path}: {response.status}\n{excerpt}"
        )
    head = sum(len(f"{name}: {value}\r\n") for name, value in response.getheaders())
    return Response(body, head + len(body))


def pin(pid: int, core: int) -> None:
    """Keep a process, and those that it starts, on one core. 0 is this process."""
    if CAN_PIN:
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(pid, {core})


class Server:
    """A process that listens on `port`, until stop_servers() is called.

    Behind a proxy, `site_port` is the one that visitors use.
    """

    running: list[Server] = []

    def __init__(
        self,
        command: Sequence[str | Path],
        port: int,
        environment: Mapping[str, str] = {},
        folder: Path = ROOT,
        core: int = SERVER_CORE,
        site_port: int = 0,
    ) -> None:
        self.port = port
        self.begin = time.perf_counter()
        self.errors = TemporaryFile()  # noqa: SIM115, open as long as the process
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                **environment,
                "SITE_URL": f"http://localhost:{site_port or port}",
            },
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
            preexec_fn=lambda: pin(0, core),
        )
        self.running.append(self)

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


def stop_servers() -> None:
    for server in Server.running:
        server.stop()


def start_granian(
    application: str,
    environment: Mapping[str, str],
    revision: Revision = CURRENT,
    site_port: int = 0,
) -> Server:
    port = free_port()
    command = [revision.program("granian"), *GRANIAN, "--port", str(port), application]
    return Server(command, port, environment, revision.root, site_port=site_port)
