"""Run the tests of the rooms with statements of their own on PostgreSQL 15, the oldest
that Django supports.

Debian 12 has it: apt-get install postgresql-15
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import chown
from urllib.parse import quote

import psycopg

from benchmarks.server import ROOT

BIN = Path("/usr/lib/postgresql/15/bin")
TESTS = ["tests/progress", "tests/search", "tests/accounts"]
# The tests do not need to survive a crash.
SETTINGS = ["fsync=off", "full_page_writes=off", "listen_addresses="]


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start a new PostgreSQL 15 in the folder, and return its URL."""
    user = (
        "postgres" if os.geteuid() == 0 else None
    )  # PostgreSQL refuses to run as root
    if user:
        chown(folder, user)
    data = folder / "data"
    initdb = [BIN / "initdb", "--auth=trust", "--username=postgres", "--locale=C.UTF-8"]
    subprocess.run(
        [*initdb, data], user=user, check=True, stdout=subprocess.DEVNULL, cwd=folder
    )
    settings = [f"-c{setting}" for setting in SETTINGS]
    command = [BIN / "postgres", "-D", data, "-k", folder, *settings]
    server = subprocess.Popen(command, user=user, cwd=folder, stderr=subprocess.DEVNULL)
    url = f"postgres://postgres@/postgres?host={quote(str(folder))}"
    try:
        wait_for(url)
        yield url
    finally:
        server.terminate()
        server.wait()


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def main(arguments: list[str]) -> None:
    if not BIN.exists():
        sys.exit(
            "NOT CHECKED: PostgreSQL 15 is missing (apt-get install postgresql-15)"
        )
    with (
        tempfile.TemporaryDirectory(prefix="cairn-") as name,
        running(Path(name)) as url,
    ):
        with psycopg.connect(url) as connection:
            print("PostgreSQL", connection.info.parameter_status("server_version"))
        tests = subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "auto", *(arguments or TESTS)],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": url},
        )
    sys.exit(tests.returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
