"""The numbers that Prometheus asks for, at an address that is not the site's.

They are one process's: run one granian worker a container and scrape each container.
"""

from collections.abc import Iterator

import structlog
from django.db import Error, connection
from django.tasks import TaskResultStatus
from django.utils import timezone
from prometheus_client import REGISTRY, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

log = structlog.get_logger("cairn.config")

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds

REQUESTS = Histogram(
    "cairn_request_seconds",
    "Time to answer",
    ["method", "route", "status"],
    buckets=BUCKETS,
)
QUERIES = Counter("cairn_queries", "Queries of requests", ["route"])
QUERY_SECONDS = Counter("cairn_query_seconds", "Time that they took", ["route"])


class Tasks(Collector):
    """The rows of the task queue, counted when they are asked for."""

    def describe(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("cairn_tasks", "Tasks", labels=["status"])

    def collect(self) -> Iterator[Metric]:
        from django_tasks_db.models import DBTaskResult

        count = GaugeMetricFamily("cairn_tasks", "Tasks", labels=["status"])
        oldest = GaugeMetricFamily(
            "cairn_tasks_oldest_ready_seconds", "How long the next task has waited"
        )
        try:
            for status in TaskResultStatus:
                rows = DBTaskResult.objects.filter(status=status).count()
                count.add_metric([status.value.lower()], rows)
            first = DBTaskResult.objects.ready().order_by("enqueued_at").first()
            waited = timezone.now() - first.enqueued_at if first else None
            oldest.add_metric([], waited.total_seconds() if waited else 0)
        except Error:
            return  # a scrape without them says that the database is away
        finally:
            connection.close()
        yield from (count, oldest)


def serve(address: str) -> None:
    """Answer Prometheus at `host:port`, by a thread of this process."""
    host, _, port = address.rpartition(":")
    try:
        start_http_server(int(port), host)
    except OSError as error:  # a second worker in the same container
        log.warning("metrics_not_served", address=address, error=str(error))
        return
    REGISTRY.register(Tasks())
