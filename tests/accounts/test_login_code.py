"""/accounts/login/code/ and /accounts/login/code/confirm/"""

import re
import time

import pytest
from django.test import Client

from tests.accounts.actions import code_in, is_signed_in

PATH = "/accounts/login/code/"
CONFIRM = "/accounts/login/code/confirm/"
CODE_PATTERN = r"[A-Z]{4}-[A-Z]{4}"


@pytest.fixture
def client_with_code(client, user):
    """A client that has requested a code."""
    assert client.post(PATH, {"email": user.email}).url == CONFIRM
    return client


def enter(client, code):
    return client.post(CONFIRM, {"code": code})


def test_the_code_signs_in(client_with_code, user, mailoutbox):
    assert enter(client_with_code, code_in(mailoutbox[0])).url == "/"
    assert client_with_code.get("/").context["user"] == user


def test_redirects_to_next(client, user, mailoutbox):
    next_url = "/roadmaps/backend-developer/#caching"
    confirm = client.post(PATH, {"email": user.email, "next": next_url}).url
    response = client.post(confirm, {"code": code_in(mailoutbox[0])})
    assert response.url == next_url


def test_three_wrong_codes_invalidate_the_right_one(client_with_code, mailoutbox):
    for _ in range(2):
        html = enter(client_with_code, "wrong").content.decode()
        assert "That code is incorrect" in html
    assert enter(client_with_code, "wrong").url == PATH
    assert enter(client_with_code, code_in(mailoutbox[0])).url == PATH
    assert not is_signed_in(client_with_code)


@pytest.mark.parametrize(("seconds", "is_valid"), [(595, True), (605, False)])
def test_a_code_is_valid_for_ten_minutes(
    client_with_code, mailoutbox, monkeypatch, seconds, is_valid
):
    later = time.time() + seconds
    monkeypatch.setattr("time.time", lambda: later)
    enter(client_with_code, code_in(mailoutbox[0]))
    assert is_signed_in(client_with_code) == is_valid


def test_a_code_is_valid_once(client_with_code, mailoutbox):
    code = code_in(mailoutbox[0])
    enter(client_with_code, code)
    client_with_code.post("/accounts/logout/")
    assert enter(client_with_code, code).url == PATH
    assert not is_signed_in(client_with_code)


def test_a_code_is_valid_only_in_the_browser_that_requested_it(
    client_with_code, mailoutbox
):
    assert enter(Client(), code_in(mailoutbox[0])).url == PATH


def test_codes_are_not_logged(client_with_code, mailoutbox, caplog):
    caplog.set_level(0)
    code = code_in(mailoutbox[0])
    enter(client_with_code, "wrong")
    enter(client_with_code, code)
    assert caplog.records
    assert code not in caplog.text
    assert "wrong" not in caplog.text


@pytest.mark.parametrize("has_account", [True, False])
def test_a_closed_or_missing_account_gets_no_code(
    client, user, mailoutbox, has_account
):
    user.is_active = False
    user.save()
    email = user.email if has_account else "nobody@example.com"
    assert client.post(PATH, {"email": email}).url == CONFIRM
    assert not re.search(CODE_PATTERN, mailoutbox[0].body)


@pytest.mark.usefixtures("stopped_clock")
def test_limits_how_often_a_code_is_sent(client, user, mailoutbox):
    for _ in range(3):
        client.post(PATH, {"email": user.email})
        client.post("/accounts/logout/")
    html = client.post(PATH, {"email": user.email}).content.decode()
    assert 'class="errorlist' in html
    assert len(mailoutbox) == 3


def test_get_sends_no_mail(client, db, mailoutbox):
    assert client.get(PATH).status_code == 200
    assert client.get(CONFIRM).url == PATH
    assert mailoutbox == []
