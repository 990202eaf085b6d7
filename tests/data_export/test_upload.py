"""/accounts/data/upload/"""

import codecs
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from data_export import views
from data_export.reader import MAX_FILE_SIZE, parse
from groups.models import Confirmation, Membership, WorkLink
from progress.models import Completion, StepProgress
from progress.notes import Note
from progress.route import State
from progress.topic_checks import TopicCheck
from tests.factories import (
    NoteFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    TopicFactory,
    UserFactory,
)
from tests.html import read_html
from tests.memory import assert_max_memory

PATH = "/accounts/data/upload/"
EARLY, MAY, JUNE = (datetime(2026, month, 3, 9, 30, tzinfo=UTC) for month in (4, 5, 6))


def done_entry(step="fry", at=MAY, roadmap="cooking"):
    return {
        "roadmap": roadmap,
        "step": step,
        "state": "done",
        "started_at": at.isoformat(),
        "done_at": at.isoformat(),
    }


def entry_with_state(state, step="fry", at=MAY):
    return {**done_entry(step, at), "state": state, "done_at": None}


def note_entry(text, step="fry", roadmap="cooking"):
    return {
        "roadmap": roadmap,
        "step": step,
        "text": text,
        "saved_at": MAY.isoformat(),
    }


def link_entry(url="https://work.example/fry", step="fry", at=MAY, roadmap="cooking"):
    return {
        "roadmap": roadmap,
        "step": step,
        "url": url,
        "saved_at": at.isoformat(),
    }


def export_file(**sections):
    return json.dumps({"format": "cairn-my-data", "version": 2, **sections}).encode()


def upload(client, content, name="cairn.json"):
    return client.post(PATH, {"file": SimpleUploadedFile(name, content)})


def import_sections(client, **sections):
    response = upload(client, export_file(**sections))
    assert response.status_code == 200
    return response.context["result"], response.content.decode()


def rows(model, user):
    return list(model.objects.filter(user=user).order_by("pk").values())


@pytest.fixture
def steps(cooking):
    cooking.steps.filter(slug="braise").update(is_optional=True)
    return list(cooking.steps.all())


def test_redirects_visitors_to_sign_in(client, db):
    assert upload(client, export_file()).url.startswith("/accounts/login/")


def test_refuses_other_methods(signed_in):
    assert signed_in.get(PATH).status_code == 405


def test_requires_a_csrf_token(user, cooking):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert upload(client, export_file(progress=[done_entry()])).status_code == 403
    assert rows(StepProgress, user) == []


def test_restores_everything_with_its_dates_in_another_account(
    reauthenticated, user, cooking, steps
):
    for step in steps[:3]:
        StepProgressFactory(user=user, step=step, started_at=MAY)
        NoteFactory(user=user, step=step, text=f"On {step}", saved_at=MAY)
    StepProgressFactory(user=user, step=steps[3], state="skipped", started_at=MAY)
    Completion.objects.create(user=user, roadmap=cooking, completed_at=JUNE)
    content = reauthenticated.get("/accounts/data/cairn.json").content
    other = UserFactory()
    client = Client()
    client.force_login(other)
    page = upload(client, content).content.decode()
    assert "4 steps updated" in page
    assert "3 notes added" in page

    def rows_without_ids(model, user):
        return [
            {
                key: value
                for key, value in row.items()
                if key not in ("user_id", "page", "html", "html_version")
            }
            for row in rows(model, user)
        ]

    assert rows_without_ids(StepProgress, other) == rows_without_ids(StepProgress, user)
    assert rows_without_ids(Note, other) == rows_without_ids(Note, user)


def test_importing_twice_changes_nothing(signed_in, user, steps):
    sections = {
        "progress": [done_entry(step.slug) for step in steps[:3]],
        "notes": [note_entry("Mine")],
    }
    import_sections(signed_in, **sections)
    before = rows(StepProgress, user), rows(Note, user)
    result, page = import_sections(signed_in, **sections)
    assert (result.marked_steps, result.notes_added, result.unchanged) == ([], [], 4)
    assert "4 entries were left unchanged" in page
    assert (rows(StepProgress, user), rows(Note, user)) == before


