import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from core.postgresql.pooler import is_pooled

# While a migration waits for a table, other queries wait behind it, and those of web
# processes fail after a second. An autovacuum makes way only for a statement that has
# waited for a second, so the later attempts wait longer.
LOCK_TIMEOUT = "500ms"
LATER_LOCK_TIMEOUT = "2s"
RETRY_INTERVAL = 3  # seconds, so that the queries behind it can run
MAX_ATTEMPTS = 20
LOCK_ID = 0xCA184  # of the advisory lock


class Command(BaseCommand):
    help = "Migrate the database. If it is new, import the roadmaps that Cairn ships."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--administrator",
            metavar="EMAIL",
            help="create this administrator if there is none",
        )

    def handle(self, *, administrator: str | None, verbosity: int, **_: Any) -> None:
        with bootstrap_lock():
            self.migrate()
            call_command(
                "import_roadmap",
                *sorted(settings.BASE_DIR.glob("fixtures/*.yaml")),
                only_if_new=True,
                verbosity=verbosity,
                stdout=self.stdout,
            )
        if administrator:
            call_command("make_administrator", administrator, stdout=self.stdout)

    def migrate(self) -> None:
        """Apply the migrations. Raises OperationalError if a table stays in use."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                call_command("migrate", interactive=False, verbosity=0)
            except OperationalError as error:
                is_in_use = isinstance(error.__cause__, LockNotAvailable)
                if not is_in_use or attempt == MAX_ATTEMPTS:
                    raise
                self.stdout.write("A table is in use. Trying the migration again.")
                time.sleep(RETRY_INTERVAL)
                if attempt == MAX_ATTEMPTS // 2:
                    set_lock_timeout(LATER_LOCK_TIMEOUT)
            else:
                return


@contextmanager
def bootstrap_lock() -> Iterator[None]:
    """Let one process at a time run the block, with LOCK_TIMEOUT."""
    with connection.cursor() as cursor:
        if is_pooled(connection.connection):
            raise CommandError(
                "Bootstrap cannot run behind a connection pooler, because its lock "
                "belongs to a session. Run it with a DATABASE_URL that leads to "
                "PostgreSQL itself."
            )
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_ID])
        try:
            set_lock_timeout(LOCK_TIMEOUT)
            yield
        finally:
            cursor.execute("RESET lock_timeout")
            cursor.execute("RESET statement_timeout")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_ID])


def set_lock_timeout(timeout: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{timeout}'")
