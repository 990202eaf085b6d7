"""/accounts/data/upload/"""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from data_export.restore import MAX_FILE_SIZE
from progress.models import Completion, StepProgress
from progress.notes import Note
from progress.route import State
from tests.accounts.people import reauthenticate
from tests.factories import (
    NoteFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
)

PATH = "/accounts/data/upload/"
EARLY, MAY, JUNE = (datetime(2026, month, 3, 9, 30, tzinfo=UTC) for month in (4, 5, 6))


def done(step="caching", at=MAY, started=None, roadmap="backend-developer"):
    return {
        "roadmap": roadmap,
        "step": step,
        "state": "done",
        "started_at": (started or at).isoformat(),
        "done_at": at.isoformat(),
    }


def marked(state, step="caching", at=MAY):
    return {**done(step, at), "state": state, "done_at": None}


def note(text, step="caching", roadmap="backend-developer"):
    return {
        "roadmap": roadmap,
        "step": step,
        "text": text,
        "saved_at": MAY.isoformat(),
    }


def file_of(**sections):
    return json.dumps({"format": "cairn-my-data", "version": 1, **sections}).encode()


def upload(client, content, name="cairn.json"):
    return client.post(PATH, {"file": SimpleUploadedFile(name, content)})


def took_in(client, **sections):
    response = upload(client, file_of(**sections))
    assert response.status_code == 200
    return response.context["restored"], response.content.decode()


def rows(model, user):
    return list(model.objects.filter(user=user).order_by("pk").values())


@pytest.fixture
def caching(backend):
    return backend.steps.get(slug="caching")


@pytest.fixture
def steps(backend):
    return list(backend.steps.all())


def test_a_visitor_is_asked_to_sign_in(client, db):
    assert upload(client, file_of()).url.startswith("/accounts/login/")


def test_it_takes_no_other_method(signed_in):
    assert signed_in.get(PATH).status_code == 405


def test_it_is_guarded_by_a_token(user, backend):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert upload(client, file_of(progress=[done()])).status_code == 403
    assert rows(StepProgress, user) == []


def test_another_account_gets_all_back_with_its_dates(sure, user, backend, steps):
    for step in steps[:5]:
        StepProgressFactory(user=user, step=step, started_at=MAY)
        NoteFactory(user=user, step=step, text=f"On {step}", saved_at=MAY)
    StepProgressFactory(user=user, step=steps[5], state="skipped", started_at=MAY)
    Completion.objects.create(user=user, roadmap=backend, completed_at=JUNE)
    content = sure.get("/accounts/data/cairn.json").content
    other = UserFactory()
    client = Client()
    client.force_login(other)
    page = upload(client, content).content.decode()
    assert "6 steps marked as in the file" in page
    assert "5 notes added" in page

    def of(model, person):
        return [
            {k: v for k, v in row.items() if k not in ("user_id", "page")}
            for row in rows(model, person)
        ]

    assert of(StepProgress, other) == of(StepProgress, user)
    assert of(Note, other) == of(Note, user)


def test_a_second_time_changes_nothing(signed_in, user, steps):
    sections = {
        "progress": [done(step.slug) for step in steps[:3]],
        "notes": [note("Mine")],
    }
    took_in(signed_in, **sections)
    before = rows(StepProgress, user), rows(Note, user)
    restored, page = took_in(signed_in, **sections)
    assert (restored.marks, restored.notes_added, restored.unchanged) == ([], [], 4)
    assert "4 were here already" in page
    assert (rows(StepProgress, user), rows(Note, user)) == before


def test_it_costs_the_same_however_much_there_is(signed_in, user, steps, at_most):
    content = file_of(
        progress=[done(step.slug) for step in steps],
        notes=[note("Mine", step.slug) for step in steps],
        completions=[{"roadmap": "backend-developer", "completed_at": MAY.isoformat()}],
    )
    with at_most(14):
        upload(signed_in, content)
    assert len(rows(StepProgress, user)) == len(rows(Note, user)) == len(steps)


