"""manage.py bootstrap"""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import OperationalError, connection

from accounts.models import User
from core.management.commands import bootstrap
from roadmaps.models import Roadmap

pytestmark = pytest.mark.django_db


def run(**options):
    out = StringIO()
    call_command("bootstrap", stdout=out, **options)
    return out.getvalue()


def test_it_loads_the_roadmaps_and_makes_no_administrator_by_default():
    run()
    assert Roadmap.objects.get(slug="backend-developer").is_published
    assert not User.objects.exists()


def test_it_makes_the_administrator_once():
    assert "Password (shown only once)" in run(administrator="boss@example.com")
    assert "Password" not in run(administrator="boss@example.com")


def test_it_never_overwrites_an_edited_roadmap():
    run()
    Roadmap.objects.update(title="Edited")
    run()
    assert set(Roadmap.objects.values_list("title", flat=True)) == {"Edited"}


def test_a_deleted_roadmap_does_not_come_back():
    run()
    Roadmap.objects.get(slug="backend-developer").delete()
    run()
    assert not Roadmap.objects.filter(slug="backend-developer").exists()
    Roadmap.objects.all().delete()
    run()
    assert not Roadmap.objects.exists()


def test_a_deleted_or_changed_group_stays_as_it_is():
    run()
    Group.objects.get(name="Publishers").delete()
    editors = Group.objects.get(name="Editors")
    editors.permissions.clear()
    run()
    assert list(Group.objects.all()) == [editors]
    assert not editors.permissions.exists()


class TestTableInUse:
    @pytest.fixture(autouse=True)
    def locked_table(self, other_connection, monkeypatch):
        monkeypatch.setattr(bootstrap, "LOCK_TIMEOUT", "10ms")
        monkeypatch.setattr(bootstrap, "MAX_ATTEMPTS", 2)
        other_connection.execute("LOCK TABLE django_content_type")

    def test_it_tries_again(self, other_connection, monkeypatch):
        monkeypatch.setattr(
            bootstrap.time, "sleep", lambda _: other_connection.rollback()
        )
        assert run().startswith("A table is in use. Trying the migration again.\n")
        assert Roadmap.objects.exists()

    def test_it_gives_up_after_the_last_attempt_and_resets_the_timeout(
        self, monkeypatch
    ):
        monkeypatch.setattr(bootstrap.time, "sleep", lambda _: None)
        with pytest.raises(OperationalError, match="lock timeout"):
            run()
        assert not Roadmap.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() != ("10ms",)


def test_a_second_process_waits_for_the_first(other_connection):
    other_connection.execute("SELECT pg_advisory_lock(%s)", [bootstrap.LOCK_ID])
    waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

    def run_and_disconnect():
        run()
        connection.close()

    with ThreadPoolExecutor() as pool:
        second = pool.submit(run_and_disconnect)
        while not other_connection.execute(waiting).fetchone():
            assert not second.done()
        assert not Roadmap.objects.exists()
        other_connection.execute("SELECT pg_advisory_unlock(%s)", [bootstrap.LOCK_ID])
        second.result()
    assert Roadmap.objects.exists()
