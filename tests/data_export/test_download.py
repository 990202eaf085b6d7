"""/accounts/data/ and its downloads"""

import csv
import io
import json
from datetime import UTC, datetime

import jsonschema
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from accounts.audit import AuditAction, AuditEvent
from accounts.models import Invitation, User
from data_export.document import ExportDocument, schema
from groups.models import Comment, Confirmation, WorkLink
from progress.models import Completion
from progress.topic_checks import TopicCheck
from tests.accounts.actions import signed_in_browser
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    NoteFactory,
    StepProgressFactory,
    TopicFactory,
    UserFactory,
)

PATH = "/accounts/data/"
JSON, CSV, MARKDOWN = (f"{PATH}cairn.{kind}" for kind in ("json", "csv", "md"))
SCHEMA = django_settings.BASE_DIR / "docs/my-data.schema.json"
MAY = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)

# For each foreign key to a user, the key of the file that has its rows.
EXPORTED_FOREIGN_KEYS = {
    "account.EmailAddress.user": "email_addresses",
    "accounts.Device.user": "devices",
    "accounts.AuditEvent.actor": "audit_events",
    "accounts.AuditEvent.person": "audit_events",
    "accounts.Invitation.invited_by": "invitations_sent",
    "accounts.User_groups.user": "profile",
    "accounts.User_user_permissions.user": "profile",
    "admin.LogEntry.user": "edits",
    "groups.Confirmation.confirmed_by": "confirmations_given",
    "groups.Confirmation.user": "confirmations_received",
    "groups.Invitation.created_by": "group_invitations",
    "groups.Membership.user": "memberships",
    "groups.Comment.author": "comments_written",
    "groups.Comment.member": "comments_received",
    "groups.Suggestion.user": "group_suggestions",
    "groups.WorkLink.user": "work_links",
    "mfa.Authenticator.user": "factors",
    "progress.Completion.user": "completions",
    "progress.TopicCheck.user": "topics",
    "progress.Note.user": "notes",
    "progress.StepProgress.user": "progress",
    "socialaccount.SocialAccount.user": "linked_accounts",
    "usersessions.UserSession.user": "sessions",
}
OMITTED_FOREIGN_KEYS = {
    "progress.CopiedPerson.user": "a note for a copy that takes minutes",
    "roadmaps.HistoricalRoadmap.history_user": "`edits` lists these changes",
    "roadmaps.HistoricalStep.history_user": "`edits` lists these changes",
}


@pytest.fixture
def user_with_data(cooking, user):
    """`user`, with a row for every key of the file."""
    user.name, user.time_zone, user.theme = "Ada", "Europe/London", "dark"
    user.save()
    group = Group.objects.get(name="Editors")
    user.groups.add(group)
    user.user_permissions.add(Permission.objects.first())
    signed_in_browser(user)
    boil, fry = cooking.steps.all()[:2]
    StepProgressFactory(user=user, step=fry, started_at=MAY)
    StepProgressFactory(user=user, step=boil, state="learning", started_at=MAY)
    NoteFactory(user=user, step=fry, text="# Mine\n=1+1", saved_at=MAY)
    Completion.objects.create(user=user, roadmap=cooking, completed_at=MAY)
    TopicCheck.objects.create(user=user, topic=TopicFactory(step=fry, slug="oil"))
    Authenticator.objects.create(user=user, type="totp", data={"secret": "SECRET"})
    Authenticator.objects.create(
        user=user, type="webauthn", data={"name": "My key", "credential": "SECRET"}
    )
    SocialAccount.objects.create(
        user=user, provider="github", uid="42", extra_data={"login": "ada"}
    )
    Invitation.objects.create(address="friend@example.com", invited_by=user)
    Invitation.objects.create(address=user.email)
    add_group_data(user, fry)
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(User),
        object_repr="Somebody",
        action_flag=ADDITION,
    )
    return user


