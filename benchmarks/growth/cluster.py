"""A PostgreSQL with the settings of a large site, and its databases."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from benchmarks.bench.servers import MeasurementError
from benchmarks.server import ROOT
from core.postgresql.embedded import get_server, start

# What an operator sets on a machine with 16 GB or more of memory and an SSD.
SETTINGS = {
    "shared_buffers": "2GB",
    "effective_cache_size": "12GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "1GB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "max_connections": "100",
}
SAFE = ("fsync", "full_page_writes", "synchronous_commit")  # must be on
SERVING = {"wal_level": "replica", "max_wal_senders": "10", "autovacuum": "on"}
# Tables that are truncated and filled in one transaction are then not in the WAL.
FILLING = {"wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off"}
TEMPLATE = "empty"  # migrated, with the roadmaps that Cairn ships


class Cluster:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.data = folder / "postgres"
        self._url = start(self.data)
        self.programs = get_server(self.data).bin_path
        self.restart(SERVING)

    def restart(self, settings: dict[str, str]) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            for name, value in (SETTINGS | settings).items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("CHECKPOINT")  # so that it stops quickly
        server = get_server(self.data)
        server.stop()
        server.ensure_postgres_running()
        with psycopg.connect(self._url) as connection:
            for name in SAFE:
                if connection.execute(f"SHOW {name}").fetchone() != ("on",):
                    raise MeasurementError(f"PostgreSQL runs without {name}.")

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Write no WAL of tables that are filled. Nobody else may use the cluster."""
        self.restart(FILLING)
        try:
            yield
        finally:
            self.restart(SERVING)

    def forget_pages(self) -> None:
        """Let PostgreSQL and the operating system forget what they have read."""
        self.restart(SERVING)
        for file in filter(Path.is_file, self.data.joinpath("base").glob("*/*")):
            descriptor = os.open(file, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)

    def url(self, name: str) -> str:
        return urlsplit(self._url)._replace(path=f"/{name}").geturl()

    def environment(self, name: str) -> dict[str, str]:
        """Of a process that serves the site from this database."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "DEBUG": "false",
            "DATABASE_URL": self.url(name),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "the same for all processes, " * 2,
            "SITE_URL": "http://localhost",
        }

    def databases(self) -> set[str]:
        with psycopg.connect(self._url) as connection:
            rows = connection.execute("SELECT datname FROM pg_database").fetchall()
        return {name for (name,) in rows}

    def drop(self, name: str) -> None:
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def rename(self, name: str, new_name: str) -> None:
        self._execute("ALTER DATABASE {} RENAME TO {}", name, new_name)

    def copy(self, template: str, name: str) -> None:
        self.drop(name)
        # The default strategy would write the whole copy into the WAL.
        command = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
        self._execute(command, name, template)

    def create_template(self) -> None:
        self.drop(TEMPLATE)
        self._execute("CREATE DATABASE {}", TEMPLATE)
        subprocess.run(
            [sys.executable, "manage.py", "bootstrap", "-v0"],
            cwd=ROOT,
            env=self.environment(TEMPLATE),
            check=True,
        )

    def read_settings(self) -> str:
        with psycopg.connect(self._url) as connection:
            names = [*SETTINGS, *SAFE, "server_version"]
            shown = [
                f"{name} = {connection.execute(f'SHOW {name}').fetchone()[0]}"  # type: ignore[index]
                for name in names
            ]
        return ", ".join(shown)

    def _execute(self, command: str, *names: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(sql.SQL(command).format(*map(sql.Identifier, names)))
