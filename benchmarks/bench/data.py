"""Databases of every size, filled by PostgreSQL itself."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil
import psycopg
from psycopg import sql

from benchmarks.bench.servers import SERVER_CORE, MeasurementError, pin
from core.postgresql.embedded import get_server, start

SLUG = "backend-developer"
STEPS = 23
BASE_ROWS = 10_000  # of progress
CONNECTIONS = 200  # ten servers with up to 16 each, and those that fill databases

# The state depends on person and step, so that pages hold all states. Dates lie in the
# last 300 days.
PROGRESS = f"""
    INSERT INTO progress_stepprogress (user_id, step_id, state, started_at, done_at)
    SELECT u.id, s.id, state, day, CASE state WHEN 'done' THEN day END
    FROM accounts_user AS u, roadmaps_step AS s
    JOIN roadmaps_roadmap AS r ON r.id = roadmap_id AND r.slug = '{SLUG}',
    LATERAL (SELECT
        (array['done', 'done', 'done', 'learning', 'skipped'])[1 + mod(u.id + s.id, 5)],
        date_trunc('day', now()) - mod(u.id * 7 + s.id, 300) * interval '1 day'
    ) AS chosen (state, day)"""
OVERWRITE = """
    ON CONFLICT (user_id, step_id)
    DO UPDATE SET state = excluded.state, done_at = excluded.done_at
    WHERE (progress_stepprogress.state, progress_stepprogress.done_at)
        IS DISTINCT FROM (excluded.state, excluded.done_at)"""


class Size(NamedTuple):
    """A database with more of one kind: rows (of progress), steps or roadmaps."""

    count: int
    kind: str

    @property
    def name(self) -> str:
        return f"{self.count:,} {self.kind}"

    @property
    def database(self) -> str:
        return f"{self.kind}_{self.count}"


class Cluster:
    """A PostgreSQL of its own, with the settings that lose no acknowledged write."""

    def __init__(self, folder: Path) -> None:
        self._url = start(folder)
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
        get_server(folder).stop()
        get_server(folder).ensure_postgres_running()
        with psycopg.connect(self._url) as connection:
            for name in ("synchronous_commit", "fsync", "full_page_writes"):
                if connection.execute(f"SHOW {name}").fetchone() != ("on",):
                    raise MeasurementError(f"PostgreSQL runs without {name}.")
        server = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
        for process in [server, *server.children()]:
            pin(process.pid, SERVER_CORE)

    def url(self, name: str) -> str:
        return urlsplit(self._url)._replace(path=f"/{name}").geturl()

    def create(self, name: str, template: str = "template1") -> str:
        """Copy a database that nobody is connected to. Return the new one's URL."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(
                create.format(sql.Identifier(name), sql.Identifier(template))
            )
        return self.url(name)