def add_group_data(user, step):
    """Put the user into a group as a member, and into another one as its owner."""
    assignment = AssignmentFactory(group__name="Class 7", roadmap=step.roadmap)
    group, mentor = assignment.group, UserFactory(name="Olga")
    MembershipFactory(user=mentor, group=group, role="owner")
    member = MembershipFactory(user=user, group=group, joined_at=MAY)
    member.shared_roadmaps.create(assignment=assignment, agreed_at=MAY)
    suggested = GroupFactory(name="Class 8")
    user.group_suggestions.create(group=suggested, role="member", made_at=MAY)
    url = "https://work.example/fry"
    WorkLink.objects.create(user=user, step=step, url=url, saved_at=MAY)
    confirmation = {"group": group, "group_name": "Class 7", "step": step}
    confirmation |= {"confirmed_at": MAY, "sentence": "Well done."}
    Confirmation.objects.create(user=user, confirmed_by=mentor, **confirmation)
    comment = {"group": group, "member": user, "step": step, "written_at": MAY}
    Comment.objects.create(author=mentor, text="Try oil.", **comment)
    Comment.objects.create(author=user, text="I will.", **comment)
    own = MembershipFactory(user=user, group__name="My team", role="owner").group
    other = UserFactory(name="Somebody else")
    confirmation |= {"group": own, "group_name": "My team"}
    Confirmation.objects.create(user=other, confirmed_by=user, **confirmation)
    Comment.objects.create(author=user, **comment | {"group": own, "member": other})
    token = f"SECRET {own.pk}"
    own.invitations.create(created_by=user, token=token, code=f"{own.pk:06}")
    AuditEvent.objects.create(
        at=MAY,
        action=AuditAction.GROUP_JOINED,
        actor=user,
        person=user,
        details={"group": "Class 7", "role": "member"},
    )


def download(client, path=JSON):
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("path", [JSON, CSV, MARKDOWN])
def test_a_roadmap_that_the_user_may_no_longer_see(
    cooking, fry, user, reauthenticated, path
):
    """The file has what they did on it, and nothing else of it."""
    StepProgressFactory(user=user, step=fry)
    cooking.visibility = "groups"
    cooking.save()
    text = download(reauthenticated, path)
    assert "fry" in text.lower()
    assert "boil" not in text.lower()
    assert "groups only" not in text.lower()


class TestPage:
    def test_requires_reauthentication(self, signed_in):
        for path in (PATH, JSON, CSV, MARKDOWN):
            url = signed_in.get(path).url
            assert url.startswith("/accounts/reauthenticate/?next=")

    def test_redirects_visitors_to_sign_in(self, client, db):
        for path in (PATH, JSON, CSV, MARKDOWN):
            assert client.get(path).url.startswith("/accounts/login/")

    def test_links_to_the_downloads(self, reauthenticated):
        page = reauthenticated.get(PATH).content.decode()
        for path in (JSON, CSV, MARKDOWN):
            assert f'href="{path}"' in page

    @pytest.mark.parametrize("path", [PATH, JSON])
    def test_refuses_other_methods(self, reauthenticated, path):
        assert reauthenticated.post(path).status_code == 405

    @pytest.mark.parametrize("extension", ["xml", "", "JSON", "json.exe"])
    def test_other_extensions_are_404(self, reauthenticated, extension):
        path = f"{PATH}cairn.{extension}"
        assert reauthenticated.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        (JSON, "application/json"),
        (CSV, "text/csv; charset=utf-8"),
        (MARKDOWN, "text/markdown; charset=utf-8"),
    ],
)
def test_a_download_is_an_attachment_and_is_not_cached(
    reauthenticated, path, content_type
):
    response = reauthenticated.get(path)
    assert response["Content-Type"] == content_type
    assert response["Content-Disposition"].startswith('attachment; filename="cairn-')
    assert response["Cache-Control"] == "no-store"


def test_a_download_is_logged_with_the_user_id(reauthenticated, user, capture_logs):
    reauthenticated.get(JSON)
    assert {"event": "data_exported", "user_id": user.pk, "kind": "json"} in [
        {key: line[key] for key in ("event", "user_id", "kind") if key in line}
        for line in capture_logs
    ]