def test_the_number_of_queries_does_not_grow_with_rows(
    signed_in, user, steps, assert_max_queries
):
    content = export_file(
        progress=[done_entry(step.slug) for step in steps],
        notes=[note_entry("Mine", step.slug) for step in steps],
        completions=[{"roadmap": "cooking", "completed_at": MAY.isoformat()}],
    )
    with assert_max_queries(16):
        upload(signed_in, content)
    assert len(rows(StepProgress, user)) == len(rows(Note, user)) == len(steps)


class TestTopics:
    def entry(self, topic="oil", step="fry"):
        return {"roadmap": "cooking", "step": step, "topic": topic}

    @pytest.fixture
    def topics(self, cooking):
        fry = cooking.steps.get(slug="fry")
        return [TopicFactory(step=fry, slug=slug) for slug in ("oil", "heat")]

    def ticked(self, user):
        checks = TopicCheck.objects.filter(user=user)
        return set(checks.values_list("topic__slug", flat=True))

    def test_are_ticked_and_never_unticked(self, signed_in, user, topics):
        TopicCheck.objects.create(user=user, topic=topics[1])
        for count in (1, 0):
            result, page = import_sections(signed_in, topics=[self.entry()])
            assert (result.ticked_topics, result.unchanged) == (count, 1 - count)
            assert ("1 topic ticked" in page) is bool(count)
        assert self.ticked(user) == {"oil", "heat"}

    def test_change_no_step(self, signed_in, user, topics):
        import_sections(signed_in, topics=[self.entry()])
        assert rows(StepProgress, user) == []

    def test_that_do_not_exist_are_listed(self, signed_in, user, topics):
        entries = [self.entry("water"), self.entry(step="nowhere")]
        result, _ = import_sections(signed_in, topics=entries)
        assert result.unmatched == ["cooking/fry/water", "cooking/nowhere/oil"]
        assert self.ticked(user) == set()

    def test_twice_in_one_file_are_an_error(self, signed_in, topics):
        response = upload(signed_in, export_file(topics=[self.entry()] * 2))
        assert response.status_code == 422
        assert "cooking/fry/oil is in topics more than once." in response.text

    def test_version_1_has_none_and_is_still_read(self, signed_in, user, steps):
        content = export_file(progress=[done_entry()])
        content = content.replace(b'"version": 2', b'"version": 1')
        assert upload(signed_in, content).status_code == 200
        assert len(rows(StepProgress, user)) == 1


class TestMark:
    @pytest.mark.parametrize(
        ("stored", "entry", "winner"),
        [
            (("done", MAY), done_entry(at=JUNE), "file"),
            (("done", JUNE), done_entry(at=MAY), "stored"),
            (("done", MAY), done_entry(at=MAY), "stored"),
            (("learning", EARLY), done_entry(at=MAY), "file"),
            (("learning", JUNE), done_entry(at=MAY), "stored"),
            (("skipped", EARLY), done_entry(at=MAY), "file"),
            (("done", EARLY), entry_with_state("learning", at=JUNE), "stored"),
            (("done", EARLY), entry_with_state("skipped", at=JUNE), "stored"),
            (("learning", EARLY), entry_with_state("skipped", at=JUNE), "file"),
            (("skipped", JUNE), entry_with_state("learning", at=MAY), "stored"),
        ],
    )
    def test_the_newer_one_wins_but_done_is_never_downgraded(
        self, signed_in, user, fry, stored, entry, winner
    ):
        state, at = stored
        StepProgressFactory(user=user, step=fry, state=state, started_at=at)
        import_sections(signed_in, progress=[entry])
        row = StepProgress.objects.get(user=user)
        if winner == "file":
            state, at = entry["state"], datetime.fromisoformat(entry["started_at"])
        assert (row.state, row.started_at) == (state, at)

    def test_on_a_retired_step_is_restored(self, signed_in, user, fry):
        fry.is_retired = True
        fry.save()
        import_sections(signed_in, progress=[done_entry()])
        assert StepProgress.objects.get(user=user).step == fry


