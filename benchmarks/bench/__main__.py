"""Measure Cairn beside its limits and a plain Django page, as it is and as it grows."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from shutil import which

import psutil

from benchmarks.bench import browser, goals, loads, start
from benchmarks.bench.data import ROWS, Cluster, Database
from benchmarks.bench.load import FailedError
from benchmarks.bench.report import Goal, Row, at_most, table, write
from benchmarks.bench.servers import CAN_PIN, CLIENT, SERVING, Server, pin, stopping
from benchmarks.bench.site import Site, prepare
from benchmarks.bench.sizes import FIFTY_MILLION, FULL, QUICK, Size
from benchmarks.bench.work import take_turns
from benchmarks.server import ROOT

MOST_BYTES = 110  # a row of progress
BROWSER, START = "slow phone, first view", "start memory"  # what --only looks for
# Where Linux shares a core by sessions, one of PostgreSQL's processes may wait for it
# for longer than a second while the servers have much to do.
AUTOGROUP = Path("/proc/sys/kernel/sched_autogroup_enabled")


def options() -> Namespace:
    parser = ArgumentParser(prog="make bench", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="shorter loads and smaller sizes")
    add("--fifty-million", action="store_true", help="grow to 50 million rows as well")
    add("--only", default="", metavar="PATTERN", help="only rows whose name matches")
    add("--json", type=Path, default=ROOT / "benchmarks/results/bench.json")
    return parser.parse_args()


def main() -> None:
    asked = options()
    wanted = re.compile(asked.only).search
    repetitions, seconds, sessions = (2, 1, 32) if asked.quick else (5, 2, 256)
    sizes = [*(QUICK if asked.quick else FULL)]
    if asked.fifty_million:
        sizes.append(FIFTY_MILLION)
    sizes = [size for size in sizes if any(map(wanted, size.names))]
    pin(os.getpid(), CLIENT)
    begun = datetime.now(UTC)
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as name, stopping() as servers:
        folder = Path(name)
        cluster = Cluster(folder / "postgres")
        people = begin(cluster)
        crowds, stored = grow(cluster, sizes, people)
        base = serve(cluster, "base", people, sessions, servers)
        parts = [(stored, [at_most(row, MOST_BYTES, "bytes") for row in stored])]
        if wanted(BROWSER):  # before the loads, after which PostgreSQL tidies up
            say(BROWSER)
            parts.append(browse(base, 3 * repetitions))  # frames vary
        works = [
            *loads.limits(base, folder, servers),
            *loads.signed_in(base),
            *loads.visits(base),
        ]
        for size, crowd in zip(sizes, crowds, strict=True):
            say(f"serving {size.name}")
            site = serve(cluster, size.database, crowd, sessions, servers)
            grown = loads.signed_in(site, size.name)
            works += [work for work in grown if work.name in size.pages]
        works = [work for work in works if wanted(work.name)]
        say(f"{len(works)} loads, {repetitions} times in turn")
        loaded = take_turns(works, cluster.pid, repetitions, seconds)
        parts.append((loaded, goals.of_loads(loaded, sizes)))
        if wanted(START):
            say(START)
            parts.append(start.measured(base, repetitions))
    rows, met = (list(chain.from_iterable(all_)) for all_ in zip(*parts, strict=True))
    show(asked, begun, rows, met)


def begin(cluster: Cluster) -> int:
    """Fill the database that all others begin as; return how many people it has."""
    say("filling base")
    url = cluster.create("base")
    prepare(url)
    with closing(Database(url)) as database:
        return Size(ROWS, "rows").fill(database, 0)


def grow(
    cluster: Cluster, sizes: list[Size], people: int
) -> tuple[list[int], list[Row]]:
    """A database for each size: how many people it has, and what it stores."""
    crowds, stored = [], []
    for size in sizes:
        say(f"filling {size.name}")
        with closing(Database(cluster.create(size.database, "base"))) as database:
            crowds.append(size.fill(database, people))
            if size.storage:
                both = [database.bytes_a_row(), database.bytes_a_row_in_time()]
                stored += [
                    Row(name, "bytes", [each])
                    for name, each in zip(size.storage, both, strict=True)
                ]
    return crowds, stored


def serve(
    cluster: Cluster, name: str, people: int, sessions: int, servers: list[Server]
) -> Site:
    """Cairn on a database, once it answers."""
    site = Site(cluster, name, people, sessions)
    servers.append(site.serve())
    site.server.wait(site.visit())
    return site


def browse(base: Site, repetitions: int) -> tuple[list[Row], list[Goal]]:
    base.put_back()
    address = f"http://localhost:{base.server.port}"
    return browser.measured(address, base.sessions, repetitions)


def show(asked: Namespace, begun: datetime, rows: list[Row], met: list[Goal]) -> None:
    """Print the table, and write it down."""
    place = f"on core {SERVING}, the client on core {CLIENT}" if CAN_PIN else "unpinned"
    about = {
        "begun": begun.isoformat(timespec="seconds"),
        "command": " ".join(["make bench", *sys.argv[1:]]),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores,"
        f" {psutil.virtual_memory().total // 2**30} GB",
        "servers": f"PostgreSQL and servers {place}",
        "scheduler": f"autogroup {'on' if is_shared_by_session() else 'off'}",
        "client": "wrk" if which("wrk") else "threads of Python's",
        "load": f"{os.getloadavg()[1]:.1f} processes wanted a core, over five minutes",
    }
    print(table(rows, met))
    print(*(f"{name}: {said}" for name, said in about.items()), sep="\n")
    print(f"{sum(goal.is_met for goal in met)} of {len(met)} goals are met")
    write(asked.json, about, rows, met)


def is_shared_by_session() -> bool:
    return AUTOGROUP.exists() and AUTOGROUP.read_text().strip() == "1"


def say(what: str) -> None:
    """What is being done, for whoever waits."""
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except FailedError as error:
        sys.exit(f"NOT MEASURED: {error}")