class TestJson:
    def test_has_the_rows_of_every_table(self, user_with_data, reauthenticated):
        data = json.loads(download(reauthenticated))
        empty = {key for key, value in data.items() if value in ([], {}, "")}
        assert empty == set()
        assert set(EXPORTED_FOREIGN_KEYS.values()) <= set(data)

    def test_is_valid_for_the_schema(self, user_with_data, reauthenticated):
        jsonschema.validate(
            json.loads(download(reauthenticated)), json.loads(SCHEMA.read_text())
        )

    def test_has_marks_notes_and_completions_with_dates(
        self, user_with_data, reauthenticated
    ):
        data = json.loads(download(reauthenticated))
        assert data["progress"][1] == {
            "roadmap": "cooking",
            "step": "fry",
            "state": "done",
            "started_at": "2026-05-03T09:30:00Z",
            "done_at": "2026-05-03T09:30:00Z",
        }
        assert data["topics"] == [{"roadmap": "cooking", "step": "fry", "topic": "oil"}]
        assert data["notes"][0]["text"] == "# Mine\n=1+1"
        assert data["completions"] == [
            {"roadmap": "cooking", "completed_at": "2026-05-03T09:30:00Z"}
        ]

    def test_has_what_groups_hold(self, user_with_data, reauthenticated):
        data = json.loads(download(reauthenticated))
        at = "2026-05-03T09:30:00Z"
        fry = {"roadmap": "cooking", "step": "fry"}
        assert data["memberships"][0] == {
            "group": "Class 7",
            "role": "member",
            "joined_at": at,
            "by_claim": False,
            "wants_email": False,
            "shown_roadmaps": [{"roadmap": "cooking", "since": at}],
        }
        url = "https://work.example/fry"
        assert data["work_links"] == [{**fry, "url": url, "saved_at": at}]
        confirmed = {**fry, "confirmed_at": at, "sentence": "Well done."}
        assert data["confirmations_received"] == [
            {**confirmed, "group": "Class 7", "confirmed_by": "Olga"}
        ]
        assert data["confirmations_given"] == [{**confirmed, "group": "My team"}]
        comment = {**fry, "group": "Class 7", "written_at": at}
        assert data["comments_received"] == [
            {**comment, "text": "Try oil.", "written_by": "Olga"}
        ]
        assert {**comment, "text": "I will."} in data["comments_written"]
        [suggestion] = data["group_suggestions"]
        assert suggestion == {
            "group": "Class 8",
            "role": "member",
            "made_at": at,
            "answered_at": None,
        }
        assert data["group_invitations"][0]["group"] == "My team"
        assert {
            "at": at,
            "action": "group_joined",
            "done_by_user": True,
            "concerns_user": True,
            "details": {"group": "Class 7", "role": "member"},
        } in data["audit_events"]

    def test_has_links_that_would_not_be_allowed_now(
        self, user_with_data, reauthenticated, settings
    ):
        WorkLink.objects.update(url="http://wiki/fry")
        settings.INTRANET_LINKS = False
        [link] = json.loads(download(reauthenticated))["work_links"]
        assert link["url"] == "http://wiki/fry"

    def test_does_not_name_the_members_of_a_mentor(
        self, user_with_data, reauthenticated
    ):
        assert "Somebody else" not in download(reauthenticated)

    def test_a_mentor_who_has_no_account_any_more(
        self, user_with_data, reauthenticated
    ):
        User.objects.get(name="Olga").delete()
        [row] = json.loads(download(reauthenticated))["confirmations_received"]
        assert row["confirmed_by"] is None
        assert row["group"] == "Class 7"

    def test_has_no_secrets(self, user_with_data, reauthenticated):
        text = download(reauthenticated)
        assert "My key" in text
        assert "SECRET" not in text
        assert user_with_data.password not in text

    def test_has_no_data_of_other_users(self, user_with_data, reauthenticated):
        other = UserFactory(name="Eve")
        NoteFactory(user=other, text="Hers")
        EmailAddress.objects.create(user=other, email="eve@example.com")
        text = download(reauthenticated)
        assert "Hers" not in text
        assert "eve@example.com" not in text
        assert other.email not in text

    @pytest.mark.parametrize("steps", [1, 4])
    def test_the_number_of_queries_does_not_grow_with_rows(
        self, cooking, user, reauthenticated, assert_max_queries, steps
    ):
        for step in cooking.steps.all()[:steps]:
            StepProgressFactory(user=user, step=step)
            NoteFactory(user=user, step=step)
            add_group_data(user, step)
        with assert_max_queries(32):
            download(reauthenticated)

    def test_a_new_user_has_no_progress(self, reauthenticated):
        assert json.loads(download(reauthenticated))["progress"] == []


