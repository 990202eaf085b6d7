"""manage.py cleanup"""

from datetime import timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.management.commands import cleanup as cleanup_command
from accounts.models import User
from tests.factories import GroupFactory, NoteFactory, StepProgressFactory, UserFactory

NO_CHANGES = """\
Expired sessions deleted: 0
IP addresses and browsers of ended sessions deleted: 0
Unconfirmed accounts deleted: 0
Old audit events deleted: 0
Ended invitations to groups deleted: 0
Finished tasks deleted: 0
Failed tasks deleted: 0
Tasks of dead workers queued again: 0
Email addresses to rewrite in ASCII by hand: 0
Secrets encrypted again with the current key: 0
"""


@pytest.fixture
def cleanup(db):
    def cleanup():
        output = StringIO()
        call_command("cleanup", stdout=output)
        return output.getvalue()

    return cleanup


def ago(**duration):
    return timezone.now() - timedelta(**duration)


def create_task(status, **dates):
    return DBTaskResult.objects.create(
        status=status,
        args_kwargs={"args": [], "kwargs": {}},
        task_path="core.mail.send",
        backend_name="default",
        run_after=timezone.now(),
        exception_class_path="",
        traceback="",
        **dates,
    )


def test_a_second_run_changes_nothing(cleanup):
    assert cleanup() == cleanup() == NO_CHANGES


def test_only_expired_sessions_are_deleted(cleanup):
    old = Session.objects.create(session_key="old", expire_date=ago(minutes=1))
    new = Session.objects.create(session_key="new", expire_date=ago(minutes=-1))
    assert "Expired sessions deleted: 1\n" in cleanup()
    assert not Session.objects.filter(pk=old.pk).exists()
    assert Session.objects.filter(pk=new.pk).exists()


class TestAccounts:
    @pytest.fixture
    def unconfirmed(self, db):
        """A user who signed up long ago and never confirmed an address."""
        user = UserFactory(confirmed=False, date_joined=ago(days=40))
        EmailAddress.objects.create(user=user, email=user.email, primary=True)
        return user

    def test_an_old_unconfirmed_account_is_deleted(self, cleanup, unconfirmed):
        assert "Unconfirmed accounts deleted: 1\n" in cleanup()
        assert not User.objects.exists()
        assert not EmailAddress.objects.exists()

    @pytest.mark.parametrize(
        "fields",
        [
            {"date_joined": ago(days=29)},
            {"last_login": ago(days=20)},
            {"is_staff": True},
            {"is_superuser": True},
        ],
    )
    def test_an_account_that_may_be_used_again_stays(
        self, cleanup, unconfirmed, fields
    ):
        User.objects.update(**fields)
        assert cleanup() == NO_CHANGES

    def test_an_account_with_another_confirmed_address_stays(
        self, cleanup, unconfirmed
    ):
        EmailAddress.objects.create(
            user=unconfirmed, email="b@example.com", verified=True
        )
        assert cleanup() == NO_CHANGES

    @pytest.mark.parametrize("factory", [StepProgressFactory, NoteFactory])
    def test_an_account_with_data_stays(self, cleanup, unconfirmed, factory):
        factory(user=unconfirmed)
        assert cleanup() == NO_CHANGES


class TestInvitationsToGroups:
    @pytest.mark.parametrize("field", ["revoked_at", "expires_at"])
    def test_are_deleted_90_days_after_they_ended(self, cleanup, field):
        invitations = GroupFactory().invitations
        invitations.create(**{field: ago(days=91)})
        young = invitations.create(**{field: ago(days=89)})
        usable = invitations.create(created_at=ago(days=999))
        assert "Ended invitations to groups deleted: 1\n" in cleanup()
        assert set(invitations.all()) == {young, usable}


class TestTasks:
    def test_successful_tasks_are_deleted_after_a_day(self, cleanup):
        create_task(TaskResultStatus.SUCCESSFUL, finished_at=ago(hours=25))
        create_task(TaskResultStatus.SUCCESSFUL, finished_at=ago(hours=23))
        assert "Finished tasks deleted: 1\n" in cleanup()

    def test_failed_tasks_are_deleted_after_30_days(self, cleanup):
        create_task(TaskResultStatus.FAILED, finished_at=ago(days=31))
        create_task(TaskResultStatus.FAILED, finished_at=ago(days=29))
        assert "Failed tasks deleted: 1\n" in cleanup()

    def test_tasks_of_a_dead_worker_run_again(self, cleanup):
        orphan = create_task(TaskResultStatus.RUNNING, started_at=ago(minutes=11))
        running = create_task(TaskResultStatus.RUNNING, started_at=ago(minutes=9))
        assert "Tasks of dead workers queued again: 1\n" in cleanup()
        orphan.refresh_from_db()
        running.refresh_from_db()
        assert orphan.status == TaskResultStatus.READY
        assert running.status == TaskResultStatus.RUNNING

    def test_waiting_tasks_stay(self, cleanup):
        create_task(TaskResultStatus.READY)
        assert cleanup() == NO_CHANGES


def test_many_rows_are_deleted_in_batches(cleanup, monkeypatch):
    monkeypatch.setattr(cleanup_command, "BATCH_SIZE", 2)
    for number in range(5):
        Session.objects.create(session_key=f"{number}", expire_date=ago(days=1))
    assert "Expired sessions deleted: 5\n" in cleanup()
