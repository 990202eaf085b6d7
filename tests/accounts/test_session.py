"""One query says who it is, and no check is lost by that."""

import re

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.sessions import ALLAUTHS, OURS, SessionStore
from tests.factories import UserFactory

PAGE = "/accounts/settings/"


@pytest.fixture
def asked(signed_in):
    """How often a page asks who it is."""

    def count():
        with CaptureQueriesContext(connection) as captured:
            signed_in.get("/privacy/")
        named = re.compile("FROM .?(django_session|accounts_user)")
        return sum(bool(named.search(query["sql"])) for query in captured)

    return count


def is_in(client):
    return client.get(PAGE).status_code == 200


def test_it_is_one_query(asked):
    assert asked() == 1


def test_it_is_two_where_the_session_is_not_listed(asked, signed_in):
    UserSession.objects.all().delete()
    assert asked() == 2
    assert is_in(signed_in)


def test_who_is_listed_does_not_decide_who_it_is(signed_in, user):
    UserSession.objects.update(user=UserFactory(email="other@example.com"))
    page = signed_in.get(PAGE).text
    assert user.email in page
    assert "other@example.com" not in page


def test_who_came_along_is_who_the_database_has(signed_in, user):
    store = SessionStore(signed_in.session.session_key)
    store.load()
    came, stored = store.take_person(user.pk), User.objects.get()
    assert vars(came) | {"_state": None} == vars(stored) | {"_state": None}
    assert store.take_person(user.pk) is None  # once


def test_another_secret_key_keeps_them_in_as_long_as_the_old_one_is_named(
    signed_in, settings
):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one"
    assert is_in(signed_in)
    settings.SECRET_KEY_FALLBACKS = []
    assert is_in(signed_in)  # by a session that is signed anew


def test_a_sign_out_holds_everywhere_at_once(signed_in):
    same = Client()
    same.cookies = signed_in.cookies
    assert is_in(same)
    signed_in.post("/accounts/logout/")
    assert not is_in(same)


def test_who_is_made_inactive_is_out_at_once(signed_in, user):
    assert is_in(signed_in)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not is_in(signed_in)


def test_who_is_gone_is_out_at_once(signed_in, user):
    user.delete()
    assert not is_in(signed_in)


def test_another_password_ends_other_sessions_at_once(signed_in, user):
    assert is_in(signed_in)
    user.set_password("another one, and long")
    user.save()
    assert not is_in(signed_in)


def test_a_session_that_has_expired_is_none(signed_in):
    Session.objects.update(expire_date=timezone.now())
    assert not is_in(signed_in)


@pytest.mark.parametrize("data", ["", "nonsense", "a:b:c"])
def test_a_session_that_cannot_be_read_is_none(signed_in, data):
    Session.objects.update(session_data=data)
    assert not is_in(signed_in)


@pytest.mark.parametrize("key", ["x", "a" * 5000, "%00", "'; --", "ä"])
def test_a_key_that_is_none_is_nobodys(client, db, key):
    client.cookies["sessionid"] = key
    assert client.get("/").status_code == 200
    assert not is_in(client)


def test_what_they_change_shows_in_the_same_session(signed_in, user):
    assert 'data-theme="dark"' not in signed_in.get(PAGE).text
    User.objects.update(theme="dark")
    assert 'data-theme="dark"' in signed_in.get(PAGE).text


def test_what_is_stored_is_what_the_version_before_reads_and_writes(signed_in):
    stored = Session.objects.get(pk=signed_in.session.session_key)
    assert stored.get_decoded()[BACKEND_SESSION_KEY] == ALLAUTHS
    assert signed_in.session[BACKEND_SESSION_KEY] == OURS


def test_a_backend_that_is_not_ours_lets_nobody_in(signed_in):
    session = signed_in.session
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.save()
    assert not is_in(signed_in)
