"""Lose the database, and restore it from encrypted backups in another place.

PostgreSQL 18 runs with the settings of deploy/point-in-time.yml, and
deploy/backup-nightly makes its backups, as in compose. Learners' marks are stored, then
all of them are deleted, and the server is killed with SIGKILL. The tables must be as
they were a second before. Needs: apt-get install age rclone
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deploy.drills.point_in_time.machine import (
    DEPLOY,
    REMOTE,
    RESTORING,
    Machine,
    check,
    query,
    wait_until,
)
from deploy.drills.table_checksums import Checksums, checksums


class Learners:
    """Cairn in this process, on the database of `url`."""

    def __init__(self, url: str) -> None:
        os.environ |= {
            "DEBUG": "true",
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("bootstrap", administrator=None, verbosity=0)

    def mark(self, name: str, amount: int = 200) -> None:
        """Let a new person mark steps."""
        from accounts.models import User
        from progress.models import StepProgress
        from progress.route import State
        from roadmaps.models import Step

        user = User.objects.create_user(email=f"{name}@example.org")
        for pk in Step.objects.values_list("pk", flat=True)[:amount]:
            StepProgress.objects.mark(user, pk, State.DONE)

    def delete_all_marks(self) -> int:
        from progress.models import StepProgress

        return StepProgress.objects.all().delete()[0]

    def disconnect(self) -> None:
        from django.db import connections

        for connection in connections.all():
            connection.close()
            if hasattr(connection, "close_pool"):
                connection.close_pool()


OLD = [
    "cairn-2020-01-01T000000Z.dump.age",
    "archive/base-2020-01-01T000000Z.tar.gz.age",
    f"archive/{0:024}.gz.age",
]
OTHERS = ["letters.txt", "archive/notes.txt"]


def is_offsite(machine: Machine, name: str) -> bool:
    return (machine.offsite / "cairn" / name).exists()


def back_up(machine: Machine, url: str) -> None:
    """Let deploy/backup-nightly make and copy its first backups."""
    (machine.offsite / "cairn/archive").mkdir(parents=True)
    for name in (*OLD, *OTHERS):
        path = machine.offsite / "cairn" / name
        path.touch()
        os.utime(path, (0, time.time() - 32 * 24 * 60 * 60))
        os.chown(path, machine.user, -1)
    for path in (machine.offsite / "cairn", machine.offsite / "cairn/archive"):
        os.chown(path, machine.user, -1)
    failed = machine.folder / "failed"
    nightly = subprocess.Popen(
        [DEPLOY / "backup-nightly", machine.backups, failed, machine.archive],
        env=machine.environment | {"DATABASE_URL": url},
        user=machine.user,
        start_new_session=True,
    )
    copied = machine.offsite / "cairn/archive"
    try:
        wait_until(
            "the nightly backup has copied a dump, a base backup and WAL off-site",
            lambda: (
                list(machine.offsite.glob("cairn/cairn-20[2-9][1-9]*.dump.age"))
                and list(copied.glob("base-20[2-9][1-9]*"))
                and list(copied.glob("0*[1-9].gz.age"))
            ),
        )
        wait_until(
            "off-site, only backups that are too old are deleted",
            lambda: (
                {name for name in (*OLD, *OTHERS) if is_offsite(machine, name)}
                == set(OTHERS)
            ),
        )
    finally:
        nightly.terminate()
    check("it exits with status 0", nightly.wait() == 0)
    check("it has not failed", not failed.exists())


def restore_to_time(
    machine: Machine, name: str, moment: str, expected: Checksums, *old: Path
) -> None:
    """Restore from the off-site copies, and compare all tables."""
    fetched, data = machine.folder / f"{name}-archive", machine.folder / name
    machine.run("rclone", "copy", f"{REMOTE}/archive", fetched)
    wrong, _ = machine.make_key(f"{name}-wrong.txt")
    os.chown(wrong, machine.user, -1)
    script = DEPLOY / "restore-to-time"
    refused = machine.run(script, fetched, data, moment, wrong, check=False)
    check("a wrong key is refused", refused.returncode and not list(data.iterdir()))
    machine.run(script, fetched, data, moment, machine.key, *old)
    # A machine that replaces a lost one has only the archive that it fetched.
    archive = machine.archive if old else fetched
    try:
        with machine.serving(data, archive) as (url, _):
            check(
                f"{name}: the {len(expected)} tables are as they were: {moment}",
                checksums(url) == expected,
            )
            if moment != "latest":
                query(url, "SELECT pg_wal_replay_resume()")
            wait_until(
                f"{name}: it accepts writes",
                lambda: query(url, RESTORING) == "False",
            )
            query(url, "SELECT pg_switch_wal()")
            archived = "SELECT last_archived_wal FROM pg_stat_archiver"
            wait_until(
                f"{name}: it archives its own WAL",
                lambda: query(url, archived).startswith("0000000"),
            )
            check(f"{name}: all tables are still equal", checksums(url) == expected)
    except BaseException:
        machine.show_log(data)
        raise


def restore_dump(machine: Machine, expected: Checksums) -> None:
    """Restore the off-site dump into a new server. Then try bad dumps on it."""
    [dump] = machine.offsite.glob("cairn/*.dump.age")
    restore, key = DEPLOY / "restore", machine.key
    archive = machine.folder / "new-archive"
    archive.mkdir()
    os.chown(archive, machine.user, -1)
    with machine.serving(machine.initdb("empty"), archive) as (url, _):
        source = f"{REMOTE}/{dump.name}"
        machine.run(restore, source, "--key", key, url=url)
        check(
            f"the off-site dump fills an empty server: {len(expected)} equal tables",
            checksums(url) == expected,
        )
        wrong, _ = machine.make_key("wrong.txt")
        os.chown(wrong, machine.user, -1)
        bad = [("a wrong key", dump, wrong)]
        whole = dump.read_bytes()
        for percent in (5, 50, 99):
            path = machine.folder / f"{percent}.dump.age"
            path.write_bytes(whole[: len(whole) * percent // 100])
            bad.append((f"a file cut off at {percent}%", path, key))
        changed = machine.folder / "changed.dump.age"
        middle = len(whole) // 2
        changed.write_bytes(
            whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        )
        bad.append(("a file with one other bit", changed, key))
        for description, path, identity in bad:
            result = machine.run(
                *(restore, path, "--key", identity, "--replace"), url=url, check=False
            )
            check(
                f"{description} is refused, and changes nothing",
                result.returncode
                and "Nothing was changed" in result.stderr
                and checksums(url) == expected,
            )


def lose_everything(machine: Machine) -> None:
    data = machine.initdb("data")
    with machine.serving(data, machine.archive) as (url, server):
        learners = Learners(url)
        learners.mark("ada")
        in_dump = checksums(url)
        back_up(machine, url)

        learners.mark("grace")
        first_moment, first = query(url, "SELECT clock_timestamp()"), checksums(url)
        time.sleep(1)
        learners.mark("edsger")
        archived = checksums(url)
        last_wal = query(url, "SELECT pg_walfile_name(pg_switch_wal())")
        stored = machine.archive / f"{last_wal}.gz.age"
        wait_until(f"{last_wal} is archived", stored.exists)
        archive_wal = [DEPLOY / "archive-wal", data / "pg_wal" / last_wal]
        machine.run(*archive_wal, machine.archive)
        check("archiving it again, as after a crash, changes nothing", True)
        forged = machine.folder / last_wal
        forged.write_bytes(b"of another server")
        refused = machine.run(archive_wal[0], forged, machine.archive, check=False)
        check("other WAL of the same name is refused", refused.returncode == 2)
        machine.run(DEPLOY / "copy-archive", machine.archive)

        learners.mark("barbara")
        moment, expected = query(url, "SELECT clock_timestamp()"), checksums(url)
        time.sleep(1)
        amount = learners.delete_all_marks()
        check(f"the mistake: {amount} marks are deleted", checksums(url) != expected)
        learners.disconnect()
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        check("PostgreSQL was killed with SIGKILL", True)
    restore_to_time(machine, "with-old-wal", moment, expected, data)
    restore_to_time(machine, "machine-lost", first_moment, first)
    restore_to_time(machine, "machine-lost-latest", "latest", archived)
    restore_dump(machine, in_dump)


def main() -> None:
    start = time.monotonic()
    for tool in ("age", "rclone"):
        if not shutil.which(tool):
            sys.exit(f"NOT CHECKED: {tool} is missing (apt-get install {tool})")
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="cairn-") as name:
        Path(name).chmod(0o755)
        lose_everything(Machine(Path(name)))
    print(f"Everything was restored. {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
