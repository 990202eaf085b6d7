"""Cairn as production serves it, with its own database."""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import IO

import urllib3

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chromium-headless-shell",  # last: it never requests the icon
]

sys.path.insert(0, str(ROOT))

from core.postgresql.embedded import start  # noqa: E402


class Cairn:
    """A database in `folder`, and the processes that use it."""

    log: IO[bytes] | int = subprocess.DEVNULL  # of the processes

    def __init__(self, folder: Path, **environment: str) -> None:
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DEBUG": "false",
            "DATABASE_URL": start(folder / "postgres"),
            "SECRET_KEY": secrets.token_hex(),
            "SITE_URL": "http://localhost",
            "HOME": str(folder),
        } | environment
        self.manage("collectstatic", "--noinput")
        self.manage("bootstrap")

    def run(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment | environment,
            stdout=self.log,
            stderr=self.log,
        )

    def manage(self, *command: str) -> str:
        """Run `manage.py`. Return what it prints."""
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environment,
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout

    def shell(self, script: str) -> list[str]:
        """Run a script in manage.py's shell. Return the words that it prints."""
        return self.manage("shell", "--no-imports", "-c", script).split()

    def serve(self, port: int, **environment: str) -> subprocess.Popen[bytes]:
        """Run a web process. Its site is the process, unless a proxy is in front."""
        environment.setdefault("SITE_URL", f"http://localhost:{port}")
        web = self.run("deploy/start", GRANIAN_PORT=str(port), **environment)
        wait_for(port)
        return web


def wait_for(port: int) -> None:
    """Wait until something responds to /healthz, a proxy with an error included."""
    for _ in range(300):
        try:
            urllib3.request("GET", f"http://localhost:{port}/healthz", retries=False)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing responds on port {port}")


class Server(Cairn):
    """One web process at `address`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        port = free_port()
        self.address = f"http://localhost:{port}"
        self.process = self.serve(port)


@contextmanager
def production_server() -> Iterator[Server]:
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as folder:
        server = Server(Path(folder))
        try:
            yield server
        finally:
            server.process.terminate()
            server.process.wait()


@contextmanager
def django_with_own_database() -> Iterator[str]:
    """Set Django up in this process, with a new database. Yield the database's URL.

    Models can be imported only afterwards.
    """
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as folder:
        url = start(Path(folder) / "postgres")
        os.environ |= {
            "DEBUG": "true",
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command
        from django.test import override_settings

        call_command("bootstrap", administrator=None, verbosity=0)
        with override_settings(ALLOWED_HOSTS=["*"], DEBUG=False):
            yield url


def installed_browser() -> str | None:
    """The path of a Chromium or Chrome, or None for Playwright's own."""
    return next(filter(None, map(which, BROWSERS)), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])
