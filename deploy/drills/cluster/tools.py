"""The programs that the cluster needs, and where to get them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which

from benchmarks.server import ROOT
from deploy.drills.pgbouncer import find_pgbouncer

PACKAGES = {
    "etcd": "etcd-server",
    "haproxy": "haproxy",
    "ip": "iproute2",
    "nginx": "nginx-light",
    "nsenter": "util-linux",
    "openssl": "openssl",
    "setpriv": "util-linux",
    "unshare": "util-linux",
}
VENV = Path(__file__).parent / ".venv/bin"
PGBOUNCER = (
    ROOT / ".pgbouncer"
)  # of a newer Debian, kept because fetching takes minutes
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"


def missing_tools() -> str:
    """Return what is missing and which package has it, or ""."""
    if sys.platform != "linux" or os.geteuid():
        return "a cluster of namespaces needs Linux and root"
    lines = [
        f"{tool} is missing (apt-get install {package})"
        for tool, package in PACKAGES.items()
        if not which(tool, path=PATH)
    ]
    if not cache_server():
        lines.append("valkey-server is missing (apt-get install redis-server)")
    if not (VENV / "patroni").exists():
        lines.append("patroni is missing (make deploy/drills/cluster/.venv/.synced)")
    return "\n".join(lines)


def program(name: str) -> str:
    found = which(name, path=PATH)
    assert found, f"{name} is missing"
    return found


def cache_server() -> str | None:
    return which("valkey-server", path=PATH) or which("redis-server", path=PATH)


def get_pgbouncer() -> list[str]:
    """Return the command of a PgBouncer of 1.22 or later, fetching it if needed."""
    if not PGBOUNCER.exists():
        temporary = tempfile.TemporaryDirectory(prefix="cairn-")
        with temporary as name:
            command = find_pgbouncer(Path(name))
            if len(command) == 1:
                return command
            keep(command)
    [loader] = PGBOUNCER.glob("ld-linux-*")
    return [str(loader), "--library-path", str(PGBOUNCER), str(PGBOUNCER / "pgbouncer")]


def keep(command: list[str]) -> None:
    """Copy PgBouncer and its libraries out of the tree that debootstrap has made."""
    loader, _, libraries, pgbouncer = command
    listed = subprocess.run(
        [loader, "--library-path", libraries, "--list", pgbouncer],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    copies = PGBOUNCER.with_suffix(".part")
    copies.mkdir(exist_ok=True)
    for file in [loader, pgbouncer, *re.findall(r"=> (\S+)", listed)]:
        shutil.copy(file, copies)
    copies.rename(PGBOUNCER)
