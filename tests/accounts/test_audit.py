"""The audit trail: what is recorded, and that it can only be added to."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from accounts import audit
from accounts.audit import AuditAction, AuditEvent
from tests.factories import UserFactory

APPEND_ONLY = "can only be added to"


def record(*args, **details):
    with transaction.atomic():
        return AuditEvent.objects.record(AuditAction.GROUP_JOINED, *args, **details)


def days_ago(days):
    return AuditEvent.objects.create(
        action=AuditAction.GROUP_JOINED, at=timezone.now() - timedelta(days=days)
    )


def cleanup():
    output = StringIO()
    call_command("cleanup", stdout=output)
    return output.getvalue()


class TestRecord:
    def test_the_person_is_by_default_the_one_who_did_it(self, user):
        event = record(user, group="Class 7", group_id=12)
        assert (event.actor, event.person) == (user, user)
        assert event.details == {"group": "Class 7", "group_id": 12}

    def test_somebody_does_something_to_another_person(self, user):
        event = record(UserFactory(), user)
        assert event.person == user
        assert event.actor != user

    def test_it_is_undone_with_the_change(self, user):
        with transaction.atomic():
            record(user)
            transaction.set_rollback(True)
        assert not AuditEvent.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_it_refuses_to_run_without_a_transaction(self, monkeypatch):
        manager = audit.AuditEventManager
        monkeypatch.setattr(manager, "record", manager.record.__wrapped__)
        with pytest.raises(TransactionManagementError):
            AuditEvent.objects.record(AuditAction.GROUP_JOINED, None)

    def test_it_stays_when_the_account_is_deleted(self, user):
        pk = user.pk
        record(user)
        user.delete()
        event = AuditEvent.objects.select_related("actor").get()
        assert event.actor_id == pk
        assert event.actor is None


class TestDetails:
    @pytest.mark.parametrize(
        ("details", "text"),
        [
            ({}, ""),
            (
                {"group": "Class 7", "group_id": 12, "role": "mentor"},
                "Group: Class 7 (12). Role: Mentor.",
            ),
            ({"group": "{value}", "roadmap": "sql"}, "Group: {value}. Roadmap: sql."),
            ({"group": "A", "role": None}, "Group: A."),
            (
                {"group_id": 12, "step": "fry", "step_id": 3},
                "Group: (12). Step: fry (3).",
            ),
            ({"colour": "red"}, "colour: red."),
            (
                {"way": "password", "factor": "totp", "reason": "wrong"},
                "With: Password. Second factor: Authenticator app. "
                "Reason: Not correct.",
            ),
            ({"way": "pigeon"}, "With: pigeon."),
        ],
    )
    def test_in_words(self, details, text):
        assert AuditEvent(details=details).describe_details() == text

    def test_an_action_that_is_no_longer_known_is_shown_as_it_is(self):
        assert AuditEvent(action="flown").get_action_display() == "flown"


@pytest.mark.django_db
class TestAppendOnly:
    @pytest.fixture(autouse=True)
    def event(self):
        return days_ago(1)

    def assert_refused(self, change):
        with pytest.raises(IntegrityError, match=APPEND_ONLY), transaction.atomic():
            change()
        assert AuditEvent.objects.get().action == AuditAction.GROUP_JOINED

    def test_an_event_cannot_be_changed(self, event):
        event.action = AuditAction.GROUP_LEFT
        self.assert_refused(event.save)
        self.assert_refused(lambda: AuditEvent.objects.update(action="group_left"))

    def test_an_event_cannot_be_deleted(self, event):
        self.assert_refused(event.delete)
        self.assert_refused(AuditEvent.objects.all().delete)

    def test_an_old_event_cannot_be_changed_or_deleted_by_the_way(self, event):
        days_ago(4000)
        for change in (event.delete, lambda: AuditEvent.objects.update(person=1)):
            with pytest.raises(IntegrityError, match=APPEND_ONLY), transaction.atomic():
                change()

    def test_the_trail_cannot_be_emptied(self):
        def truncate():
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE accounts_auditevent")

        self.assert_refused(truncate)

    def test_after_a_cleanup_it_is_protected_as_before(self, event):
        cleanup()
        self.assert_refused(event.delete)


@pytest.mark.django_db
class TestCleanup:
    def test_events_are_deleted_after_the_days_of_the_setting(self, settings):
        settings.AUDIT_DAYS = 10
        days_ago(10.1)
        young = days_ago(9.9)
        assert "Old audit events deleted: 1\n" in cleanup()
        assert AuditEvent.objects.get() == young
        assert "Old audit events deleted: 0\n" in cleanup()

    def test_many_events_are_deleted_in_batches(self, monkeypatch):
        monkeypatch.setattr(audit, "BATCH_SIZE", 2)
        for _ in range(5):
            days_ago(400)
        assert "Old audit events deleted: 5\n" in cleanup()
