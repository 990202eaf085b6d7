"""What may befall the database and the way to it."""

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

from benchmarks.faults.harness import Stand
from benchmarks.faults.ledger import (
    AWAY,
    CannotRunError,
    Check,
    back_within,
    honest,
    in_a_row,
    settled,
    within,
)

WARM = 3  # seconds under load before a fault, and after it
DOWN = 6  # seconds that something is away
ROOM = 400  # megabytes of the disk that is to run full
NEVER_LONGER = 10.0  # seconds


def away(answers: list, limit: float, what: str = "503") -> Check:
    return within(limit, [one for one in answers if one.answer == AWAY], what)


def database_killed(stand: Stand, _: Namespace) -> list[Check]:
    with stand.serving() as web, stand.people(web.port) as crowd:
        time.sleep(WARM)
        killed = time.monotonic()
        stand.database.kill()
        time.sleep(DOWN)
        down = crowd.between(killed, time.monotonic())
        back = stand.database.start()
        time.sleep(5 + WARM)
    return [
        stand.kept(crowd),
        back_within(5, crowd.answers, back),
        away(down, 3),
        honest(crowd.answers),
        settled(crowd.answers, back + 5),
    ]


def connections_reset(stand: Stand, _: Namespace) -> list[Check]:
    resets = 3
    with (
        stand.database.behind_proxy() as (proxy, url),
        stand.serving(DATABASE_URL=url) as web,
        stand.people(web.port) as crowd,
    ):
        for _number in range(resets):
            time.sleep(WARM)
            proxy.reset()
        over = time.monotonic()
        time.sleep(2 * WARM)
    worst = max(in_a_row(person.history) for person in crowd.people)
    said = f"{resets} resets, a person's most failures in a row: {worst}"
    return [
        Check(said, worst <= 1),
        settled(crowd.answers, over + 1),
        honest(crowd.answers),
        stand.kept(crowd),
    ]


def black_hole(stand: Stand, _: Namespace) -> list[Check]:
    with (
        stand.database.behind_proxy() as (proxy, url),
        stand.serving(DATABASE_URL=url) as web,
        stand.people(web.port) as crowd,
    ):
        time.sleep(WARM)
        before = health(web.port)
        dark = time.monotonic()
        proxy.is_dark = True
        time.sleep(2 * DOWN)
        during = health(web.port)
        back = time.monotonic()
        proxy.is_dark = False
        time.sleep(5 + WARM)
        after = health(web.port)
    truth = [before, during, after] == [(200, 200), (200, 503), (200, 200)]
    unanswered = [one for one in crowd.answers if one.ended > dark]
    return [
        within(NEVER_LONGER, unanswered, "every answer"),
        Check(
            f"healthz, readyz before, in and after: {before} {during} {after}", truth
        ),
        back_within(5, crowd.answers, back),
        settled(crowd.answers, back + 5),
        honest(crowd.answers),
        stand.kept(crowd),
    ]


def health(port: int) -> tuple[int, int]:
    healthz, readyz = (
        urllib3.request("GET", f"http://localhost:{port}/{path}", timeout=15).status
        for path in ("healthz", "readyz")
    )
    return healthz, readyz


def table_locked(stand: Stand, asked: Namespace) -> list[Check]:
    with stand.serving() as web, stand.people(web.port) as crowd:
        time.sleep(WARM)
        with stand.database.connect() as own, own.transaction():
            own.execute("LOCK TABLE progress_stepprogress")
            locked = time.monotonic()
            time.sleep(asked.minute)
            inside = crowd.between(locked, time.monotonic())
        back = time.monotonic()
        time.sleep(5 + WARM)
    return [
        away(inside, 3, f"503 in {asked.minute:.0f} s of lock"),
        back_within(5, crowd.answers, back),
        honest(crowd.answers),
        settled(crowd.answers, back + 5),
        stand.kept(crowd),
    ]


