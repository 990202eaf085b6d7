"""Cairn as production serves it, with a database of its own, for as long as a block."""

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
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chromium-headless-shell",  # last: it does not ask for the icon, as people's do
]

sys.path.insert(0, str(ROOT))

from config.embedded_postgres import start  # noqa: E402


class Server:
    """A running granian: its `address`, and `manage` for commands on its database."""

    def __init__(self, database_url: str) -> None:
        port = free_port()
        self.address = f"http://localhost:{port}"
        self._environment = {
            "PATH": os.environ["PATH"],
            "DEBUG": "false",
            "DATABASE_URL": database_url,
            "SECRET_KEY": secrets.token_hex(32),
            "ALLOWED_HOSTS": "localhost",
        }
        self.manage("collectstatic", "--noinput")
        self.manage("bootstrap")
        granian = Path(sys.executable).with_name("granian")
        options = ["--interface", "wsgi", "--port", str(port)]
        self.process = subprocess.Popen(
            [granian, *options, "config.wsgi:application"],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
        )
        self._wait()

    def manage(self, *command: str) -> str:
        """Run `manage.py` and return what it printed."""
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self._environment,
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout

    def _wait(self) -> None:
        for _ in range(100):
            try:
                urlopen(self.address).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError(f"{self.address} did not answer within ten seconds")


@contextmanager
def production_server() -> Iterator[Server]:
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as folder:
        server = Server(start(Path(folder, "postgres")))
        try:
            yield server
        finally:
            server.process.terminate()
            server.process.wait()


def installed_browser() -> str | None:
    """The path of a Chromium or Chrome; None where Playwright is to use its own."""
    return next(filter(None, map(which, BROWSERS)), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])
