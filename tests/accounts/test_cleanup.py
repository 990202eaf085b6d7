"""manage.py cleanup"""

from datetime import timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.tasks import TaskResultStatus
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts import ended_sessions
from accounts.management.commands import cleanup as cleanup_command
from accounts.models import User
from tests.factories import GroupFactory, NoteFactory, StepProgressFactory, UserFactory
from tests.plans import read_plans

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
    task = DBTaskResult.objects.create(
        status=status,
        args_kwargs={"args": [], "kwargs": {}},
        task_path="core.mail.send",
        backend_name="default",
        run_after=timezone.now(),
        exception_class_path="",
        traceback="",
        **dates,
    )
    if finished_at := dates.get("finished_at"):
        DBTaskResult.objects.filter(pk=task.pk).update(
            enqueued_at=finished_at - timedelta(minutes=1)
        )
    return task


def test_a_second_run_changes_nothing(cleanup):
    assert cleanup() == cleanup() == NO_CHANGES


def test_only_expired_sessions_are_deleted(cleanup):
    old = Session.objects.create(session_key="old", expire_date=ago(minutes=1))
    new = Session.objects.create(session_key="new", expire_date=ago(minutes=-1))
    assert "Expired sessions deleted: 1\n" in cleanup()
    assert not Session.objects.filter(pk=old.pk).exists()
    assert Session.objects.filter(pk=new.pk).exists()


def create_user_session(key, **fields):
    """A session that was last used two days ago, without Django's own row."""
    fields = {"user": UserFactory(), "ip": "10.0.0.1", "user_agent": ""} | fields
    return UserSession.objects.create(
        session_key=key, last_seen_at=ago(days=2), **fields
    )


def test_the_address_of_an_expired_session_is_deleted_with_it(cleanup):
    Session.objects.create(session_key="old", expire_date=ago(minutes=1))
    create_user_session("old")
    output = cleanup()
    assert "Expired sessions deleted: 1\n" in output
    assert "IP addresses and browsers of ended sessions deleted: 1\n" in output


def test_of_many_sessions_each_is_checked_once_a_day(db, monkeypatch):
    monkeypatch.setattr(ended_sessions, "BATCH_SIZE", 2)
    user = UserFactory()
    for number in range(100):
        create_user_session(f"{number}", user=user)
    midnight = timezone.now().replace(hour=0)
    parts = [
        ended_sessions.find_part(midnight + timedelta(hours=hour)) for hour in range(24)
    ]
    assert [end for _first, end in parts[:-1]] == [first for first, _end in parts[1:]]
    numbers = UserSession.objects.order_by("pk").values_list("pk", flat=True)
    assert parts[0][0] == numbers[0]
    assert parts[-1][1] > numbers[99]
    assert ended_sessions.delete_ended(midnight) == 5


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

    def test_the_next_batch_continues_after_accounts_that_stay(
        self, cleanup, unconfirmed, monkeypatch
    ):
        monkeypatch.setattr(cleanup_command, "BATCH_SIZE", 1)
        for user in UserFactory.create_batch(2, date_joined=ago(days=40)):
            NoteFactory(user=user)
        last = UserFactory(confirmed=False, date_joined=ago(days=40))
        assert "Unconfirmed accounts deleted: 2\n" in cleanup()
        assert not User.objects.filter(pk__in=[unconfirmed.pk, last.pk]).exists()

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


@pytest.mark.parametrize(
    ("table", "index"),
    [
        ("django_session", "django_session_expire_date"),
        ("accounts_user", "user_never_signed_in"),
        ("accounts_auditevent", "accounts_auditevent_at"),
        ("groups_invitation", "group_invitation_expires"),
        ("groups_invitation", "group_invitation_revoked"),
        ("django_tasks_database_dbtaskresult", "cairn_task_status"),
        ("account_emailaddress", "cairn_address_not_canonical"),
    ],
)
def test_it_finds_what_is_due_along_an_index(cleanup, table, index):
    with read_plans(table) as plans:
        cleanup()
    assert any(index in plan for plan in plans), "\n\n".join(plans)
    assert not any(f"Seq Scan on {table}" in plan for plan in plans)


def test_without_an_earlier_key_it_reads_no_secrets(cleanup):
    with CaptureQueriesContext(connection) as queries:
        cleanup()
    assert not any("mfa_authenticator" in query["sql"] for query in queries)


def test_many_rows_are_deleted_in_batches(cleanup, monkeypatch):
    monkeypatch.setattr(ended_sessions, "BATCH_SIZE", 2)
    for number in range(5):
        Session.objects.create(session_key=f"{number}", expire_date=ago(days=1))
    assert "Expired sessions deleted: 5\n" in cleanup()
