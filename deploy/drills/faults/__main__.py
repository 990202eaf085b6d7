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
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.server import ROOT
from deploy.drills.faults import database, processes, service_faults
from deploy.drills.faults.harness import Harness
from deploy.drills.faults.ledger import CannotRunError, Check
from deploy.drills.faults.report import Row, table, write
from deploy.drills.rolling import PEOPLE


class Fault(NamedTuple):
    title: str
    expected: str
    run: Callable[[Harness, Namespace], list[Check]]


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
    add("--only", action="append", choices=FAULTS, metavar="NAME", help=str([*FAULTS]))
    add("--minute", type=float, default=60, help="seconds that the table is locked")
    add("--write", action="store_true", help="renew the table in docs/reliability.md")
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    rows = []
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as folder:
        harness = Harness(Path(folder))
        for name in options.only or FAULTS:
            fault = FAULTS[name]
            print(f"{name} …", flush=True)
            begun = time.monotonic()
            try:
                row = Row(
                    name, fault.title, fault.expected, fault.run(harness, options)
                )
            except CannotRunError as error:
                row = Row(name, fault.title, fault.expected, [], f"not run: {error}")
            except Exception as error:
                traceback.print_exc()
                broke = Check(f"{type(error).__name__}: {error}", holds=False)
                row = Row(name, fault.title, fault.expected, [broke])
            rows.append(row)
            for check in row.checks:
                print(f"  {'holds' if check.holds else 'MISSED'}: {check.text}")
            print(f"  {row.verdict}, {time.monotonic() - begun:.0f} s", flush=True)
    text = table(rows)
    print(text)
    if options.write:
        write(ROOT / "docs/reliability.md", f"{conditions()}\n\n{text}")
    sys.exit(any(row.is_missed for row in rows))


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
