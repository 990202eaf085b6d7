"""Measure how much more Cairn serves with more web processes, until PostgreSQL is the
limit.

One, two and four web processes run behind Caddy, with the configuration in deploy/. All
of them are on core 0, and each may use 0.2 of it, like machines with a fifth of a core
each. So each process that is added brings its own CPU, and four do not fill the core.
PostgreSQL, Caddy, the cache, PgBouncer and wrk are on core 1. Linux's control groups
set the limits and count the CPU time of each part.

One core of PostgreSQL can serve several cores of web processes. To reach PostgreSQL's
limit on two cores, one measurement restricts it to the share of a core that three of
the four web processes need.
"""

from __future__ import annotations

import os
import platform
import shlex
import signal
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.bench.servers import MeasurementError
from benchmarks.machines import forecast, tables
from benchmarks.machines.cpu_groups import LEAST_SHARE, close_groups
from benchmarks.machines.installation import (
    DIRECT,
    MOST_PROCESSES,
    POOLED,
    POOLER_CONNECTIONS,
    SESSIONS,
    SHARE,
    Installation,
    find_missing,
)
from benchmarks.machines.measurement import DATABASE, WEB, Measured, Sample
from benchmarks.machines.tables import Statements
from benchmarks.machines.traffic import MIX, PAGE, TICK, UNCACHED, VISIT, VISITOR
from benchmarks.server import ROOT
from deploy.drills.faults.report import write

PROCESSES = [1, 2, MOST_PROCESSES]
FED = 0.75  # the share of the web processes that a limited PostgreSQL can serve
WAYS = {DIRECT: "direct", POOLED: f"PgBouncer, {POOLER_CONNECTIONS} connections"}


def parse_options() -> Namespace:
    parser = ArgumentParser(prog="make machines", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="one short load of each kind, fewer rows")
    add("--write", action="store_true", help="renew the tables in docs/scale.md")
    return parser.parse_args()


