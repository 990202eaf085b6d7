"""Another person's data by a guessed address: 404, never 403."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from tests.accounts.people import sign_in
from tests.factories import NoteFactory, StepFactory, UserFactory


@pytest.fixture
def stranger(db):
    return UserFactory()


def test_a_session_cannot_be_ended(sure, stranger):
    sign_in(stranger)
    session = UserSession.objects.get(user=stranger)
    path = f"/accounts/settings/devices/{session.pk}/sign-out/"
    assert sure.post(path).status_code == 404
    assert UserSession.objects.filter(pk=session.pk).exists()


@pytest.mark.parametrize("session", [0, 10**18, 10**30])
def test_a_session_that_there_is_none_of_is_404_too(sure, session):
    path = f"/accounts/settings/devices/{session}/sign-out/"
    assert sure.post(path).status_code == 404


@pytest.mark.parametrize("do", ["edit", "remove"])
def test_a_passkey_cannot_be_touched(sure, stranger, do):
    key = Authenticator.objects.create(
        user=stranger, type="webauthn", data={"name": "Hers"}
    )
    path = f"/accounts/2fa/webauthn/keys/{key.pk}/{do}/"
    for ask in (sure.get, sure.post):
        assert ask(path).status_code == 404
    key.refresh_from_db()
    assert key.data == {"name": "Hers"}


def test_a_note_is_read_at_no_address(sure, stranger):
    note = NoteFactory(user=stranger, text="Hers alone")
    page = sure.get(note.step.get_absolute_url())
    assert "Hers alone" not in page.content.decode()


def test_a_draft_is_404(sure):
    step = StepFactory(roadmap__is_published=False)
    assert sure.get(step.get_absolute_url()).status_code == 404
    assert sure.get(step.roadmap.get_absolute_url()).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/data/{}/cairn.json",
        "/accounts/data/cairn.json/{}",
        "/accounts/settings/{}/",
        "/accounts/delete/{}/",
        "/accounts/email/{}/",
    ],
)
def test_no_address_takes_a_persons_number(sure, stranger, path):
    assert sure.get(path.format(stranger.pk)).status_code == 404


def test_a_download_takes_no_word_for_whose_it_is(sure, stranger):
    path = "/accounts/data/cairn.json"
    answer = sure.get(path, {"user": stranger.pk, "email": stranger.email})
    assert stranger.email not in answer.content.decode()