class TestNote:
    def test_a_different_note_is_appended_once(self, signed_in, user, fry):
        NoteFactory(user=user, step=fry, text="Here first.")
        for _ in range(2):
            result, _ = import_sections(signed_in, notes=[note_entry("From the file.")])
        text = "Here first.\n\n---\n\nFrom the file."
        note = Note.objects.get(user=user)
        assert note.text == text
        assert "<hr>" in note.get_html()
        assert result.notes_appended == []

    def test_an_appended_note_is_linked(self, signed_in, user, fry):
        NoteFactory(user=user, step=fry, text="Here first.")
        _, page = import_sections(signed_in, notes=[note_entry("From the file.")])
        assert "Notes to check" in page
        assert f'href="{fry.get_absolute_url()}"' in page

    def test_a_note_within_the_stored_note_changes_nothing(self, signed_in, user, fry):
        NoteFactory(user=user, step=fry, text="Old.\n\nAnd newer.")
        result, _ = import_sections(signed_in, notes=[note_entry("Old.")])
        assert result.unchanged == 1
        assert Note.objects.get(user=user).text == "Old.\n\nAnd newer."

    def test_a_note_that_would_be_too_long_is_listed(self, signed_in, user, fry):
        NoteFactory(user=user, step=fry, text="a" * 19_999)
        result, page = import_sections(signed_in, notes=[note_entry("From the file.")])
        assert result.notes_too_long == [fry]
        assert "Notes that were not imported" in page
        assert Note.objects.get(user=user).text == "a" * 19_999

    def test_an_open_page_does_not_overwrite_an_imported_note(
        self, signed_in, fry, user
    ):
        path = fry.get_absolute_url()
        stored = NoteFactory(user=user, step=fry, text="Here first.", page="p")
        import_sections(signed_in, notes=[note_entry("From the file.")])
        fields = {"text": "Typed", "page": "p", "base": stored.version}
        assert signed_in.post(path, fields).status_code == 409
        assert "From the file." in Note.objects.get(user=user).text


class TestCompletion:
    ENTRIES = [{"roadmap": "cooking", "completed_at": MAY.isoformat()}]

    def required_steps(self, cooking):
        return cooking.steps.filter(is_optional=False)

    def test_is_restored_with_its_date(self, signed_in, user, cooking):
        marks = [done_entry(step.slug, EARLY) for step in self.required_steps(cooking)]
        _, page = import_sections(signed_in, progress=marks, completions=self.ENTRIES)
        assert Completion.objects.get(user=user).completed_at == MAY
        assert "Roadmap completed: <bdi>Cooking" in page

    def test_is_written_if_the_marks_complete_the_roadmap(
        self, signed_in, user, cooking
    ):
        marks = [done_entry(step.slug, EARLY) for step in self.required_steps(cooking)]
        import_sections(signed_in, progress=marks)
        assert Completion.objects.get(user=user).completed_at == EARLY

    def test_is_restored_even_if_steps_were_added_since(self, signed_in, user, cooking):
        cooking.steps.update(added_at=EARLY)
        marks = [done_entry(step.slug, EARLY) for step in self.required_steps(cooking)]
        StepFactory(roadmap=cooking, slug="brand-new", added_at=JUNE)
        import_sections(signed_in, progress=marks, completions=self.ENTRIES)
        assert Completion.objects.get(user=user).completed_at == MAY

    def test_is_not_restored_if_required_steps_are_missing(
        self, signed_in, user, cooking
    ):
        cooking.steps.update(added_at=EARLY)
        first = self.required_steps(cooking).first()
        import_sections(
            signed_in, progress=[done_entry(first.slug)], completions=self.ENTRIES
        )
        assert not Completion.objects.exists()

    def test_is_not_restored_if_nothing_is_done(self, signed_in, cooking):
        import_sections(signed_in, completions=self.ENTRIES)
        assert not Completion.objects.exists()

    def test_a_stored_completion_keeps_its_date(self, signed_in, user, cooking):
        Completion.objects.create(user=user, roadmap=cooking, completed_at=JUNE)
        marks = [done_entry(step.slug) for step in self.required_steps(cooking)]
        import_sections(signed_in, progress=marks, completions=self.ENTRIES)
        assert Completion.objects.get(user=user).completed_at == JUNE


