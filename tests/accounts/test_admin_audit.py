"""/admin/accounts/auditevent/: the audit trail and its files"""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction

from accounts import admin_audit
from accounts.audit import AuditAction, AuditEvent
from core import large_tables
from tests.factories import UserFactory
from tests.html import read_html

PATH = "/admin/accounts/auditevent/"
CSV, JSON_LINES = f"{PATH}audit-trail.csv", f"{PATH}audit-trail.jsonl"
MAY = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)


def record(action, actor, person=None, **details):
    with transaction.atomic():
        return AuditEvent.objects.record(action, actor, person, **details)


@pytest.fixture
def auditor(client, db):
    """A client of staff who may see the trail and nothing else."""
    user = UserFactory(email="auditor@example.com", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_auditevent"))
    client.force_login(user)
    return client


@pytest.fixture
def ada(db):
    return UserFactory(email="ada@example.com")


@pytest.fixture
def bob(db):
    return UserFactory(email="bob@example.com")


@pytest.fixture
def events(ada, bob):
    """Ada made a group, and then Bob a mentor of it. Bob joined another group."""
    group = {"group": "Class 7", "group_id": 12}
    AuditEvent.objects.create(
        action=AuditAction.GROUP_CREATED, actor=ada, person=ada, details=group, at=MAY
    )
    record(AuditAction.ROLE_CHANGED, ada, bob, **group, role="mentor")
    record(AuditAction.GROUP_JOINED, bob, group="=1+1", group_id=13, role="member")


def body(response):
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def csv_rows(client, query=""):
    text = body(client.get(CSV + query)).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def json_rows(client, query=""):
    return list(map(json.loads, body(client.get(JSON_LINES + query)).splitlines()))


def listed(client, query=""):
    """The actions in the list."""
    response = client.get(PATH + query)
    assert response.status_code == 200
    return [event.action for event in response.context["cl"].result_list]


class TestAccess:
    @pytest.mark.parametrize("path", [PATH, CSV, JSON_LINES])
    def test_only_with_the_permission(self, sign_in_staff, client, signed_in, path):
        assert sign_in_staff("Publishers").get(path).status_code == 403
        assert signed_in.get(path, follow=True).status_code == 403
        assert client.get(path).url.startswith("/admin/login/")
        assert not AuditEvent.objects.exists()

    def test_nobody_can_change_anything(self, client, events):
        client.force_login(UserFactory(is_staff=True, is_superuser=True))
        event = AuditEvent.objects.first()
        assert client.get(f"{PATH}add/").status_code == 403
        for name in ("change", "delete"):
            path = f"{PATH}{event.pk}/{name}/"
            assert client.post(path, {"post": "yes"}).status_code == 403
        page = client.get(PATH)
        assert not page.context["action_form"]
        assert client.get(f"{PATH}{event.pk}/change/").status_code == 200
        assert AuditEvent.objects.count() == 3

    @pytest.mark.parametrize("path", [CSV, JSON_LINES])
    def test_files_are_only_read(self, auditor, path):
        assert auditor.post(path).status_code == 405
        assert auditor.head(path).status_code == 405

    def test_no_other_file(self, auditor):
        assert auditor.get(f"{PATH}audit-trail.xml").status_code == 404


class TestList:
    def test_says_who_did_what_to_whom(self, auditor, events):
        page = read_html(auditor.get(PATH))
        assert ">Audit trail</h1>" in page
        words = "Changed a person’s role in a group. Person: bob@example.com. "
        words += "Group: Class 7 (12). Role: Mentor."
        assert f">{words}<" in page
        assert ">Created a group. Group: Class 7 (12).<" in page
        assert ">ada@example.com<" in page
        assert listed(auditor) == ["group_joined", "role_changed", "group_created"]

    def test_a_deleted_account_is_a_number(self, auditor, events, bob):
        number = bob.pk
        bob.delete()
        page = read_html(auditor.get(PATH))
        assert f"deleted account {number}" in page
        assert "bob@example.com" not in page

    def test_an_event_without_a_person(self, auditor):
        record(AuditAction.GROUP_DELETED, None)
        assert "Deleted a group" in read_html(auditor.get(PATH))

    def test_texts_of_people_are_escaped(self, auditor, ada):
        record(AuditAction.GROUP_CREATED, ada, group="<b>{x}</b>", group_id=1)
        assert "&lt;b&gt;{x}&lt;/b&gt; (1)" in auditor.get(PATH).content.decode()

    def test_shows_the_newest_events_only(self, auditor, events, monkeypatch):
        monkeypatch.setattr(large_tables, "MAX_LISTED", 2)
        changelist = auditor.get(PATH).context["cl"]
        assert changelist.result_count == 2
        assert len(csv_rows(auditor)) == 3

    def test_takes_few_queries(self, auditor, events, assert_max_queries):
        for _ in range(20):
            record(AuditAction.GROUP_CREATED, UserFactory(), UserFactory())
        with assert_max_queries(9):
            auditor.get(PATH)


class TestSearchAndFilters:
    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("?q=ADA@example", 2),
            ("?q=bob@example.com", 2),
            ("?q=nobody", 0),
            ("?q=0", 0),
            ("?q=99999999999999999999", 0),
            ("?q=%20", 3),
            ("?action__exact=role_changed", 1),
            ("?at__gte=2026-05-01T00:00Z&at__lt=2026-05-04T00:00Z", 1),
            ("?q=ada&action__exact=group_created", 1),
            ("?kind=groups", 3),
            ("?kind=sign_ins", 0),
            ("?kind=nonsense", 3),
        ],
    )
    def test_are_those_of_the_files_too(self, auditor, events, query, count):
        assert len(listed(auditor, query)) == count
        assert len(csv_rows(auditor, query)) == count
        # The first file is an event now. Only a list of everything has it, too.
        exports = 1 if query in ("?q=%20", "?kind=nonsense") else 0
        assert len(json_rows(auditor, query)) == count + exports

    def test_a_number_finds_a_deleted_account_too(self, auditor, events, bob):
        number = bob.pk
        bob.delete()
        assert listed(auditor, f"?q={number}") == ["group_joined", "role_changed"]

    def test_a_filter_that_cannot_be_read(self, auditor, events):
        assert auditor.get(f"{CSV}?at__gte=x").url == PATH
        assert auditor.get(f"{CSV}?nonsense=1").url == PATH


