"""Fill a database with the rows of a large site, in the order of time.

A person makes a mark every five days, so a person's rows are in many places of each
table, with other people's rows between them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from benchmarks.bench.data import STEPS, Database, drop_indexes
from benchmarks.bench.servers import MeasurementError
from benchmarks.growth import statements as sql


class Filler:
    def __init__(self, url: str, people: int, password: str, session: str) -> None:
        """`password` is encoded; `session` is the data of one that is valid."""
        self.database = Database(url)
        self.values: dict[str, Any] = {
            "people": people,
            "password": password,
            "session": session,
            "start": datetime.now(UTC) - timedelta(days=365),
        }
        self.begun = time.monotonic()

    def fill(self) -> None:
        self.add_roadmaps()
        self.run("people", sql.PEOPLE)
        self.run("users", sql.USERS)
        self.fill_table("account_emailaddress", sql.ADDRESSES)
        self.fill_table("progress_stepprogress", *self.slices(sql.MARKS))
        self.fill_table("progress_topiccheck", *self.slices(sql.TOPICS))
        for table, statement in {
            "progress_completion": sql.COMPLETIONS,
            "progress_note": sql.NOTES,
            "accounts_device": sql.DEVICES,
            "django_session": sql.SESSIONS,
            "usersessions_usersession": sql.USER_SESSIONS,
            "accounts_auditevent": sql.EVENTS,
            "django_tasks_database_dbtaskresult": sql.TASKS,
        }.items():
            self.fill_table(table, statement)
        self.run("members", sql.MEMBERS)
        self.run("groups", *sql.GROUPS)
        self.run("cleared", "DROP TABLE growth_member", "DROP TABLE growth_person")
        self.reset_sequences()
        self.run("vacuumed", "VACUUM (FREEZE, ANALYZE)")
        self.database.close()

    def run(self, name: str, *statements: str) -> None:
        for statement in statements:
            self.database.execute(statement, self.values)
        minutes = (time.monotonic() - self.begun) / 60
        print(f"  {minutes:6.1f} min: {name}", flush=True)

    def slices(self, statement: str) -> list[Callable[[], None]]:
        def insert(number: int) -> None:
            self.database.execute(statement, self.values | {"slice": number})

        return [partial(insert, number) for number in range(sql.SLICES)]

    def fill_table(self, table: str, *inserts: str | Callable[[], None]) -> None:
        """Build the indexes afterwards. TRUNCATE in the same transaction saves WAL."""
        indexes = drop_indexes(self.database, table)
        with self.database.transaction():
            if not self.database.value(sql.COUNT_REFERENCES.format(table=table)):
                self.database.execute(f"TRUNCATE {table}")
            for insert in inserts:
                if callable(insert):
                    insert()
                else:
                    self.database.execute(insert, self.values)
        self.run(f"{table}, without indexes")
        self.run(table, *indexes)

    def add_roadmaps(self) -> None:
        """The largest roadmap has the most learners; all have 23 required steps."""
        self.database.grow_roadmaps(sql.ROADMAPS)
        self.database.execute("UPDATE roadmaps_step SET is_optional = false")
        self.database.execute(sql.COPY_TOPICS)
        self.values |= {
            "roadmaps": self.database.values(sql.ALL_ROADMAPS),
            "steps": self.database.values(sql.ALL_STEPS),
            "topics": self.database.values(sql.ALL_TOPICS),
        }
        if len(self.values["topics"]) != 2 * sql.ROADMAPS * STEPS:
            raise MeasurementError("Some steps have fewer than two topics.")

    def reset_sequences(self) -> None:
        for table in ("accounts_user", "groups_group", "groups_assignment"):
            self.database.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                f" (SELECT max(id) FROM {table}))"
            )