class TestUnknownContent:
    def test_is_listed_and_the_rest_is_imported(self, signed_in, user, cooking):
        result, page = import_sections(
            signed_in,
            progress=[
                done_entry(),
                done_entry("gone"),
                done_entry("x", roadmap="nowhere"),
            ],
            notes=[note_entry("Mine", "gone")],
            completions=[{"roadmap": "nowhere", "completed_at": MAY.isoformat()}],
        )
        assert result.unmatched == [
            "cooking/gone",
            "nowhere/x",
            "nowhere",
        ]
        assert "<code>nowhere/x</code>" in page
        assert len(rows(StepProgress, user)) == 1

    def test_of_any_number_is_accepted_and_the_first_hundred_are_listed(
        self, signed_in, cooking
    ):
        # PostgreSQL takes at most 65,535 parameters in a statement.
        completions = [
            {"roadmap": f"r{n}", "completed_at": MAY.isoformat()} for n in range(70_000)
        ]
        _, page = import_sections(signed_in, completions=completions)
        assert page.count("<code>r") == 100
        assert "69900 more are not listed." in page

    def test_includes_drafts_unless_the_user_is_staff(self, signed_in, user):
        draft = RoadmapFactory(slug="draft", is_published=False)
        StepFactory(roadmap=draft, slug="one")
        result, _ = import_sections(
            signed_in, progress=[done_entry("one", roadmap="draft")]
        )
        assert result.unmatched == ["draft/one"]
        assert rows(StepProgress, user) == []
        user.is_staff = True
        user.save()
        result, _ = import_sections(
            signed_in, progress=[done_entry("one", roadmap="draft")]
        )
        assert result.unmatched == []

    def test_includes_roadmaps_that_the_user_may_not_see(self, signed_in, user):
        """They look as if they did not exist."""
        secret = RoadmapFactory(slug="secret", visibility="groups", title="Hush")
        StepFactory(roadmap=secret, slug="one", title="Hush")
        result, page = import_sections(
            signed_in,
            progress=[
                done_entry("one", roadmap="secret"),
                done_entry("one", roadmap="nowhere"),
            ],
        )
        assert sorted(result.unmatched) == ["nowhere/one", "secret/one"]
        assert "Hush" not in page
        assert rows(StepProgress, user) == []


def test_other_sections_of_the_file_are_ignored(signed_in, user, cooking):
    import_sections(
        signed_in,
        profile={"email": "sly@example.com", "is_staff": True},
        email_addresses=[{"address": "sly@example.com", "is_confirmed": True}],
    )
    user.refresh_from_db()
    assert not user.is_staff
    assert user.emailaddress_set.count() == 1


