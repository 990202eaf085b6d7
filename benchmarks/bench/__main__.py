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

from benchmarks.bench import browser, rows, start
from benchmarks.bench.data import BASE_ROWS, Cluster, Database, Size
from benchmarks.bench.load import MeasurementError
from benchmarks.bench.report import Goal, Row, at_most, table, write
from benchmarks.bench.revision import CURRENT, Revision, checked_out
from benchmarks.bench.servers import (
    CAN_PIN,
    CLIENT_CORE,
    SERVER_CORE,
    Server,
    pin,
    running_servers,
)
from benchmarks.bench.site import Site, create_base
from benchmarks.bench.workload import Workload, measure_in_turn
from benchmarks.server import ROOT

QUICK = [Size(100_000, "rows"), Size(1_000, "steps"), Size(100, "roadmaps")]
FULL = [
    Size(1_000_000, "rows"),
    Size(10_000_000, "rows"),
    Size(230, "steps"),
    Size(1_000, "steps"),
    Size(1_000, "roadmaps"),
]
FIFTY_MILLION = Size(50_000_000, "rows")
MOST_BYTES = 110  # per row of progress
BROWSER, START = "slow phone, first view", "start memory"  # matched by --only
# With autogroup, Linux shares a core between sessions rather than processes: one of
# PostgreSQL's processes may then wait longer than a second for a busy server.
AUTOGROUP = Path("/proc/sys/kernel/sched_autogroup_enabled")


def parse_options() -> Namespace:
    parser = ArgumentParser(prog="make bench", description=__doc__)
    add = parser.add_argument
    add("--beside", metavar="REVISION", help="measure this git revision too")
    add("--quick", action="store_true", help="shorter loads and smaller sizes")
    add("--fifty-million", action="store_true", help="grow to 50 million rows as well")
    add("--only", default="", metavar="PATTERN", help="only rows whose name matches")
    add("--json", type=Path, default=ROOT / "benchmarks/results/bench.json")
    return parser.parse_args()


class Run:
    """One run: its databases, servers, rows and goals."""

    def __init__(self, options: Namespace, folder: Path, servers: list[Server]) -> None:
        self.folder, self.servers = folder, servers
        self.matches = re.compile(options.only).search
        self.repetitions, self.seconds, self.sessions = (
            (2, 1, 32) if options.quick else (5, 2, 256)
        )
        sizes = [*(QUICK if options.quick else FULL)]
        if options.fifty_million:
            sizes.append(FIFTY_MILLION)
        self.sizes = [s for s in sizes if any(map(self.matches, rows.names_of(s)))]
        self.rows: list[Row] = []
        self.goals: list[Goal] = []
        self.cluster = Cluster(folder / "postgres")

    def measure(self, other: Revision | None) -> None:
        people = self.fill(CURRENT, "base")
        crowds = [self.grow(size) for size in self.sizes]
        base = self.serve("base", people)
        if self.matches(BROWSER):  # before the loads, which make PostgreSQL vacuum
            self.browse(base)
        workloads = rows.limits(base, self.folder, self.servers)
        workloads += rows.of_people(base, [*rows.PAGES])
        workloads += rows.of_visitors(base)
        if other:
            before = self.serve("before", self.fill(other, "before"), other)
            workloads += rows.of_people(before, ["page", "step"])
            workloads += rows.of_visitors(before)
        for size, crowd in zip(self.sizes, crowds, strict=True):
            site = self.serve(size.database, crowd)
            grown = rows.of_people(site, [*rows.PAGES], size.name)
            workloads += [load for load in grown if load.name in rows.names_of(size)]
        self.load([load for load in workloads if self.matches(load.name)])
        if self.matches(START):
            self.add(*start.measure(base, self.repetitions))

    def fill(self, revision: Revision, database: str) -> int:
        """Create the database that all sizes begin with. Return its people."""
        log(f"filling {database}")
        url = create_base(self.cluster, revision, database)
        with closing(Database(url)) as filled:
            filled.grow(Size(BASE_ROWS, "rows"))
            return filled.count_people()

    def grow(self, size: Size) -> int:
        log(f"filling {size.name}")
        url = self.cluster.create(size.database, "base")
        with closing(Database(url)) as database:
            database.grow(size)
            if size.kind == "rows":
                stored = [database.bytes_per_row()]
                row = Row(f"{size.name}: storage per row", "bytes", stored)
                self.add([row], [at_most(row, MOST_BYTES)])
            return database.count_people()

    def serve(self, database: str, people: int, revision: Revision = CURRENT) -> Site:
        log(f"serving {database}")
        site = Site(self.cluster, database, people, self.sessions, revision)
        self.servers.append(site.server)
        site.server.wait(site.visit)
        return site

    def browse(self, site: Site) -> None:
        log(BROWSER)
        site.reset_progress()
        address = f"http://localhost:{site.server.port}"
        cookies = site.cookies[4:]
        self.add(*browser.measure(address, cookies, 3 * self.repetitions))

    def load(self, workloads: list[Workload]) -> None:
        log(f"{len(workloads)} loads, {self.repetitions} times in turn")
        measured = measure_in_turn(
            workloads, self.cluster.pid, self.repetitions, self.seconds
        )
        self.add(measured, rows.goals(measured, self.sizes))

    def add(self, measured: list[Row], goals: list[Goal]) -> None:
        self.rows += measured
        self.goals += goals


def describe(begin: datetime) -> dict[str, str]:
    """What the figures depend on, apart from the code."""
    cores = f"core {SERVER_CORE}, the client on core {CLIENT_CORE}"
    is_autogroup_on = AUTOGROUP.exists() and AUTOGROUP.read_text().strip() == "1"
    memory = psutil.virtual_memory().total // 2**30
    return {
        "begin": begin.isoformat(timespec="seconds"),
        "command": " ".join(["make bench", *sys.argv[1:]]),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {memory} GB",
        "servers": f"PostgreSQL and servers on {cores}" if CAN_PIN else "not pinned",
        "autogroup": "on" if is_autogroup_on else "off",
        "client": "wrk" if which("wrk") else "Python threads",
        "load": f"{os.getloadavg()[1]:.1f} processes, average of five minutes",
    }


def log(message: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {message}", file=sys.stderr, flush=True)


def main() -> None:
    options = parse_options()
    pin(os.getpid(), CLIENT_CORE)
    begin = datetime.now(UTC)
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(temporary))
        other = None
        if options.beside:
            log(f"checking out {options.beside}")
            other = stack.enter_context(checked_out(options.beside, folder))
        run = Run(options, folder, stack.enter_context(running_servers()))
        run.measure(other)
    about = describe(begin)
    print(table(run.rows, run.goals))
    print(*(f"{name}: {value}" for name, value in about.items()), sep="\n")
    print(f"{sum(goal.is_met for goal in run.goals)} of {len(run.goals)} goals are met")
    write(options.json, about, run.rows, run.goals)


if __name__ == "__main__":
    try:
        main()
    except MeasurementError as error:
        sys.exit(f"NOT MEASURED: {error}")
