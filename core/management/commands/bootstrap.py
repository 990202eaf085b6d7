import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

LOCK_TIMEOUT = "2s"  # every query on the table queues behind a migration that waits
PAUSE = 3  # seconds, for what queued meanwhile
TRIES = 20
BOOTSTRAP = 0xCA184  # an advisory lock's number, ours alone


class Command(BaseCommand):
    help = "Bring the database up to date and load the roadmaps that it does not have."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--administrator",
            metavar="EMAIL",
            help="make this administrator when there is none",
        )

    def handle(self, *, administrator: str | None, verbosity: int, **_: Any) -> None:
        with one_at_a_time():
            self.migrate()
            call_command(
                "import_roadmap",
                *sorted(settings.BASE_DIR.glob("fixtures/*.yaml")),
                skip_existing=True,
                verbosity=verbosity,
                stdout=self.stdout,
            )
        if administrator:
            call_command("make_administrator", administrator, stdout=self.stdout)

    def migrate(self) -> None:
        """Raises OperationalError when a table stays in use for all tries."""
        for left in reversed(range(TRIES)):
            try:
                call_command("migrate", interactive=False, verbosity=0)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable) or not left:
                    raise
                self.stdout.write("A table is in use; the migration is tried again.")
                time.sleep(PAUSE)
            else:
                return


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for whoever migrates, then wait for no table longer than LOCK_TIMEOUT."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [BOOTSTRAP])
        try:
            cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
            yield
        finally:
            cursor.execute("RESET lock_timeout")
            cursor.execute("RESET statement_timeout")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [BOOTSTRAP])