IN_A_YEAR = timezone.now() + timedelta(days=365)
INVALID_FILES = {
    "an empty file": b"",
    "no JSON": b"\xff\xfe\x00",
    "a picture": b"\x89PNG\r\n\x1a\n",
    "a list": b"[]",
    "null": b"null",
    "a string": b'"cairn-my-data"',
    "an empty object": b"{}",
    "another format": b'{"format": "other", "version": 1}',
    "a later version": b'{"format": "cairn-my-data", "version": 3}',
    "unclosed nesting": b'{"format":' + b"[" * 100_000,
    "deep nesting": b"[" * 50_000 + b"]" * 50_000,
    "a huge number": export_file(progress=[]).replace(b"2", b"2" * 5000),
    "NaN": b'{"format": "cairn-my-data", "version": NaN}',
    "NUL in a note": export_file(notes=[note_entry("a\x00b")]),
    "an empty note": export_file(notes=[note_entry(" \n ")]),
    "an invisible note": export_file(notes=[note_entry("\u200b\u3164")]),
    "a lone surrogate": export_file(notes=[note_entry("x")]).replace(
        b'"x"', b'"\\ud800"'
    ),
    "a note that is too long": export_file(notes=[note_entry("a" * 20_001)]),
    "NUL in a slug": export_file(progress=[done_entry("fry\x00")]),
    "a long slug": export_file(progress=[done_entry("a" * 9000)]),
    "a path as a slug": export_file(progress=[done_entry("../../etc/passwd")]),
    "a slug with a line break": export_file(progress=[done_entry("fry\n")]),
    "an unknown state": export_file(progress=[{**done_entry(), "state": "none"}]),
    "done without a date": export_file(progress=[{**done_entry(), "done_at": None}]),
    "a done date while skipped": export_file(
        progress=[{**done_entry(), "state": "skipped"}]
    ),
    "a date in the future": export_file(progress=[done_entry(at=IN_A_YEAR)]),
    "a date in the year 1": export_file(
        progress=[{**done_entry(), "started_at": "0001-01-01T00:00Z"}]
    ),
    "a date in the year 9999": export_file(
        progress=[{**done_entry(), "done_at": "9999-12-31T23:59Z"}]
    ),
    "a date without a time zone": export_file(
        progress=[{**done_entry(), "done_at": "2026-05-03T09:00"}]
    ),
    "a number as a date": export_file(progress=[{**done_entry(), "done_at": 1e300}]),
    "a step twice": export_file(progress=[done_entry(), done_entry()]),
    "entries that are not objects": export_file(progress=[1, None, [], "x", {}] * 1000),
    "a link to no site": export_file(work_links=[link_entry("work/fry")]),
    "a script as a link": export_file(work_links=[link_entry("javascript:alert(1)")]),
    "a link to an intranet": export_file(work_links=[link_entry("http://wiki/fry")]),
    "a link with NUL": export_file(work_links=[link_entry("https://a.example/\x00")]),
    "a link with a line break": export_file(
        work_links=[link_entry("https://a.example/\n")]
    ),
    "a link that is too long": export_file(
        work_links=[link_entry(f"https://a.example/{'a' * 500}")]
    ),
    "a link from the future": export_file(work_links=[link_entry(at=IN_A_YEAR)]),
    "two links of a step": export_file(work_links=[link_entry(), link_entry()]),
    "an invalid completion": export_file(
        completions=[{"roadmap": "x", "completed_at": 0}]
    ),
}


class TestWorkLinks:
    def test_are_added_once(self, signed_in, user, fry):
        result, page = import_sections(signed_in, work_links=[link_entry()])
        assert result.work_links == 1
        assert "1 link to your work saved" in page
        link = WorkLink.objects.get()
        assert (link.user, link.step, link.saved_at) == (user, fry, MAY)
        assert link.url == "https://work.example/fry"
        result, page = import_sections(signed_in, work_links=[link_entry()])
        assert (result.work_links, result.unchanged) == (0, 1)
        assert "saved" not in page

    @pytest.mark.parametrize(("at", "replaced"), [(EARLY, 0), (MAY, 0), (JUNE, 1)])
    def test_only_a_newer_one_replaces_another(
        self, signed_in, user, fry, at, replaced
    ):
        url = "https://other.example/"
        WorkLink.objects.create(user=user, step=fry, url=url, saved_at=MAY)
        result, _page = import_sections(signed_in, work_links=[link_entry(at=at)])
        assert (result.work_links, result.unchanged) == (replaced, 1 - replaced)
        assert (WorkLink.objects.get().url == url) is not bool(replaced)

    def test_only_steps_that_one_can_see_get_one(self, signed_in, user, cooking):
        draft = StepFactory(roadmap=RoadmapFactory(is_published=False))
        hidden = link_entry(step=draft.slug, roadmap=draft.roadmap.slug)
        links = [hidden, link_entry(step="gone"), link_entry(step="gone", roadmap="x")]
        result, page = import_sections(signed_in, work_links=links)
        assert not WorkLink.objects.exists()
        assert len(result.unmatched) == 3
        assert "cooking/gone" in page

    def test_others_keep_theirs(self, signed_in, user, fry):
        url = "https://other.example/"
        WorkLink.objects.create(user=UserFactory(), step=fry, url=url)
        import_sections(signed_in, work_links=[link_entry()])
        assert WorkLink.objects.count() == 2

    def test_what_other_people_did_is_ignored(self, signed_in, user, fry):
        act = {"roadmap": "cooking", "step": "fry", "group": "Class 7"}
        sections = {"memberships": [{"group": "Class 7", "role": "owner"}]}
        sections["confirmations_received"] = [{**act, "confirmed_by": "Olga"}]
        sections["comments_received"] = [{**act, "text": "Good."}]
        sections["comments_written"] = sections["audit_events"] = ["nonsense"]
        result, _page = import_sections(signed_in, **sections)
        assert result.unmatched == []
        assert not Confirmation.objects.exists()
        assert not Membership.objects.exists()

    def test_the_page_says_so(self, reauthenticated):
        page = read_html(reauthenticated.get("/accounts/data/"))
        assert "Groups, confirmations and comments are not imported" in page


