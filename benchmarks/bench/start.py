"""How long a process takes to start, and how much memory its worker needs."""

from __future__ import annotations

import psutil

from benchmarks.bench.report import Goal, Row, at_most
from benchmarks.bench.servers import cpu_seconds, start_granian
from benchmarks.bench.site import Site, environment

MB = 1_000_000
MOST_SECONDS, MOST_MEMORY = 1, 90  # MB per worker


def measure(site: Site, repetitions: int) -> tuple[list[Row], list[Goal]]:
    """The memory is that of the process that has served the loads."""
    first_page = Row("start: until the first page", "s")
    used = Row("start: CPU time until then", "s")
    for _ in range(repetitions):
        server = start_granian(
            "config.wsgi:application", environment(site.database.url)
        )
        try:
            first_page.values.append(server.wait(site.visit))
            used.values.append(cpu_seconds(server.process.pid))
        finally:
            server.stop()
    parent = psutil.Process(site.server.process.pid)
    shares = [child.memory_full_info().pss / MB for child in parent.children()]
    worker = Row("memory: a worker after the loads (PSS)", "MB", shares)
    goals = [at_most(first_page, MOST_SECONDS), at_most(worker, MOST_MEMORY)]
    return [first_page, used, worker], goals