class TestCsv:
    def rows(self, client):
        text = download(client, CSV)
        # Without this, Excel takes the file for one in the system's old encoding.
        assert text.startswith("\ufeff")
        return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))

    def test_has_one_row_per_step(self, user_with_data, reauthenticated, cooking):
        rows = self.rows(reauthenticated)
        assert len(rows) == cooking.steps.count()
        (fry,) = [row for row in rows if row["step"] == "fry"]
        assert fry["state"] == "done"
        assert fry["done_at"] == "2026-05-03T10:30:00+01:00"
        assert fry["note"] == "# Mine\n=1+1"
        assert {row["state"] for row in rows} == {"done", "learning", "none"}

    def test_has_the_notes_of_roadmaps_without_progress(self, reauthenticated, user):
        note = NoteFactory(user=user)
        assert [row["note"] for row in self.rows(reauthenticated)] == [note.text]

    def test_escapes_formulas(self, reauthenticated, user):
        NoteFactory(user=user, text='=HYPERLINK("http://evil.example")')
        assert (
            self.rows(reauthenticated)[0]["note"]
            == """'=HYPERLINK("http://evil.example")"""
        )

    def test_quotes_every_cell(self, reauthenticated, user):
        NoteFactory(user=user, text="a;=1+1")
        assert ',"a;=1+1"\r\n' in download(reauthenticated, CSV)

    def test_takes_at_most_ten_queries(
        self, user_with_data, reauthenticated, assert_max_queries
    ):
        with assert_max_queries(10):
            self.rows(reauthenticated)


class TestMarkdown:
    def test_is_a_checklist_with_dates(self, user_with_progress, reauthenticated):
        lines = download(reauthenticated, MARKDOWN).splitlines()
        assert lines[0] == "# Backend Developer Roadmap"
        assert lines[2].startswith("1 of 13 required · 1 of 9 optional · 1 skipped")
        assert "- [x] Internet Fundamentals — done 3 May 2026" in lines
        assert "- [x] Caching (optional) — done 3 May 2026" in lines
        assert "- [ ] Choose a Backend Language — in progress" in lines
        assert "- [ ] ~~Version Control Systems~~ — skipped" in lines

    def test_escapes_markup_in_titles(self, reauthenticated, user):
        title = "A_b_ *c* <d> [e](f)"
        StepProgressFactory(user=user, step__title=title)
        text = download(reauthenticated, MARKDOWN)
        assert title not in text
        assert r"A\_b\_ \*c\* \<d\> \[e\](f)" in text

    def test_lists_retired_steps_separately(self, reauthenticated, user):
        StepProgressFactory(user=user, step__is_retired=True, step__title="Old")
        text = download(reauthenticated, MARKDOWN)
        assert "## Completed steps no longer in this roadmap\n\n- [x] Old" in text

    def test_says_who_confirmed_a_step(self, user, fry, reauthenticated):
        progress = StepProgressFactory(user=user, step=fry, started_at=MAY)
        confirmation = {"user": user, "step": fry, "confirmed_at": MAY}
        Confirmation.objects.create(group_name="Class *7*", **confirmation)
        line = "] Fry — done 3 May 2026, confirmed by Class \\*7\\* on 3 May 2026\n"
        assert line in download(reauthenticated, MARKDOWN)
        progress.state, progress.done_at = "learning", None
        progress.save()
        assert "confirmed" not in download(reauthenticated, MARKDOWN)

    def test_a_new_user_gets_an_explanation(self, reauthenticated):
        text = download(reauthenticated, MARKDOWN)
        assert text == "You haven’t started any steps yet.\n"


def test_the_schema_in_the_docs_is_up_to_date():
    assert json.loads(SCHEMA.read_text()) == schema()


def test_the_docs_explain_every_key():
    text = (django_settings.BASE_DIR / "docs/my-data.md").read_text()
    for key in ExportDocument.model_fields:
        assert f"`{key}`" in text


def test_every_foreign_key_to_a_user_is_exported_or_has_a_reason():
    found = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.concrete and field.related_model is User and not field.many_to_many
    }
    unknown = found - set(EXPORTED_FOREIGN_KEYS) - set(OMITTED_FOREIGN_KEYS)
    assert unknown == set(), "export them, or give a reason in OMITTED_FOREIGN_KEYS"
    assert set(EXPORTED_FOREIGN_KEYS) <= found