@pytest.mark.parametrize("content", INVALID_FILES.values(), ids=INVALID_FILES)
def test_an_invalid_file_is_refused_with_errors_at_the_field(
    signed_in, user, cooking, content
):
    response = upload(signed_in, content)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_file_error"' in page
    assert 'aria-invalid="true"' in page
    assert "Nothing was imported" in page or "nothing was imported" in page
    assert page.count("<li>") <= 22
    assert rows(StepProgress, user) == rows(Note, user) == []


def test_an_error_names_the_entry(signed_in):
    content = export_file(
        progress=[done_entry(), {**done_entry("apis"), "state": "none"}]
    )
    page = upload(signed_in, content).content.decode()
    assert "progress, entry 2, state" in page


def test_a_missing_file_is_an_error(signed_in):
    response = signed_in.post(PATH, {})
    assert response.status_code == 422
    assert "Choose a file first." in response.content.decode()


@pytest.mark.parametrize("excess", [1, 20_000])
def test_a_file_over_the_limit_is_refused(signed_in, user, cooking, excess):
    content = export_file(progress=[done_entry()]).ljust(MAX_FILE_SIZE + excess)
    response = upload(signed_in, content)
    assert response.status_code in (413, 422)
    assert "larger than 25 MB" in response.content.decode()
    assert "Divide its lists into several files" in response.content.decode()
    assert rows(StepProgress, user) == []


def test_a_file_of_the_largest_size_is_accepted(signed_in, user, cooking):
    content = export_file(progress=[done_entry()]).ljust(MAX_FILE_SIZE)
    assert upload(signed_in, content).status_code == 200


def test_a_file_larger_than_other_requests_may_be_is_restored(
    reauthenticated, user, cooking, settings
):
    steps = StepFactory.create_batch(75, roadmap=cooking)
    text = "学而时习之\n" * 3_333  # 19,998 characters
    Note.objects.bulk_create(
        Note(user=user, step=step, text=text, saved_at=MAY) for step in steps
    )
    content = reauthenticated.get("/accounts/data/cairn.json").content
    assert len(content) > settings.MAX_REQUEST_BODY
    other = UserFactory()
    client = Client()
    client.force_login(other)
    assert "75 notes added" in upload(client, content).content.decode()
    assert {note.text for note in Note.objects.filter(user=other)} == {text}


def test_a_byte_order_mark_is_accepted(signed_in, user, cooking):
    content = codecs.BOM_UTF8 + export_file(progress=[done_entry()])
    assert upload(signed_in, content).status_code == 200
    assert len(rows(StepProgress, user)) == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_utf_16_is_refused_with_advice(signed_in, encoding):
    content = f"\ufeff{export_file().decode()}".encode(encoding)
    response = upload(signed_in, content)
    assert response.status_code == 422
    assert "Save it as UTF-8" in response.content.decode()


