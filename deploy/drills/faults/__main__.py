"""Break what Cairn depends on while people tick, and check what it promises."""

from __future__ import annotations

import os
import platform
import shlex
import sys
import tempfile
import time
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CalledProcessError

import psutil

from benchmarks.server import ROOT
from deploy.drills.cluster import namespaces, tools
from deploy.drills.cluster.cluster import Cluster
from deploy.drills.cluster.faults import CLUSTER_FAULTS
from deploy.drills.faults import database, processes, service_faults
from deploy.drills.faults.harness import Harness
from deploy.drills.faults.ledger import CannotRunError, Check
from deploy.drills.faults.report import Fault, Row, renew, table, write
from deploy.drills.rolling import PEOPLE

FAULTS = {
    "database-killed": Fault(
        "PostgreSQL killed with SIGKILL, restarted",
        "no acknowledged tick lost, none doubled; first success within 5 s of its"
        " return; meanwhile 503 with Retry-After within 3 s",
        database.database_killed,
    ),
    "web-killed": Fault(
        "web process killed with SIGKILL, restarted",
        "the same, but nothing answers meanwhile and clients try again",
        processes.web_killed,
    ),
    "connections-reset": Fault(
        "connections reset in the middle",
        "no error after the first retry, no poisoned pool",
        database.connections_reset,
    ),
    "black-hole": Fault(
        "database black-holed",
        "every answer within 10 s, health truthful, recovers by itself",
        database.black_hole,
    ),
    "table-locked": Fault(
        "a table locked for a minute", "503 within 3 s", database.table_locked
    ),
    "query-slow": Fault(
        "a slow query",
        "cancelled by statement_timeout within 5 s, 503",
        database.query_slow,
    ),
    "pool-full": Fault(
        "pool full", "waits at most 3 s, then 503; no deadlock", database.pool_full
    ),
    "disk-full": Fault(
        "disk full on the database",
        "503, nothing corrupted, recovers",
        database.disk_full,
    ),
    "cache-down": Fault(
        "cache down",
        "site works, limits fall back to per-process, a warning is logged once",
        service_faults.cache_down,
    ),
    "mail-down": Fault(
        "mail server down",
        "clear page, retried later, no half-made account",
        service_faults.mail_down,
    ),
    "rolling": Fault(
        "two web processes, rolling restart, load balancer in front",
        "no failed request; sessions, limits and static files shared",
        processes.rolling_restart,
    ),
    "clock-jumps": Fault(
        "clock jumps an hour",
        "no session or code accepted that should not be",
        processes.clock_jumps,
    ),
}


def parse_options() -> Namespace:
    parser = ArgumentParser(prog="make faults", description=__doc__)
    add = parser.add_argument
    add("--cluster", action="store_true", help="break hosts of a cluster instead")
    names = f"{[*FAULTS]}; with --cluster {[*CLUSTER_FAULTS]}"
    add("--only", action="append", metavar="NAME", help=names)
    add("--minute", type=float, default=60, help="seconds that the table is locked")
    add(
        "--write",
        action="store_true",
        help="renew the table in docs/reliability.md, or the rows of --only",
    )
    options = parser.parse_args()
    faults = CLUSTER_FAULTS if options.cluster else FAULTS
    if unknown := {*(options.only or ())} - {*faults}:
        parser.error(f"unknown: {', '.join(unknown)}; see --help")
    options.faults = {name: faults[name] for name in options.only or faults}
    return options


def main() -> None:
    options = parse_options()
    with cluster() if options.cluster else one_machine() as harness:
        rows = [
            measure(name, fault, harness, options)
            for name, fault in options.faults.items()
        ]
    text = table(rows)
    print(text)
    if options.write:
        section = "cluster" if options.cluster else "measured"
        page = ROOT / "docs/reliability.md"
        if options.only:
            renew(page, rows, conditions(), section)
        else:
            write(page, f"{conditions()}\n\n{text}", section)
    sys.exit(any(row.is_missed for row in rows))


@contextmanager
def one_machine() -> Iterator[Harness]:
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as folder:
        yield Harness(Path(folder))


@contextmanager
def cluster() -> Iterator[Cluster]:
    if missing := tools.missing_tools():
        sys.exit(f"NOT RUN: {missing}")
    if not namespaces.is_inside():
        tools.get_pgbouncer()
        namespaces.enter()
    started = Cluster(namespaces.listener().getsockname()[1])
    try:
        started.start()
    except (namespaces.HostFailedError, CalledProcessError) as error:
        sys.exit(str(error))
    yield started
    started.stop()


def measure(
    name: str, fault: Fault, harness: Harness | Cluster, options: Namespace
) -> Row:
    print(f"{name} …", flush=True)
    begun = time.monotonic()
    not_run, checks = "", []
    try:
        checks = fault.run(harness, options)
    except CannotRunError as error:
        not_run = f"not run: {error}"
    except Exception as error:
        traceback.print_exc()
        checks = [Check(f"{type(error).__name__}: {error}", holds=False)]
    row = Row(name, fault.title, fault.expected, checks, not_run)
    for check in row.checks:
        print(f"  {'holds' if check.holds else 'MISSED'}: {check.text}")
    print(f"  {row.verdict}, {time.monotonic() - begun:.0f} s", flush=True)
    return row


def conditions() -> str:
    today = datetime.now(UTC).strftime("%-d %B %Y")
    memory = psutil.virtual_memory().total / 2**30
    command = shlex.join(["make", "faults", f"OPTIONS={shlex.join(sys.argv[1:])}"])
    return (
        f"Measured on {today} by `{command}` with {PEOPLE} people on"
        f" {os.cpu_count()} cores and {memory:.0f} GB ({platform.system()},"
        f" Python {platform.python_version()}), which"
        f" {os.getloadavg()[2]:.0f} processes wanted."
    )


if __name__ == "__main__":
    main()