class Database:
    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url, autocommit=True)
        # Rows are copies of valid rows, so no trigger has to check them.
        self._connection.execute("SET session_replication_role = replica")

    def close(self) -> None:
        self._connection.close()

    def execute(self, statement: str, values: Mapping[str, object] = {}) -> None:
        self._connection.execute(statement, values)

    def transaction(self) -> AbstractContextManager[object]:
        return self._connection.transaction()

    def value(self, query: str) -> int:
        return self.values(query)[0]

    def values(self, query: str) -> list[int]:
        """The first column."""
        return [int(row[0]) for row in self._connection.execute(query)]

    def grow(self, size: Size) -> None:
        grow = {
            "rows": self.grow_progress,
            "steps": self.grow_steps,
            "roadmaps": self.grow_roadmaps,
        }
        grow[size.kind](size.count)
        self._connection.execute("VACUUM (ANALYZE)")
        self._connection.execute("CHECKPOINT")

    def count_people(self) -> int:
        """Those with progress on every step of the roadmap."""
        return self.value("SELECT count(DISTINCT user_id) FROM progress_stepprogress")

    def grow_progress(self, rows: int) -> None:
        last_user = self.value("SELECT max(id) FROM accounts_user")
        people = self.count_people()
        email = f"'person' || {people} + n || '@example.com'"
        first_person = "t.email = 'person0@example.com'"
        missing = max(0, -(-rows // STEPS) - people)
        self._copy("accounts_user", missing, {"email": email}, first_person)
        self._connection.execute(f"{PROGRESS} WHERE u.id > {last_user}")

    def grow_steps(self, steps: int) -> None:
        """Everybody gets progress on the new steps too."""
        position = f"t.position + n * {STEPS}"
        changes = {"slug": "t.slug || '-' || n", "position": position, "same_as": "''"}
        where = f"{position} <= {steps} AND t.roadmap_id = ({self._roadmap()})"
        self._copy("roadmaps_step", -(-steps // STEPS) - 1, changes, where)
        first = self.value("SELECT min(user_id) FROM progress_stepprogress")
        self._connection.execute(f"{PROGRESS} WHERE u.id >= {first} {OVERWRITE}")

    def grow_roadmaps(self, roadmaps: int) -> None:
        """Each new roadmap has the same 23 steps."""
        missing = roadmaps - self.value("SELECT count(*) FROM roadmaps_roadmap")
        changes = {"slug": f"'{SLUG}-' || n", "position": "n"}
        self._copy("roadmaps_roadmap", missing, changes, f"t.slug = '{SLUG}'")
        changes = {"roadmap_id": f"({self._roadmap(" || '-' || n")})", "same_as": "''"}
        where = f"t.roadmap_id = ({self._roadmap()})"
        self._copy("roadmaps_step", missing, changes, where)

    def bytes_per_row(self) -> float:
        """Of progress on disk, with every index."""
        table = "progress_stepprogress"
        size = self.value(f"SELECT pg_total_relation_size('{table}')")
        return size / self.value(f"SELECT count(*) FROM {table}")

    def reset_progress(self, people: list[int]) -> None:
        self._connection.execute(
            f"{PROGRESS} WHERE u.id = ANY(%s) {OVERWRITE}", [people]
        )

    def finish_all(self, people: list[int]) -> None:
        """Mark every step done for these people."""
        self.reset_progress(people)
        self._connection.execute(
            "UPDATE progress_stepprogress SET state = 'done', done_at = started_at"
            " WHERE user_id = ANY(%s) AND state <> 'done'",
            [people],
        )

    @staticmethod
    def _roadmap(suffix: str = "") -> str:
        return f"SELECT id FROM roadmaps_roadmap WHERE slug = '{SLUG}'{suffix}"

    def _copy(
        self, table: str, times: int, changes: dict[str, str], where: str
    ) -> None:
        """Copy rows n = 1, 2, … times, with other values for some columns."""
        columns = self._connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            " AND is_generated = 'NEVER' AND is_identity = 'NO'",
            [table],
        )
        names = [name for (name,) in columns]
        values = ", ".join(changes.get(name, f't."{name}"') for name in names)
        self._connection.execute(
            f'INSERT INTO {table} ("{'", "'.join(names)}") SELECT {values}'
            f" FROM {table} AS t, generate_series(1, {times}) AS n WHERE {where}"
        )


def drop_indexes(database: Database, table: str) -> list[str]:
    """Drop those that no other table needs, and return the statements that build them
    again.
    """
    rows = database._connection.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), conname,"
        " pg_get_constraintdef(pg_constraint.oid)"
        " FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid"
        f" AND conrelid = indrelid WHERE indrelid = '{table}'::regclass"
        " AND NOT EXISTS (SELECT FROM pg_constraint AS other"
        " WHERE other.conindid = indexrelid AND other.contype = 'f')"
    ).fetchall()
    statements = []
    for index, definition, constraint, constraint_definition in rows:
        if constraint:
            database.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
            statements.append(
                f"ALTER TABLE {table} ADD CONSTRAINT {constraint}"
                f" {constraint_definition}"
            )
        else:
            database.execute(f"DROP INDEX {index}")
            statements.append(definition)
    return statements
