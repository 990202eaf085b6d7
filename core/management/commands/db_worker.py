import time
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
                # After SIGTERM, the loop ends here: the task was the last one.
                if self.running:
                    log.warning("database_is_away", error=type(error).__name__)
                    wait_for_database()
                    log.info("database_is_back")
            else:
                return


def wait_for_database() -> None:
    while True:
        time.sleep(RETRY_INTERVAL)
        connection.close()
        try:
            connection.ensure_connection()
        except OperationalError:
            continue
        return


class Command(db_worker.Command):
    """Replaces django-tasks-db's command of the same name. It has no `--reload`."""

    help = "Send mails and do the other work that is queued, until it is stopped."

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