def test_no_more_than_twenty_errors_are_collected(signed_in, user, cooking):
    content = export_file(progress=[{}] * 100, notes=[{}] * 100)
    page = upload(signed_in, content).content.decode()
    assert page.count("This is missing.") == 20
    assert "These are the first 20 problems. There may be more." in page


def test_two_imports_do_not_run_at_once(signed_in, user, cooking, monkeypatch):
    monkeypatch.setattr(views, "MAX_WAIT", 0.1)
    content = export_file(progress=[done_entry()])
    with views.import_lock:
        response = upload(signed_in, content)
    assert response.status_code == 503
    assert "Try again in a minute." in response.content.decode()
    assert rows(StepProgress, user) == []
    assert upload(signed_in, content).status_code == 200


def repeat(unit, size=1_900_000):
    """Return a list of entries, as JSON of about `size` bytes."""
    return "[" + ",".join([unit] * (size // (len(unit) + 1))) + "]"


def number(entry):
    """Return a list of different entries, as JSON of about 1.9 MB."""
    count = 1_900_000 // len(entry)
    return "[" + ",".join(entry.replace("N", f"{n:x}") for n in range(count)) + "]"


WORST_FILES = {
    "empty entries": ("progress", repeat("{}")),
    "empty entries as sparse as is accepted": ("progress", repeat("{}" + " " * 17)),
    "numbers for entries": ("progress", repeat("1")),
    "numbers in a key that is ignored": ("x", repeat("1")),
    "numbers as sparse as is accepted": ("x", repeat("1" + " " * 8)),
    "small objects as sparse as is accepted": ("x", repeat('{"a":1}' + " " * 12)),
    "one large entry": ("progress", f'[{{"x":{repeat('{"a":1}' + " " * 12)}}}]'),
    "one entry with many keys": ("progress", f"[{{{number('"N":1   ')[1:-1]}}}]"),
    "deep nesting": ("x", repeat("[" * 150 + "]" * 150)),
    "one long number": ("x", "9" * 1_900_000),
    "many escapes": ("x", f'"{"\\u4e2d" * 300_000}"'),
    "quotes that are never closed": ("x", '"\\' * 900_000),
    "nesting that is never closed": ("x", '{"a":' * 380_000),
    "short completions": (
        "completions",
        number('{"roadmap":"N","completed_at":"2026-05-03T09:30Z"}'),
    ),
    "short notes": (
        "notes",
        number('{"roadmap":"r","step":"N","text":"N","saved_at":"2026-05-03T09:30Z"}'),
    ),
    "long notes with an emoji": (
        "notes",
        repeat(json.dumps(note_entry("😀" + "a" * 19_999), ensure_ascii=False)),
    ),
}


@pytest.mark.parametrize("name", WORST_FILES)
def test_reading_takes_at_most_ten_times_the_memory_of_the_file(name):
    key, value = WORST_FILES[name]
    content = f'{{"format":"cairn-my-data","version":1,"{key}":{value}}}'.encode()
    file = ContentFile(content)
    with assert_max_memory(10 * len(content)), suppress(ValidationError):
        parse(file)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(signed_in):
    class UnreadableBody:
        def read(self, *_):
            raise AssertionError("the body was read")

        readline = read

    response = signed_in.generic(
        "POST",
        PATH,
        b"x",
        CONTENT_LENGTH=str(MAX_FILE_SIZE * 5),
        **{"wsgi.input": UnreadableBody()},
    )
    assert response.status_code == 413


def test_an_import_is_logged_with_the_user_id(signed_in, user, cooking, capture_logs):
    import_sections(signed_in, progress=[done_entry()])
    line = next(line for line in capture_logs if line["event"] == "data_imported")
    assert line["user_id"] == user.pk
    assert State.DONE not in line.values()


def test_other_users_are_not_changed(signed_in, user, cooking, fry):
    other = UserFactory()
    StepProgressFactory(user=other, step=fry, state="learning", started_at=EARLY)
    before = rows(StepProgress, other)
    import_sections(signed_in, progress=[done_entry()])
    assert rows(StepProgress, other) == before