class Run:
    def __init__(self, installation: Installation, quick: bool) -> None:
        self.at = installation
        self.repetitions, self.seconds = (1, 1) if quick else (3, 3)
        self.costs: dict[str, Measured] = {}  # of each kind, with all web processes

    def repeat[Key](
        self, keys: list[Key], send: Callable[[Key], Sample]
    ) -> dict[Key, Measured]:
        """Measure each key once, then all of them again, so that a slow minute of the
        machine affects all of them.
        """
        samples: defaultdict[Key, list[Sample]] = defaultdict(list)
        for _ in range(self.repetitions):
            for key in keys:
                samples[key].append(send(key))
        return {key: Measured(some) for key, some in samples.items()}

    def send(self, kind: str, processes: int, name: str = DIRECT) -> Sample:
        """Repeat once after a failure: if the disk stalls for a moment, a page may wait
        too long for a connection.
        """
        with self.at.balanced(processes, name):
            try:
                return self.at.send(kind, self.seconds, processes, name)
            except MeasurementError as error:
                log(f"repeating {kind}: {error}")
                return self.at.send(kind, self.seconds, processes, name)

    def measure(self) -> str:
        """Run all measurements, and return the sections of the report."""
        log("filling caches")
        self.at.warm_up()
        log("adding web processes")
        keys = [(kind, count) for kind in self.at.traffic for count in PROCESSES]
        machines = self.repeat(keys, lambda key: self.send(*key))
        self.costs = {kind: machines[kind, MOST_PROCESSES] for kind in self.at.traffic}
        log("counting statements")
        counted = self.count()
        log("PgBouncer")
        pooled = self.repeat(
            [(kind, name) for kind in (PAGE, TICK, MIX) for name in WAYS],
            lambda key: self.send(key[0], MOST_PROCESSES, key[1]),
        )
        connections = {way: self.at.connections(name) for name, way in WAYS.items()}
        log("limiting PostgreSQL")
        quota, limited = self.limit()
        mix = self.costs[MIX]
        return "\n\n".join(
            [
                "### More web processes",
                tables.of_machines(machines),
                tables.used_elsewhere(mix),
                "### What one core of PostgreSQL feeds",
                tables.of_database(
                    self.costs,
                    {kind: counted[kind, MOST_PROCESSES] for kind in self.costs},
                ),
                tables.of_limit(limited, quota, mix),
                "### PgBouncer",
                tables.of_pooler(
                    {(kind, WAYS[name]): each for (kind, name), each in pooled.items()},
                    connections,
                ),
                "### A replica for visitors’ pages",
                tables.of_visitors(
                    {k: v for k, v in counted.items() if k[0] in (VISITOR, UNCACHED)},
                    self.costs,
                ),
                "### A million active people a day",
                f"Computed, under these assumptions: {forecast.assumptions()}",
                tables.table(forecast.forecast(mix)),
                tables.table(forecast.costs(self.costs)),
            ]
        )

    def count(self) -> dict[tuple[str, int], Statements]:
        """Return the statements of each kind with all web processes, and those of
        visitors' pages also with fewer.
        """
        counted = {}
        keys = [(VISITOR, count) for count in PROCESSES[:-1]]
        keys += [(kind, MOST_PROCESSES) for kind in self.at.traffic]
        with self.at.logged():
            for kind, processes in keys:
                with self.at.balanced(processes):
                    executed, sample = self.at.count_statements(
                        kind, self.seconds, processes
                    )
                responses = sample.result.responses + 1
                counted[kind, processes] = Statements(
                    executed, responses, sample.elapsed
                )
        return counted

    def limit(self) -> tuple[float, dict[tuple[str, int], Measured]]:
        """Limit PostgreSQL and measure the mix. Return its share of a core, too."""
        mix = self.costs[MIX]
        web_cores = FED * MOST_PROCESSES * SHARE
        quota = max(LEAST_SHARE, web_cores * mix.cost(DATABASE) / mix.cost(WEB))
        self.at.database_group.limit(quota)
        keys = [(DIRECT, count) for count in PROCESSES] + [(POOLED, MOST_PROCESSES)]
        limited = self.repeat(keys, lambda key: self.send(MIX, key[1], key[0]))
        self.at.database_group.unlimit()
        return quota, {(WAYS[name], n): each for (name, n), each in limited.items()}


def conditions(begin: datetime, rows: int) -> str:
    minutes = (datetime.now(UTC) - begin).total_seconds() / 60
    memory = psutil.virtual_memory().total / 2**30
    command = shlex.join(["make", "machines", f"OPTIONS={shlex.join(sys.argv[1:])}"])
    visit = ", ".join(f"{kind} ({count})" for kind, count in VISIT.items())
    return (
        f"Measured on {begin:%-d %B %Y} by `{command}` in {minutes:.0f} minutes, on"
        f" {os.cpu_count()} cores and {memory:.0f} GB ({platform.system()}, Python"
        f" {platform.python_version()}); {os.getloadavg()[2]:.1f} processes wanted a"
        f" core in the last 15 minutes. {rows:,} marks, {SESSIONS} people signed in."
        f" The mix is one visit: {visit}. Each web process may use {SHARE:g} of a core,"
        " so it responds more slowly than with a whole one. “Core ms” are milliseconds"
        " of CPU time for one response."
    )


def log(message: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {message}", file=sys.stderr, flush=True)


def main() -> None:
    options = parse_options()
    if missing := find_missing():
        sys.exit(f"NOT MEASURED: {missing}.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    begin, rows = datetime.now(UTC), 100_000 if options.quick else 1_000_000
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(temporary))
        folder.chmod(0o777)  # PgBouncer's own user writes its log here
        stack.callback(close_groups)
        log(f"filling {rows:,} rows, starting servers")
        try:
            run = Run(Installation(folder, rows, stack), options.quick)
            measured = run.measure()
        except MeasurementError as error:
            sys.exit(f"NOT MEASURED: {error}")
    text = f"{conditions(begin, rows)}\n\n{measured}"
    print(text)
    if options.write:
        write(ROOT / "docs/scale.md", text, "machines")


if __name__ == "__main__":
    main()