class TestAMark:
    @pytest.mark.parametrize(
        ("stored", "in_file", "wins"),
        [
            (("done", MAY), done(at=JUNE), "file"),
            (("done", JUNE), done(at=MAY), "stored"),
            (("done", MAY), done(at=MAY), "stored"),
            (("learning", EARLY), done(at=MAY), "file"),
            (("learning", JUNE), done(at=MAY), "stored"),
            (("skipped", EARLY), done(at=MAY), "file"),
            (("done", EARLY), marked("learning", at=JUNE), "stored"),
            (("done", EARLY), marked("skipped", at=JUNE), "stored"),
            (("learning", EARLY), marked("skipped", at=JUNE), "file"),
            (("skipped", JUNE), marked("learning", at=MAY), "stored"),
        ],
    )
    def test_wins_when_it_is_newer_and_no_less_far(
        self, signed_in, user, caching, stored, in_file, wins
    ):
        state, at = stored
        StepProgressFactory(user=user, step=caching, state=state, started_at=at)
        took_in(signed_in, progress=[in_file])
        row = StepProgress.objects.get(user=user)
        expected = in_file["state"] if wins == "file" else state
        date = datetime.fromisoformat(in_file["started_at"]) if wins == "file" else at
        assert (row.state, row.started_at) == (expected, date)

    def test_on_a_retired_step_is_restored(self, signed_in, user, caching):
        caching.is_retired = True
        caching.save()
        took_in(signed_in, progress=[done()])
        assert StepProgress.objects.get(user=user).step == caching


class TestANote:
    def test_that_differs_is_put_below_the_one_that_is_here(
        self, signed_in, user, caching
    ):
        NoteFactory(user=user, step=caching, text="Here first.")
        for _ in range(2):
            restored, _ = took_in(signed_in, notes=[note("From the file.")])
        text = "Here first.\n\n---\n\nFrom the file."
        assert Note.objects.get(user=user).text == text
        assert restored.notes_appended == []

    def test_that_was_put_below_is_linked(self, signed_in, user, caching):
        NoteFactory(user=user, step=caching, text="Here first.")
        _, page = took_in(signed_in, notes=[note("From the file.")])
        assert "Notes to look at" in page
        assert f'href="{caching.get_absolute_url()}"' in page

    def test_that_is_part_of_what_is_here_is_left(self, signed_in, user, caching):
        NoteFactory(user=user, step=caching, text="Old.\n\nAnd newer.")
        restored, _ = took_in(signed_in, notes=[note("Old.")])
        assert restored.unchanged == 1
        assert Note.objects.get(user=user).text == "Old.\n\nAnd newer."

    def test_that_would_be_too_long_together_is_named(self, signed_in, user, caching):
        NoteFactory(user=user, step=caching, text="a" * 19_999)
        restored, page = took_in(signed_in, notes=[note("From the file.")])
        assert restored.notes_too_long == [caching]
        assert "Notes that were not imported" in page
        assert Note.objects.get(user=user).text == "a" * 19_999

    def test_is_not_overwritten_by_a_page_that_was_open(self, signed_in, caching, user):
        path = f"{caching.get_absolute_url()}"
        stored = NoteFactory(user=user, step=caching, text="Here first.", page="p")
        took_in(signed_in, notes=[note("From the file.")])
        fields = {"text": "Typed", "page": "p", "base": stored.version}
        assert signed_in.post(path, fields).status_code == 409
        assert "From the file." in Note.objects.get(user=user).text