class TestFiles:
    def test_csv(self, auditor, events, ada, bob):
        joined, changed, created = csv_rows(auditor)
        assert created["time"] == "2026-05-03T09:30:00+00:00"
        assert changed["action"] == "role_changed"
        assert changed["done_by_number"] == str(ada.pk)
        assert changed["done_by"] == "ada@example.com"
        assert changed["person_number"] == str(bob.pk)
        assert changed["description"] == "Group: Class 7 (12). Role: Mentor."
        assert json.loads(joined["details"])["group"] == "=1+1"

    def test_csv_runs_no_formula(self, auditor, bob):
        bob.email = "+1@example.com"
        bob.save()
        record(AuditAction.GROUP_JOINED, bob)
        assert csv_rows(auditor)[0]["done_by"] == "'+1@example.com"

    def test_json_lines(self, auditor, events, ada, bob):
        number = bob.pk
        bob.delete()
        changed = json_rows(auditor)[1]
        assert changed == {
            "time": changed["time"],
            "action": "role_changed",
            "done_by": {"number": ada.pk, "email": "ada@example.com"},
            "person": {"number": number, "email": None},
            "details": {"group": "Class 7", "group_id": 12, "role": "mentor"},
        }

    @pytest.mark.parametrize(
        ("path", "content_type"),
        [
            (CSV, "text/csv; charset=utf-8"),
            (JSON_LINES, "application/jsonl; charset=utf-8"),
        ],
    )
    def test_an_export_is_an_event(self, auditor, events, path, content_type):
        response = auditor.get(f"{path}?action__exact=group_joined")
        assert response["Content-Type"] == content_type
        assert 'filename="audit-trail-20' in response["Content-Disposition"]
        assert "no-store" in response["Cache-Control"]
        event = AuditEvent.objects.first()
        assert event.action == AuditAction.TRAIL_EXPORTED
        assert event.actor.email == "auditor@example.com"
        kind = path.rpartition(".")[2].upper()
        assert event.describe_details() == f"File: {kind}. Events: 1."
        assert event.action not in body(response)

    def test_all_batches_are_there(self, auditor, events, monkeypatch):
        monkeypatch.setattr(admin_audit, "BATCH_SIZE", 2)
        assert len(csv_rows(auditor)) == 3
        assert len(csv_rows(auditor)) == 4

    def test_an_empty_file_has_the_header(self, auditor):
        assert body(auditor.get(CSV)).startswith('\ufeff"time","action","done_by_n')
