"""The import's page and errors, and the checklist, can be translated."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from data_export import views
from data_export.reader import MAX_FILE_SIZE
from groups.models import Confirmation
from progress.models import Completion
from tests.accounts.actions import reauthenticate
from tests.accounts.test_translation_settings import OTHERS
from tests.data_export.test_upload import (
    INVALID_FILES,
    MAY,
    PATH,
    done_entry,
    export_file,
    link_entry,
    note_entry,
    upload,
)
from tests.factories import StepFactory, StepProgressFactory
from tests.pseudo_language import (
    assert_page_is_translated,
    find_bare_english,
    pseudo_language,
)

# Keys of the file, its sections, and abbreviations.
KEYS = ["progress", "completions", "notes", "done_at", "started_at", "completed_at"]
KEYS += ["saved_at", "roadmap", "state", "step", "text", "format", "version"]
KEYS += ["Cairn", "JSON", "UTF", "NUL", "MB", "Markdown", "CSV", "GitHub"]
KEYS += ["cooking", "work_links", "url", "INTRANET", "LINKS", "wiki", "U", "A"]


@pytest.fixture(autouse=True)
def translated(greek):
    with pseudo_language():
        yield


@pytest.mark.parametrize("content", INVALID_FILES.values(), ids=INVALID_FILES)
def test_the_errors_of_a_file(signed_in, content):
    response = upload(signed_in, content)
    assert response.status_code == 422
    texts = [str(error) for error in response.context["errors"]]
    assert [find_bare_english(text, *KEYS) for text in texts] == [[]] * len(texts)


def test_other_errors(signed_in, monkeypatch):
    monkeypatch.setattr(views, "MAX_WAIT", 0.1)
    large = SimpleUploadedFile("cairn.json", b" " * (MAX_FILE_SIZE + 1))
    responses = [signed_in.post(PATH), signed_in.post(PATH, {"file": large})]
    with views.import_lock:
        responses.append(upload(signed_in, export_file()))
    for response in responses:
        assert_page_is_translated(response, *OTHERS, *KEYS)


def test_the_result_of_an_import(greek_learner):
    entries = [done_entry("step-4", roadmap="odos"), done_entry("gone")]
    notes = [note_entry("Άλλη", "step-1", "odos"), note_entry("Νέα", "step-4", "odos")]
    links = [link_entry(step="step-4", roadmap="odos")]
    sections = {"progress": entries, "notes": notes, "work_links": links}
    response = upload(greek_learner, export_file(**sections))
    assert response.status_code == 200
    assert_page_is_translated(response, *OTHERS)


def test_a_checklist(greek_learner, user, greek):
    reauthenticate(greek_learner)
    Completion.objects.create(user=user, roadmap=greek, completed_at=MAY)
    retired = StepFactory(roadmap=greek, title="Παλιό", is_retired=True)
    StepProgressFactory(user=user, step=retired)
    step = StepProgressFactory(user=user, step=greek.steps.get(slug="step-4")).step
    Confirmation.objects.create(user=user, step=step, group_name="Ομάδα")
    response = greek_learner.get("/accounts/data/cairn.md")
    assert find_bare_english(response.text.replace("[x]", "")) == []


def test_an_empty_checklist(reauthenticated):
    response = reauthenticated.get("/accounts/data/cairn.md")
    assert find_bare_english(response.text) == []
