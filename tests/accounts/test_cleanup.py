"""`manage.py cleanup` clears away what has run out, and nothing else."""

from datetime import timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.management.commands import cleanup as command
from accounts.models import User
from tests.factories import NoteFactory, StepProgressFactory, UserFactory

NOTHING = """\
expired sessions deleted: 0
accounts that were never confirmed deleted: 0
tasks that were done deleted: 0
tasks that had failed deleted: 0
tasks of workers that died put back: 0
"""


@pytest.fixture
def cleanup(db):
    def cleanup():
        said = StringIO()
        call_command("cleanup", stdout=said)
        return said.getvalue()

    return cleanup


def ago(**time):
    return timezone.now() - timedelta(**time)


def task(status, **times):
    return DBTaskResult.objects.create(
        status=status,
        args_kwargs={"args": [], "kwargs": {}},
        task_path="core.mail.send",
        backend_name="default",
        run_after=timezone.now(),
        exception_class_path="",
        traceback="",
        **times,
    )


def test_a_repeat_finds_nothing(cleanup):
    assert cleanup() == cleanup() == NOTHING


def test_sessions(cleanup):
    old = Session.objects.create(session_key="old", expire_date=ago(minutes=1))
    new = Session.objects.create(session_key="new", expire_date=ago(minutes=-1))
    assert "expired sessions deleted: 1\n" in cleanup()
    assert not Session.objects.filter(pk=old.pk).exists()
    assert Session.objects.filter(pk=new.pk).exists()


class TestAccounts:
    @pytest.fixture
    def stranger(self, db):
        """Somebody who signed up long ago and never came back."""
        user = UserFactory(confirmed=False, date_joined=ago(days=40))
        EmailAddress.objects.create(user=user, email=user.email, primary=True)
        return user

    def test_one_that_was_never_confirmed(self, cleanup, stranger):
        assert "never confirmed deleted: 1\n" in cleanup()
        assert not User.objects.exists()
        assert not EmailAddress.objects.exists()

    @pytest.mark.parametrize(
        "fact",
        [
            {"date_joined": ago(days=29)},
            {"last_login": ago(days=20)},
            {"is_staff": True},
            {"is_superuser": True},
        ],
    )
    def test_but_nobody_who_may_come_back(self, cleanup, stranger, fact):
        User.objects.update(**fact)
        assert cleanup() == NOTHING

    def test_nor_who_confirmed_another_address(self, cleanup, stranger):
        EmailAddress.objects.create(user=stranger, email="b@example.com", verified=True)
        assert cleanup() == NOTHING

    @pytest.mark.parametrize("trace", [StepProgressFactory, NoteFactory])
    def test_nor_who_left_a_trace(self, cleanup, stranger, trace):
        trace(user=stranger)
        assert cleanup() == NOTHING


class TestTasks:
    def test_done_ones_go_after_a_day(self, cleanup):
        task(TaskResultStatus.SUCCESSFUL, finished_at=ago(hours=25))
        task(TaskResultStatus.SUCCESSFUL, finished_at=ago(hours=23))
        assert "tasks that were done deleted: 1\n" in cleanup()

    def test_failed_ones_after_thirty(self, cleanup):
        task(TaskResultStatus.FAILED, finished_at=ago(days=31))
        task(TaskResultStatus.FAILED, finished_at=ago(days=29))
        assert "tasks that had failed deleted: 1\n" in cleanup()

    def test_those_of_a_worker_that_died_are_run_again(self, cleanup):
        orphan = task(TaskResultStatus.RUNNING, started_at=ago(minutes=11))
        running = task(TaskResultStatus.RUNNING, started_at=ago(minutes=9))
        assert "workers that died put back: 1\n" in cleanup()
        orphan.refresh_from_db()
        running.refresh_from_db()
        assert orphan.status == TaskResultStatus.READY
        assert running.status == TaskResultStatus.RUNNING

    def test_what_is_to_be_run_stays(self, cleanup):
        task(TaskResultStatus.READY)
        assert cleanup() == NOTHING


def test_many_go_in_batches(cleanup, monkeypatch):
    monkeypatch.setattr(command, "BATCH_SIZE", 2)
    for number in range(5):
        Session.objects.create(session_key=f"{number}", expire_date=ago(days=1))
    assert "expired sessions deleted: 5\n" in cleanup()
