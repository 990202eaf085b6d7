"""Measure Cairn, its limits, a plain Django page and another revision, in one run."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

import psutil

from benchmarks.bench import browser, long, rows
from benchmarks.bench.data import BASE_ROWS, Cluster, Database, Size
from benchmarks.bench.load import Load, measure_in_turn
from benchmarks.bench.report import Row, at_most, table
from benchmarks.bench.servers import (
    CURRENT,
    MeasurementError,
    Revision,
    checked_out,
    stop_servers,
)
from benchmarks.bench.site import Site, fill

QUICK = [Size(100_000, "rows"), Size(1_000, "steps"), Size(100, "roadmaps")]
FULL = [
    Size(1_000_000, "rows"),
    Size(10_000_000, "rows"),
    Size(1_000, "steps"),
    Size(1_000, "roadmaps"),
]
FIFTY_MILLION = Size(50_000_000, "rows")
FEW_SESSIONS = 32  # where queries are counted and speed has no goal
MOST_BYTES = 110  # per row of progress
BROWSER, START = "slow phone, first view", "start, memory"  # matched by --only
# With autogroup, Linux shares a core between sessions rather than processes: one of
# PostgreSQL's processes may then wait longer than a second for a busy server.
AUTOGROUP = Path("/proc/sys/kernel/sched_autogroup_enabled")


def parse_options() -> Namespace:
    parser = ArgumentParser(prog="make bench", description=__doc__)
    add = parser.add_argument
    add("--beside", metavar="REVISION", help="measure this git revision too")
    add("--quick", action="store_true", help="shorter loads and smaller sizes")
    add("--fifty-million", action="store_true", help="grow to 50 million rows as well")
    add("--only", default="", metavar="REGEX", help="only rows whose name matches")
    return parser.parse_args()


class Run:
    """One run: its databases and its rows, in `folder`."""

    def __init__(self, options: Namespace, folder: Path) -> None:
        self.folder = folder
        self.matches = re.compile(options.only).search
        self.repetitions, self.seconds, self.sessions = (
            (2, 1, 32) if options.quick else (5, 2, 256)
        )
        sizes = [*(QUICK if options.quick else FULL)]
        if options.fifty_million:
            sizes.append(FIFTY_MILLION)
        self.sizes = [
            size
            for size in sizes
            if any(self.matches(f"{size.name}: {row}") for row in rows.MOST_TIME)
        ]
        self.rows: list[Row] = []
        self.cluster = Cluster(folder / "postgres")

    def measure(self, other: Revision | None) -> None:
        self.fill("base", CURRENT)
        for size in self.sizes:
            self.grow(size)
        is_long = any(map(self.matches, long.NAMES))
        if is_long:
            log(f"filling {long.NAME}")
            long.fill(self.cluster, self.folder)
        base = self.serve("base")
        if self.matches(BROWSER):  # before the loads, which make PostgreSQL vacuum
            self.browse(base)
        loads = [*rows.of_site(base), *rows.limits(base, self.folder)]
        if other:
            self.fill("before", other)
            loads += rows.of_site(self.serve("before", other))
        if is_long:
            log(f"serving {long.NAME}")
            site = long.serve(self.cluster, FEW_SESSIONS)
            self.rows += long.browse(site, 2 * self.repetitions)
            loads += long.loads(site)
        for size in self.sizes:
            sessions = self.sessions if size.kind == "rows" else FEW_SESSIONS
            site = self.serve(size.database, sessions=sessions)
            loads += rows.of_people(site, size.name)
        self.load([load for load in loads if self.matches(load.name)])
        if self.matches(START):
            log(START)
            self.rows += rows.start_and_memory(base, self.repetitions)

    def fill(self, database: str, revision: Revision) -> None:
        """Create the database that all sizes begin with."""
        log(f"filling {database}")
        url = self.cluster.create(database)
        fill(revision, url)
        with closing(Database(url)) as filled:
            filled.grow(Size(BASE_ROWS, "rows"))

    def grow(self, size: Size) -> None:
        log(f"filling {size.name}")
        url = self.cluster.create(size.database, "base")
        with closing(Database(url)) as database:
            database.grow(size)
            if size.kind == "rows":
                stored = [database.bytes_per_row()]
                row = Row(f"{size.name}: storage per row", "bytes", stored)
                row.goals.append(at_most(row, MOST_BYTES))
                self.rows.append(row)

    def serve(
        self, database: str, revision: Revision = CURRENT, sessions: int = 0
    ) -> Site:
        log(f"serving {database}")
        url = self.cluster.url(database)
        return Site(url, sessions or self.sessions, revision)

    def browse(self, site: Site) -> None:
        log(BROWSER)
        site.reset_progress()
        address = f"http://localhost:{site.server.port}"
        self.rows += browser.measure(address, site.cookies, 2 * self.repetitions)

    def load(self, loads: list[Load]) -> None:
        log(f"{len(loads)} loads, {self.repetitions} times in turn")
        measured = measure_in_turn(loads, self.repetitions, self.seconds)
        rows.add_goals(measured, self.sizes)
        long.add_goals(measured)
        self.rows += measured


def describe(begin: datetime) -> dict[str, str]:
    """What the figures depend on, apart from the code."""
    is_autogroup_on = AUTOGROUP.exists() and AUTOGROUP.read_text().strip() == "1"
    memory = psutil.virtual_memory().total // 2**30
    return {
        "begin": begin.isoformat(timespec="seconds"),
        "minutes": f"{(datetime.now(UTC) - begin).total_seconds() / 60:.1f}",
        "command": " ".join(["make bench", *sys.argv[1:]]),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {memory} GB",
        "autogroup": "on" if is_autogroup_on else "off",
        "load": f"{os.getloadavg()[1]:.1f} processes, average of five minutes",
    }


def log(message: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {message}", file=sys.stderr, flush=True)


def main() -> None:
    options = parse_options()
    if not which("wrk"):
        sys.exit("NOT MEASURED: wrk is missing (apt-get install wrk).")
    begin = datetime.now(UTC)
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(temporary))
        other = None
        if options.beside:
            log(f"checking out {options.beside}")
            other = stack.enter_context(checked_out(options.beside, folder))
        stack.callback(stop_servers)
        run = Run(options, folder)
        try:
            run.measure(other)
        except MeasurementError as error:
            sys.exit(f"NOT MEASURED: {error}")
        finally:
            print(table(run.rows))
    goals = [goal for row in run.rows for goal in row.goals]
    print(*(f"{name}: {value}" for name, value in describe(begin).items()), sep="\n")
    print(f"{sum(goal.is_met for goal in goals)} of {len(goals)} goals are met")


if __name__ == "__main__":
    main()