class TestACompletion:
    FILE = [{"roadmap": "backend-developer", "completed_at": MAY.isoformat()}]

    def required(self, backend):
        return backend.steps.filter(is_optional=False)

    def test_comes_back_with_its_date(self, signed_in, user, backend):
        marks = [done(step.slug, EARLY) for step in self.required(backend)]
        _, page = took_in(signed_in, progress=marks, completions=self.FILE)
        assert Completion.objects.get(user=user).completed_at == MAY
        assert "Completed: Backend Developer" in page

    def test_is_written_as_by_a_tick_where_the_file_has_none(
        self, signed_in, user, backend
    ):
        marks = [done(step.slug, EARLY) for step in self.required(backend)]
        took_in(signed_in, progress=marks)
        assert Completion.objects.get(user=user).completed_at == EARLY

    def test_survives_steps_that_were_added_since(self, signed_in, user, backend):
        backend.steps.update(added_at=EARLY)
        marks = [done(step.slug, EARLY) for step in self.required(backend)]
        StepFactory(roadmap=backend, slug="brand-new", added_at=JUNE)
        took_in(signed_in, progress=marks, completions=self.FILE)
        assert Completion.objects.get(user=user).completed_at == MAY

    def test_that_is_not_true_is_left_out(self, signed_in, user, backend):
        backend.steps.update(added_at=EARLY)
        first = self.required(backend).first()
        took_in(signed_in, progress=[done(first.slug)], completions=self.FILE)
        assert not Completion.objects.exists()

    def test_of_a_roadmap_on_which_nothing_is_done_is_left_out(
        self, signed_in, backend
    ):
        took_in(signed_in, completions=self.FILE)
        assert not Completion.objects.exists()

    def test_that_is_here_keeps_its_date(self, signed_in, user, backend):
        Completion.objects.create(user=user, roadmap=backend, completed_at=JUNE)
        marks = [done(step.slug) for step in self.required(backend)]
        took_in(signed_in, progress=marks, completions=self.FILE)
        assert Completion.objects.get(user=user).completed_at == JUNE


class TestWhatIsNotHere:
    def test_is_listed_and_the_rest_taken_in(self, signed_in, user, backend):
        restored, page = took_in(
            signed_in,
            progress=[done(), done("gone"), done("x", roadmap="nowhere")],
            notes=[note("Mine", "gone")],
            completions=[{"roadmap": "nowhere", "completed_at": MAY.isoformat()}],
        )
        assert restored.unmatched == [
            "backend-developer/gone",
            "nowhere/x",
            "nowhere",
        ]
        assert "<code>nowhere/x</code>" in page
        assert len(rows(StepProgress, user)) == 1

    def test_includes_drafts_but_for_staff(self, signed_in, user):
        draft = RoadmapFactory(slug="draft", is_published=False)
        StepFactory(roadmap=draft, slug="one")
        restored, _ = took_in(signed_in, progress=[done("one", roadmap="draft")])
        assert restored.unmatched == ["draft/one"]
        assert rows(StepProgress, user) == []
        user.is_staff = True
        user.save()
        restored, _ = took_in(signed_in, progress=[done("one", roadmap="draft")])
        assert restored.unmatched == []


def test_what_else_the_file_says_of_oneself_changes_nothing(signed_in, user, backend):
    took_in(
        signed_in,
        profile={"email": "sly@example.com", "is_staff": True},
        email_addresses=[{"address": "sly@example.com", "is_confirmed": True}],
    )
    user.refresh_from_db()
    assert not user.is_staff
    assert user.emailaddress_set.count() == 1


