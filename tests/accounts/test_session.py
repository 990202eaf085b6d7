"""When sessions end, and what happens with invalid ones."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.devices import update_last_seen
from accounts.models import User
from tests.accounts.actions import is_signed_in

PAGE = "/accounts/settings/"


def test_a_new_secret_key_ends_no_session_while_the_old_key_is_a_fallback(
    signed_in, settings
):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one"
    assert is_signed_in(signed_in)
    settings.SECRET_KEY_FALLBACKS = []
    assert is_signed_in(signed_in)  # the session has been signed with the new key


def test_signing_out_ends_the_session_in_every_process(signed_in):
    copy = Client()
    copy.cookies = signed_in.cookies
    assert is_signed_in(copy)
    signed_in.post("/accounts/logout/")
    assert not is_signed_in(copy)


def test_signing_out_other_devices_ends_their_sessions_at_once(signed_in, user):
    other = Client()
    other.force_login(user)
    UserSession.objects.create(
        user=user, session_key=other.session.session_key, ip="127.0.0.1"
    )
    assert is_signed_in(other)
    signed_in.post("/accounts/settings/devices/sign-out-others/")
    assert not is_signed_in(other)
    assert is_signed_in(signed_in)


def test_a_deactivated_account_is_signed_out(signed_in, user):
    assert is_signed_in(signed_in)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not is_signed_in(signed_in)


def test_a_deleted_account_is_signed_out(signed_in, user):
    user.delete()
    assert not is_signed_in(signed_in)


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_deleted_during_a_request_is_no_error(signed_in, user):
    cache.clear()  # the session was not seen lately

    def delete_account(request):
        assert request.user.is_authenticated
        User.objects.filter(pk=user.pk).delete()
        return HttpResponse()

    request = RequestFactory().get("/")
    request.session = signed_in.session
    request.user = user
    assert update_last_seen(delete_account)(request).status_code == 200
    assert not UserSession.objects.exists()


def test_a_session_that_cannot_be_saved_is_not_taken_for_ended(signed_in, monkeypatch):
    """Django would answer 400. The database's own error is answered with 503."""
    monkeypatch.setattr(
        Session, "save", Mock(side_effect=OperationalError("the server is away"))
    )
    with pytest.raises(OperationalError):
        signed_in.session.save()


def test_a_new_password_ends_other_sessions(signed_in, user):
    assert is_signed_in(signed_in)
    user.set_password("another one, and long")
    user.save()
    assert not is_signed_in(signed_in)


def test_an_expired_session_signs_nobody_in(signed_in):
    Session.objects.update(expire_date=timezone.now())
    assert not is_signed_in(signed_in)


class TestASessionInUse:
    @pytest.fixture
    def use(self, signed_in):
        """A function that opens a page on which the last use is stored."""

        def use(days_left):
            end = timezone.now() + timedelta(days=days_left)
            Session.objects.update(expire_date=end)
            cache.clear()
            return signed_in.get(PAGE)

        return use

    def test_is_prolonged_after_a_day(self, use, signed_in):
        cookie = use(days_left=12.9).cookies["sessionid"]
        assert cookie.value == signed_in.session.session_key
        assert cookie["max-age"] == 14 * 24 * 60 * 60
        assert cookie["httponly"]
        end = Session.objects.get().expire_date
        assert end > timezone.now() + timedelta(days=13.9)

    def test_is_stored_at_most_once_a_day(self, use):
        end = timezone.now() + timedelta(days=13.1)
        assert "sessionid" not in use(days_left=13.1).cookies
        assert abs(Session.objects.get().expire_date - end) < timedelta(minutes=1)

    def test_is_not_brought_back_after_signing_out(self, use, signed_in):
        signed_in.post("/accounts/logout/")
        use(days_left=5)
        assert not is_signed_in(signed_in)


@pytest.mark.parametrize("data", ["", "nonsense", "a:b:c"])
def test_unreadable_session_data_signs_nobody_in(signed_in, data):
    Session.objects.update(session_data=data)
    assert not is_signed_in(signed_in)


@pytest.mark.parametrize("key", ["x", "a" * 5000, "%00", "'; --", "ä"])
def test_an_invalid_session_key_signs_nobody_in(client, db, key):
    client.cookies["sessionid"] = key
    assert client.get("/").status_code == 200
    assert not is_signed_in(client)


def test_a_change_to_the_account_is_visible_in_the_same_session(signed_in):
    assert 'data-theme="dark"' not in signed_in.get(PAGE).text
    User.objects.update(theme="dark")
    assert 'data-theme="dark"' in signed_in.get(PAGE).text


def test_a_session_of_another_backend_signs_nobody_in(signed_in):
    session = signed_in.session
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.save()
    assert not is_signed_in(signed_in)
