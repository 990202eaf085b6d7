"""/accounts/data/ and the files that are downloaded there."""

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

from accounts.models import Invitation, User
from data_export.document import ExportDocument, schema
from data_export.spreadsheet import escape_formula
from progress.models import Completion
from tests.accounts.people import sign_in
from tests.factories import NoteFactory, StepProgressFactory, UserFactory

PATH = "/accounts/data/"
JSON, CSV, MARKDOWN = (f"{PATH}cairn.{kind}" for kind in ("json", "csv", "md"))
SCHEMA = django_settings.BASE_DIR / "docs/my-data.schema.json"
MAY = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)

# Where a person's rows are, and where the file has them.
EXPORTED = {
    "account.EmailAddress.user": "email_addresses",
    "accounts.Device.user": "devices",
    "accounts.Invitation.invited_by": "invitations_sent",
    "accounts.User_groups.user": "profile",
    "accounts.User_user_permissions.user": "profile",
    "admin.LogEntry.user": "edits",
    "mfa.Authenticator.user": "factors",
    "progress.Completion.user": "completions",
    "progress.Note.user": "notes",
    "progress.StepProgress.user": "progress",
    "socialaccount.SocialAccount.user": "linked_accounts",
    "usersessions.UserSession.user": "sessions",
}
LEFT_OUT = {
    "roadmaps.HistoricalRoadmap.history_user": "the admin's log in `edits` names it",
    "roadmaps.HistoricalStep.history_user": "the admin's log in `edits` names it",
}


@pytest.fixture
def rich(backend, user):
    """Somebody of whom Cairn holds a row in every place."""
    user.name, user.time_zone, user.theme = "Ada", "Europe/London", "dark"
    user.save()
    group = Group.objects.get(name="Editors")
    user.groups.add(group)
    user.user_permissions.add(Permission.objects.first())
    sign_in(user)
    caching = backend.steps.get(slug="caching")
    StepProgressFactory(user=user, step=caching, started_at=MAY)
    StepProgressFactory(
        user=user, step=backend.steps.first(), state="learning", started_at=MAY
    )
    NoteFactory(user=user, step=caching, text="# Mine\n=1+1", saved_at=MAY)
    Completion.objects.create(user=user, roadmap=backend, completed_at=MAY)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "HUSHHUSH"})
    Authenticator.objects.create(
        user=user, type="webauthn", data={"name": "My key", "credential": "HUSHHUSH"}
    )
    SocialAccount.objects.create(
        user=user, provider="github", uid="42", extra_data={"login": "ada"}
    )
    Invitation.objects.create(address="friend@example.com", invited_by=user)
    Invitation.objects.create(address=user.email)
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(User),
        object_repr="Somebody",
        action_flag=ADDITION,
    )
    return user


def download(client, path=JSON):
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


class TestThePage:
    def test_asks_again_who_it_is(self, signed_in):
        for path in (PATH, JSON, CSV, MARKDOWN):
            asked = signed_in.get(path).url
            assert asked.startswith("/accounts/reauthenticate/?next=")

    def test_is_not_for_visitors(self, client, db):
        for path in (PATH, JSON, CSV, MARKDOWN):
            assert client.get(path).url.startswith("/accounts/login/")

    def test_offers_the_three(self, sure):
        page = sure.get(PATH).content.decode()
        for path in (JSON, CSV, MARKDOWN):
            assert f'href="{path}"' in page

    @pytest.mark.parametrize("path", [PATH, JSON])
    def test_takes_no_other_method(self, sure, path):
        assert sure.post(path).status_code == 405

    @pytest.mark.parametrize("kind", ["xml", "", "JSON", "json.exe"])
    def test_has_no_other_kind(self, sure, kind):
        assert sure.get(f"{PATH}cairn.{kind}").status_code == 404


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (JSON, "application/json"),
        (CSV, "text/csv; charset=utf-8"),
        (MARKDOWN, "text/markdown; charset=utf-8"),
    ],
)
def test_a_download_is_a_file_that_nobody_keeps(sure, path, kind):
    response = sure.get(path)
    assert response["Content-Type"] == kind
    assert response["Content-Disposition"].startswith('attachment; filename="cairn-')
    assert response["Cache-Control"] == "no-store"


def test_a_download_is_logged_with_whose_it_is(sure, user, capture_logs):
    sure.get(JSON)
    assert {"event": "data_exported", "user_id": user.pk, "kind": "json"} in [
        {key: line[key] for key in ("event", "user_id", "kind") if key in line}
        for line in capture_logs
    ]


