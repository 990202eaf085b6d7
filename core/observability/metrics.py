"""Metrics for Prometheus, served at an address of their own.

Each process counts for itself, so run one granian worker per container and scrape each
container.
"""

from collections.abc import Iterator

import structlog
from django.conf import settings
from django.db import Error, connection
from django.tasks import TaskResultStatus
from django.utils import timezone
from prometheus_client import REGISTRY, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

log = structlog.get_logger("cairn.core")

MAX_COUNTED_TASKS = 100_000  # of each status
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds

REQUESTS = Histogram(
    "cairn_request_seconds",
    "Time to answer",
    ["method", "route", "status"],
    buckets=BUCKETS,
)
QUERIES = Counter("cairn_queries", "Queries of requests", ["route"])
QUERY_SECONDS = Counter("cairn_query_seconds", "Time that they took", ["route"])

REPLICA_PAGES = Counter("cairn_replica_pages", "Pages read from the replica")


class TaskCollector(Collector):
    """Counts the rows of the task queue when Prometheus asks for them."""

    def describe(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("cairn_tasks", "Tasks", labels=["status"])

    def collect(self) -> Iterator[Metric]:
        """Yield nothing if the database is unavailable."""
        from django_tasks_db.models import DBTaskResult

        from core.mail import count_put_off_mails

        count = GaugeMetricFamily("cairn_tasks", "Tasks", labels=["status"])
        oldest = GaugeMetricFamily(
            "cairn_tasks_oldest_ready_seconds", "How long the next task has waited"
        )
        put_off = GaugeMetricFamily(
            "cairn_tasks_put_off", "Mails that could not be sent yet"
        )
        try:
            for status in TaskResultStatus:
                rows = DBTaskResult.objects.filter(status=status).order_by()
                count.add_metric(
                    [status.value.lower()], rows[:MAX_COUNTED_TASKS].count()
                )
            task = DBTaskResult.objects.ready().order_by("enqueued_at").first()
            waited = timezone.now() - task.enqueued_at if task else None
            oldest.add_metric([], waited.total_seconds() if waited else 0)
            put_off.add_metric([], count_put_off_mails())
        except Error:
            return
        finally:
            connection.close()
        yield from (count, oldest, put_off)


class DatabaseCollector(Collector):
    """Connects to the database and to its replica when Prometheus asks."""

    def describe(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("cairn_database_up", "Reachable", labels=["server"])

    def collect(self) -> Iterator[Metric]:
        from core.observability.health import check_databases

        checks = check_databases()
        up = GaugeMetricFamily("cairn_database_up", "Reachable", labels=["server"])
        for name in ("database", "replica"):
            if name in checks:
                up.add_metric([name], checks[name]["ok"])
        yield up
        lag = checks.get("replica", {}).get("lag_bytes")
        if lag is not None:
            yield GaugeMetricFamily(
                "cairn_replica_lag_bytes",
                "Bytes of the database's log that the replica has not replayed",
                value=lag,
            )


def serve(address: str) -> None:
    """Serve the metrics at `host:port` in a thread of this process.

    Log a warning if the port is in use, as it is for a second worker in a container.
    """
    host, _, port = address.rpartition(":")
    try:
        start_http_server(int(port), host)
    except OSError as error:
        log.warning("metrics_not_served", address=address, error=str(error))
        return
    REGISTRY.register(TaskCollector())
    if settings.DATABASE_REPLICA:
        REGISTRY.register(DatabaseCollector())
