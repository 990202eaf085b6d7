"""How soon a process is ready, what that costs, and what memory its worker takes."""

from __future__ import annotations

import psutil

from benchmarks.bench.report import Goal, Row, at_most
from benchmarks.bench.servers import cpu, granian
from benchmarks.bench.site import Site, environment

MB = 1_000_000
READY, MEMORY = 1, 90  # seconds, MB a worker


def measured(site: Site, repetitions: int) -> tuple[list[Row], list[Goal]]:
    """Of processes that start anew, and of the one that has served the loads."""
    ready = Row("start: until the first page is answered", "s")
    spent = Row("start: CPU time of the server until then", "s")
    for _ in range(repetitions):
        server = granian("config.wsgi:application", environment(site.database.url))
        try:
            ready.values.append(server.wait(site.visit()))
            spent.values.append(cpu(server.process.pid))
        finally:
            server.stop()
    main = psutil.Process(site.server.process.pid)
    shares = [child.memory_full_info().pss / MB for child in main.children()]
    worker = Row("memory: a worker after the loads, its share (PSS)", "MB", shares)
    own = main.memory_full_info().pss / MB
    watching = Row("memory: the process that watches the workers (PSS)", "MB", [own])
    goals = [at_most(ready, READY, "s"), at_most(worker, MEMORY, "MB")]
    return [ready, spent, worker, watching], goals
