import sys
import time
from types import FrameType
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection
from django_tasks_db.management.commands import db_worker

RETRY_INTERVAL = 2  # seconds

log = structlog.get_logger("cairn.core")


class Worker(db_worker.Worker):
    """django-tasks-db's worker, but it waits for a database that is unavailable."""

    def run(self) -> None:
        while self.running:
            try:
                super().run()
            except (OperationalError, InterfaceError) as error:
                log.warning("database_is_away", error=type(error).__name__)
                self.wait_for_database()
            else:
                return

    def shutdown(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stop after the current task, or at once when the second signal comes.

        Unlike django-tasks-db's, it logs nothing: a signal can arrive while a line is
        being written, and to write another one then fails.
        """
        if not self.running:
            sys.exit(1)
        self.running = False
        if not self.running_task:
            sys.exit(0)

    def wait_for_database(self) -> None:
        """Return when the database is back, or after SIGTERM."""
        while self.running:
            time.sleep(RETRY_INTERVAL)
            connection.close()
            try:
                connection.ensure_connection()
            except OperationalError:
                continue
            log.info("database_is_back")
            return


class Command(db_worker.Command):
    """Replaces django-tasks-db's command of the same name. It has no `--reload`."""

    help = "Send emails and run other queued tasks until stopped."

    def handle(
        self,
        *,
        verbosity: int,
        queue_name: str,
        exclude_queues: str,
        interval: float,
        batch: bool,
        backend_name: str,
        startup_delay: bool,
        max_tasks: int | None,
        worker_id: str,
        **_: Any,
    ) -> None:
        self.configure_logging(verbosity)
        worker = Worker(
            queue_names=queue_name.split(","),
            excluded_queue_names=exclude_queues.split(",") if exclude_queues else [],
            interval=interval,
            batch=batch,
            backend_name=backend_name,
            startup_delay=startup_delay,
            max_tasks=max_tasks,
            worker_id=worker_id,
        )
        worker.configure_signals()
        worker.run()
