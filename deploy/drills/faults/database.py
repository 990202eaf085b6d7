"""Faults of the database, and of the network to it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import urllib3

from deploy.drills.faults.harness import Harness
from deploy.drills.faults.ledger import (
    UNAVAILABLE,
    CannotRunError,
    Check,
    longest_failure_run,
    no_failures_since,
    only_served_or_503,
    recovers_within,
    responds_within,
)

WARM = 3  # seconds under load before a fault, and after it
DOWN = 6  # seconds that something is down
DISK_SIZE = 400  # MB of the disk that fills up
LIMIT = 10.0  # seconds for every response


def unavailable(answers: list, limit: float, what: str = "503") -> Check:
    return responds_within(
        limit, [one for one in answers if one.answer == UNAVAILABLE], what
    )


def database_killed(harness: Harness, _: Namespace) -> list[Check]:
    with harness.serving() as web, harness.people(web.port) as learners:
        time.sleep(WARM)
        killed = time.monotonic()
        harness.database.kill()
        time.sleep(DOWN)
        down = learners.between(killed, time.monotonic())
        back = harness.database.start()
        time.sleep(5 + WARM)
    return [
        harness.ticks_stored(learners),
        recovers_within(5, learners.answers, back),
        unavailable(down, 3),
        only_served_or_503(learners.answers),
        no_failures_since(learners.answers, back + 5),
    ]


def connections_reset(harness: Harness, _: Namespace) -> list[Check]:
    resets = 3
    with (
        harness.database.behind_proxy() as (proxy, url),
        harness.serving(DATABASE_URL=url) as web,
        harness.people(web.port) as learners,
    ):
        for _number in range(resets):
            time.sleep(WARM)
            proxy.reset()
        over = time.monotonic()
        time.sleep(2 * WARM)
    worst = max(longest_failure_run(person.history) for person in learners.people)
    text = f"{resets} resets, a person's most failures in a row: {worst}"
    return [
        Check(text, worst <= 1),
        no_failures_since(learners.answers, over + 1),
        only_served_or_503(learners.answers),
        harness.ticks_stored(learners),
    ]


def black_hole(harness: Harness, _: Namespace) -> list[Check]:
    with (
        harness.database.behind_proxy() as (proxy, url),
        harness.serving(DATABASE_URL=url) as web,
        harness.people(web.port) as learners,
    ):
        time.sleep(WARM)
        before = health(web.port)
        dark = time.monotonic()
        proxy.is_stalled = True
        time.sleep(2 * DOWN)
        during = health(web.port)
        back = time.monotonic()
        proxy.is_stalled = False
        time.sleep(5 + WARM)
        after = health(web.port)
    truth = [before, during, after] == [(200, 200), (200, 503), (200, 200)]
    unanswered = [one for one in learners.answers if one.ended > dark]
    return [
        responds_within(LIMIT, unanswered, "every answer"),
        Check(
            f"healthz, readyz before, in and after: {before} {during} {after}", truth
        ),
        recovers_within(5, learners.answers, back),
        no_failures_since(learners.answers, back + 5),
        only_served_or_503(learners.answers),
        harness.ticks_stored(learners),
    ]


def health(port: int) -> tuple[int, int]:
    healthz, readyz = (
        urllib3.request("GET", f"http://localhost:{port}/{path}", timeout=15).status
        for path in ("healthz", "readyz")
    )
    return healthz, readyz


def table_locked(harness: Harness, options: Namespace) -> list[Check]:
    with harness.serving() as web, harness.people(web.port) as learners:
        time.sleep(WARM)
        with harness.database.connect() as own, own.transaction():
            own.execute("LOCK TABLE progress_stepprogress")
            locked = time.monotonic()
            time.sleep(options.minute)
            inside = learners.between(locked, time.monotonic())
        back = time.monotonic()
        time.sleep(5 + WARM)
    return [
        unavailable(inside, 3, f"503 in {options.minute:.0f} s of lock"),
        recovers_within(5, learners.answers, back),
        only_served_or_503(learners.answers),
        no_failures_since(learners.answers, back + 5),
        harness.ticks_stored(learners),
    ]


def query_slow(harness: Harness, _: Namespace) -> list[Check]:
    with harness.serving() as web, harness.people(web.port) as learners:
        time.sleep(WARM)
        slow = time.monotonic()
        with harness.database.slow(60), watch_slow_queries(harness) as longest:
            time.sleep(3 * DOWN)
            inside = learners.between(slow, time.monotonic())
        back = time.monotonic()
        time.sleep(5 + WARM)
    ran = longest["slow"]
    return [
        Check(f"a tick of 60 s was cancelled after {ran:.1f} s", 3 < ran <= 5),
        unavailable(inside, LIMIT),
        recovers_within(5, learners.answers, back),
        only_served_or_503(learners.answers),
        no_failures_since(learners.answers, back + 5),
        harness.ticks_stored(learners),
    ]


@contextmanager
def watch_slow_queries(harness: Harness) -> Iterator[dict[str, float]]:
    """The seconds that the longest sleeping query has run, under the key "slow"."""
    longest, stopped = {"slow": 0.0}, threading.Event()

    def look() -> None:
        with harness.database.connect() as own:
            while not stopped.wait(0.1):
                [(seconds,)] = own.execute(
                    "SELECT coalesce(max(extract(epoch FROM clock_timestamp() -"
                    " query_start)), 0) FROM pg_stat_activity WHERE state = 'active'"
                    " AND wait_event = 'PgSleep'"
                )
                longest["slow"] = max(longest["slow"], float(seconds))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield longest
    finally:
        stopped.set()
        watcher.join()


def pool_full(harness: Harness, _: Namespace) -> list[Check]:
    with (
        harness.serving(DATABASE_POOL_SIZE="2") as web,
        harness.people(web.port) as learners,
    ):
        time.sleep(WARM)
        full = time.monotonic()
        with harness.database.slow(2):
            time.sleep(3 * DOWN)
            inside = learners.between(full, time.monotonic())
        back = time.monotonic()
        time.sleep(5 + WARM)
    served = sum(one.is_success for one in inside)
    return [
        unavailable(inside, 3),
        Check(f"{served} were served meanwhile by 2 connections", served > 0),
        recovers_within(5, learners.answers, back),
        only_served_or_503(learners.answers),
        no_failures_since(learners.answers, back + 5),
        harness.ticks_stored(learners),
    ]


@contextmanager
def small_disk() -> Iterator[Path]:
    """A folder with room for `DISK_SIZE` MB.

    Raises CannotRunError unless this process may mount one.
    """
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_SIZE}m", "tmpfs", name]
        if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
            raise CannotRunError("a small disk (tmpfs) can be mounted by root only")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def disk_full(_: Harness, __: Namespace) -> list[Check]:
    with small_disk() as folder:
        harness = Harness(folder)
        try:
            return fill(harness)
        finally:
            harness.database.server._cleanup()


def fill(harness: Harness) -> list[Check]:
    ballast = harness.folder / "ballast"
    with harness.serving() as web, harness.people(web.port) as learners:
        time.sleep(WARM)
        fill_disk(ballast)
        full = time.monotonic()
        # PostgreSQL reserves space for its log. Ticks alone would take hours to use it.
        with suppress(psycopg.Error), harness.database.connect() as own:
            own.execute("CREATE TABLE ballast (data text)")
            while True:
                own.execute("INSERT INTO ballast SELECT repeat(md5('a'), 100)")
                own.execute("SELECT pg_switch_wal()")
        time.sleep(DOWN)
        inside = learners.between(full, time.monotonic())
        ballast.unlink()
        back = harness.database.start()
        time.sleep(5 + WARM)
    return [
        unavailable(inside, 3),
        recovers_within(5, learners.answers, back),
        only_served_or_503(learners.answers),
        no_failures_since(learners.answers, back + 5),
        harness.ticks_stored(learners),
        check_checksums(harness),
    ]


def fill_disk(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))


def check_checksums(harness: Harness) -> Check:
    """Check that every block has its checksum. The database is down meanwhile."""
    server = harness.database.server
    server.stop()
    checked = subprocess.run(
        [server.bin_path / "pg_checksums", "--check", "-D", server.pgdata],
        capture_output=True,
        text=True,
        user=server.system_user,
    )
    harness.database.start()
    found = dict(re.findall(r"^(.*): +(\d+)$", checked.stdout, re.MULTILINE))
    text = f"pg_checksums: {found.get('Bad checksums')} of"
    text += f" {found.get('Blocks scanned')} blocks are bad"
    return Check(text, checked.returncode == 0 and found.get("Bad checksums") == "0")