class TestJson:
    def test_holds_something_of_every_place(self, rich, sure):
        data = json.loads(download(sure))
        empty = {key for key, value in data.items() if value in ([], {}, "")}
        assert empty == set()
        assert set(EXPORTED.values()) <= set(data)

    def test_is_as_the_schema_says(self, rich, sure):
        jsonschema.validate(json.loads(download(sure)), json.loads(SCHEMA.read_text()))

    def test_tells_what_was_marked_and_when(self, rich, sure):
        data = json.loads(download(sure))
        assert data["progress"][1] == {
            "roadmap": "backend-developer",
            "step": "caching",
            "state": "done",
            "started_at": "2026-05-03T09:30:00Z",
            "done_at": "2026-05-03T09:30:00Z",
        }
        assert data["notes"][0]["text"] == "# Mine\n=1+1"
        assert data["completions"] == [
            {"roadmap": "backend-developer", "completed_at": "2026-05-03T09:30:00Z"}
        ]

    def test_names_factors_without_their_secrets(self, rich, sure):
        text = download(sure)
        assert "My key" in text
        assert "HUSHHUSH" not in text
        assert rich.password not in text

    def test_holds_nothing_of_anybody_else(self, rich, sure):
        stranger = UserFactory(name="Eve")
        NoteFactory(user=stranger, text="Hers")
        EmailAddress.objects.create(user=stranger, email="eve@example.com")
        text = download(sure)
        assert "Hers" not in text
        assert "eve@example.com" not in text
        assert stranger.email not in text

    @pytest.mark.parametrize("steps", [3, 23])
    def test_costs_the_same_however_much_there_is(
        self, backend, user, sure, at_most, steps
    ):
        for step in backend.steps.all()[:steps]:
            StepProgressFactory(user=user, step=step)
            NoteFactory(user=user, step=step)
        with at_most(18):
            download(sure)

    def test_of_somebody_new_is_short(self, sure):
        assert json.loads(download(sure))["progress"] == []


class TestCsv:
    def rows(self, client):
        return list(csv.DictReader(io.StringIO(download(client, CSV))))

    def test_has_a_row_a_step(self, rich, sure, backend):
        rows = self.rows(sure)
        assert len(rows) == backend.steps.count()
        (caching,) = [row for row in rows if row["step"] == "caching"]
        assert caching["state"] == "done"
        assert caching["done_at"] == "2026-05-03T10:30:00+01:00"
        assert caching["note"] == "# Mine\n=1+1"
        assert {row["state"] for row in rows} == {"done", "learning", "none"}

    def test_has_the_notes_of_roadmaps_that_are_not_begun(self, sure, user):
        note = NoteFactory(user=user)
        assert [row["note"] for row in self.rows(sure)] == [note.text]

    def test_runs_nothing_in_a_spreadsheet(self, sure, user):
        NoteFactory(user=user, text='=HYPERLINK("http://evil.example")')
        assert self.rows(sure)[0]["note"] == """'=HYPERLINK("http://evil.example")"""

    @pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"])
    def test_guards_each_beginning_of_a_formula(self, cell):
        assert escape_formula(cell) == f"'{cell}"

    @pytest.mark.parametrize("cell", ["", "a=1", "1", "💥", "#"])
    def test_leaves_other_text_as_it_is(self, cell):
        assert escape_formula(cell) == cell

    def test_costs_few_queries(self, rich, sure, at_most):
        with at_most(7):
            self.rows(sure)


class TestMarkdown:
    def test_is_a_checklist_with_dates(self, under_way, sure):
        lines = download(sure, MARKDOWN).splitlines()
        assert lines[0] == "# Backend Developer Roadmap"
        assert lines[2].startswith("1 of 13 required · 1 of 9 optional · 1 skipped")
        assert "- [x] Internet Fundamentals — done 3 May 2026" in lines
        assert "- [x] Caching (optional) — done 3 May 2026" in lines
        assert "- [ ] Choose a Backend Language — in progress" in lines
        assert "- [ ] ~~Version Control Systems~~ — skipped" in lines

    def test_keeps_a_title_from_being_markup(self, sure, user):
        row = StepProgressFactory(user=user, step__title="A_b_ *c* <d> [e](f)")
        assert row.step.title not in download(sure, MARKDOWN)
        assert r"A\_b\_ \*c\* \<d\> \[e\](f)" in download(sure, MARKDOWN)

    def test_names_what_is_retired_apart(self, sure, user):
        StepProgressFactory(user=user, step__is_retired=True, step__title="Old")
        text = download(sure, MARKDOWN)
        assert "## Retired, you did this\n\n- [x] Old" in text

    def test_of_somebody_new_says_so(self, sure):
        assert download(sure, MARKDOWN) == "No step is marked yet.\n"


def test_the_schema_in_the_docs_is_that_of_the_code():
    assert json.loads(SCHEMA.read_text()) == schema()


def test_each_key_of_the_file_is_explained_in_the_docs():
    text = (django_settings.BASE_DIR / "docs/my-data.md").read_text()
    for key in ExportDocument.model_fields:
        assert f"`{key}`" in text


def test_every_table_that_names_a_person_is_exported_or_left_out_for_a_reason():
    found = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.concrete and field.related_model is User and not field.many_to_many
    }
    unheard_of = found - set(EXPORTED) - set(LEFT_OUT)
    assert unheard_of == set(), "export them, or say here why not"
    assert set(EXPORTED) <= found
