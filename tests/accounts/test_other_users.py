"""Another user's data. A guessed URL gets 404, never 403."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from tests.accounts.actions import is_signed_in, signed_in_browser
from tests.factories import NoteFactory, UserFactory


@pytest.fixture
def other_user(db):
    return UserFactory()


def test_a_session_cannot_be_ended(reauthenticated, other_user):
    other_browser = signed_in_browser(other_user)
    session = UserSession.objects.get(user=other_user)
    path = f"/accounts/settings/devices/{session.pk}/sign-out/"
    assert reauthenticated.post(path).status_code == 404
    assert is_signed_in(other_browser)


@pytest.mark.parametrize("session_id", [0, 10**18, 10**30])
def test_an_unknown_session_is_404(reauthenticated, session_id):
    path = f"/accounts/settings/devices/{session_id}/sign-out/"
    assert reauthenticated.post(path).status_code == 404


@pytest.mark.parametrize("action", ["edit", "remove"])
def test_a_passkey_cannot_be_changed(reauthenticated, other_user, action):
    key = Authenticator.objects.create(
        user=other_user, type="webauthn", data={"name": "Hers"}
    )
    path = f"/accounts/2fa/webauthn/keys/{key.pk}/{action}/"
    for request in (reauthenticated.get, reauthenticated.post):
        assert request(path).status_code == 404
    key.refresh_from_db()
    assert key.data == {"name": "Hers"}


def test_a_note_is_not_shown(reauthenticated, other_user):
    note = NoteFactory(user=other_user, text="Hers alone")
    page = reauthenticated.get(note.step.get_absolute_url())
    assert "Hers alone" not in page.content.decode()


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
def test_no_url_accepts_a_user_id(reauthenticated, other_user, path):
    assert reauthenticated.get(path.format(other_user.pk)).status_code == 404


def test_a_download_ignores_a_user_in_the_query(reauthenticated, other_user):
    path = "/accounts/data/cairn.json"
    response = reauthenticated.get(
        path, {"user": other_user.pk, "email": other_user.email}
    )
    assert other_user.email not in response.content.decode()