IN_A_YEAR = timezone.now() + timedelta(days=365)
HELL = {
    "nothing": b"",
    "no JSON": b"\xff\xfe\x00",
    "a picture": b"\x89PNG\r\n\x1a\n",
    "a list": b"[]",
    "null": b"null",
    "a string": b'"cairn-my-data"',
    "of nothing": b"{}",
    "another format": b'{"format": "other", "version": 1}',
    "a later version": b'{"format": "cairn-my-data", "version": 2}',
    "deep": b'{"format":' + b"[" * 100_000,
    "deep and closed": b"[" * 50_000 + b"]" * 50_000,
    "a huge number": file_of(progress=[]).replace(b"1", b"1" * 5000),
    "NaN": b'{"format": "cairn-my-data", "version": NaN}',
    "NUL in a note": file_of(notes=[note("a\x00b")]),
    "an empty note": file_of(notes=[note(" \n ")]),
    "half a character": file_of(notes=[note("x")]).replace(b'"x"', b'"\\ud800"'),
    "a note that is too long": file_of(notes=[note("a" * 20_001)]),
    "NUL in a slug": file_of(progress=[done("caching\x00")]),
    "a long slug": file_of(progress=[done("a" * 9000)]),
    "a path for a slug": file_of(progress=[done("../../etc/passwd")]),
    "a slug and a line": file_of(progress=[done("caching\n")]),
    "an unknown state": file_of(progress=[{**done(), "state": "none"}]),
    "done without a date": file_of(progress=[{**done(), "done_at": None}]),
    "a date without being done": file_of(progress=[{**done(), "state": "skipped"}]),
    "the future": file_of(progress=[done(at=IN_A_YEAR)]),
    "the year 1": file_of(progress=[{**done(), "started_at": "0001-01-01T00:00Z"}]),
    "the year 9999": file_of(progress=[{**done(), "done_at": "9999-12-31T23:59Z"}]),
    "a date of no zone": file_of(progress=[{**done(), "done_at": "2026-05-03T09:00"}]),
    "a number for a date": file_of(progress=[{**done(), "done_at": 1e300}]),
    "a step twice": file_of(progress=[done(), done()]),
    "a list of rubbish": file_of(progress=[1, None, [], "x", {}] * 1000),
    "a wrong completion": file_of(completions=[{"roadmap": "x", "completed_at": 0}]),
}


@pytest.mark.parametrize("content", HELL.values(), ids=HELL)
def test_a_file_from_hell_is_told_beside_its_field(signed_in, user, backend, content):
    response = upload(signed_in, content)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_file_error"' in page
    assert 'aria-invalid="true"' in page
    assert "Nothing was imported" in page
    assert page.count("<li>") < 12
    assert rows(StepProgress, user) == rows(Note, user) == []


def test_what_is_wrong_is_told_by_its_place(signed_in):
    content = file_of(progress=[done(), {**done("apis"), "state": "none"}])
    page = upload(signed_in, content).content.decode()
    assert "progress, entry 2, state" in page


def test_no_file_at_all_is_told(signed_in):
    response = signed_in.post(PATH, {})
    assert response.status_code == 422
    assert "Choose the file first." in response.content.decode()


@pytest.mark.parametrize("more", [1, 8_000_000])
def test_more_than_two_megabytes_is_refused(signed_in, user, backend, more):
    content = file_of(progress=[done()]).ljust(MAX_FILE_SIZE + more)
    response = upload(signed_in, content)
    assert response.status_code in (413, 422)
    assert "larger than" in response.content.decode()
    assert rows(StepProgress, user) == []


def test_two_megabytes_are_taken(signed_in, user, backend):
    content = file_of(progress=[done()]).ljust(MAX_FILE_SIZE)
    assert upload(signed_in, content).status_code == 200


def test_a_length_that_is_told_is_refused_before_anything_is_read(signed_in):
    class Untouchable:
        def read(self, *_):
            raise AssertionError("it was read")

        readline = read

    response = signed_in.generic(
        "POST",
        PATH,
        b"x",
        CONTENT_LENGTH=str(MAX_FILE_SIZE * 5),
        **{"wsgi.input": Untouchable()},
    )
    assert response.status_code == 413


def test_what_was_taken_in_is_logged_with_whose_it_is(
    signed_in, user, backend, capture_logs
):
    took_in(signed_in, progress=[done()])
    line = next(line for line in capture_logs if line["event"] == "data_imported")
    assert line["user_id"] == user.pk
    assert State.DONE not in line.values()


def test_the_stranger_is_not_touched(signed_in, user, backend, caching):
    stranger = UserFactory()
    StepProgressFactory(user=stranger, step=caching, state="learning", started_at=EARLY)
    before = rows(StepProgress, stranger)
    reauthenticate(signed_in)
    took_in(signed_in, progress=[done()])
    assert rows(StepProgress, stranger) == before