def query_slow(stand: Stand, _: Namespace) -> list[Check]:
    with stand.serving() as web, stand.people(web.port) as crowd:
        time.sleep(WARM)
        slow = time.monotonic()
        with stand.database.slow(60), watching(stand) as longest:
            time.sleep(3 * DOWN)
            inside = crowd.between(slow, time.monotonic())
        back = time.monotonic()
        time.sleep(5 + WARM)
    ran = longest["slow"]
    return [
        Check(f"a tick of 60 s was cancelled after {ran:.1f} s", 3 < ran <= 5),
        away(inside, NEVER_LONGER),
        back_within(5, crowd.answers, back),
        honest(crowd.answers),
        settled(crowd.answers, back + 5),
        stand.kept(crowd),
    ]


@contextmanager
def watching(stand: Stand) -> Iterator[dict[str, float]]:
    """How long, in seconds, the longest query that sleeps has run."""
    longest, over = {"slow": 0.0}, threading.Event()

    def look() -> None:
        with stand.database.connect() as own:
            while not over.wait(0.1):
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
        over.set()
        watcher.join()


def pool_full(stand: Stand, _: Namespace) -> list[Check]:
    with (
        stand.serving(DATABASE_POOL_SIZE="2") as web,
        stand.people(web.port) as crowd,
    ):
        time.sleep(WARM)
        full = time.monotonic()
        with stand.database.slow(2):
            time.sleep(3 * DOWN)
            inside = crowd.between(full, time.monotonic())
        back = time.monotonic()
        time.sleep(5 + WARM)
    served = sum(one.is_well for one in inside)
    return [
        away(inside, 3),
        Check(f"{served} were served meanwhile by 2 connections", served > 0),
        back_within(5, crowd.answers, back),
        honest(crowd.answers),
        settled(crowd.answers, back + 5),
        stand.kept(crowd),
    ]


@contextmanager
def small_disk() -> Iterator[Path]:
    """A folder that holds no more than `ROOM`. Raises CannotRunError where it is
    not to be had.
    """
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}m", "tmpfs", name]
        if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
            raise CannotRunError("a small disk (tmpfs) can be mounted by root only")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def disk_full(_: Stand, __: Namespace) -> list[Check]:
    with small_disk() as folder:
        stand = Stand(folder)
        try:
            return fill(stand)
        finally:
            stand.database.server._cleanup()


def fill(stand: Stand) -> list[Check]:
    ballast = stand.folder / "ballast"
    with stand.serving() as web, stand.people(web.port) as crowd:
        time.sleep(WARM)
        eat(ballast)
        full = time.monotonic()
        # PostgreSQL has room set aside, which ticks alone would take hours to use.
        with suppress(psycopg.Error), stand.database.connect() as own:
            own.execute("CREATE TABLE ballast (data text)")
            while True:
                own.execute("INSERT INTO ballast SELECT repeat(md5('a'), 100)")
                own.execute("SELECT pg_switch_wal()")
        time.sleep(DOWN)
        inside = crowd.between(full, time.monotonic())
        ballast.unlink()
        back = stand.database.start()
        time.sleep(5 + WARM)
    return [
        away(inside, 3),
        back_within(5, crowd.answers, back),
        honest(crowd.answers),
        settled(crowd.answers, back + 5),
        stand.kept(crowd),
        intact(stand),
    ]


def eat(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))


def intact(stand: Stand) -> Check:
    """Whether every block has its checksum, which takes the database down meanwhile."""
    server = stand.database.server
    server.stop()
    checked = subprocess.run(
        [server.bin_path / "pg_checksums", "--check", "-D", server.pgdata],
        capture_output=True,
        text=True,
        user=server.system_user,
    )
    stand.database.start()
    found = dict(re.findall(r"^(.*): +(\d+)$", checked.stdout, re.MULTILINE))
    said = f"pg_checksums: {found.get('Bad checksums')} of"
    said += f" {found.get('Blocks scanned')} blocks are bad"
    return Check(said, checked.returncode == 0 and found.get("Bad checksums") == "0")
