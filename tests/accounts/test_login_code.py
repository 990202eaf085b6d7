"""/accounts/login/code/ and its /confirm/"""

import re
import time

import pytest
from django.test import Client

from tests.accounts.test_sign_up import code_in

PATH = "/accounts/login/code/"
CODE = r"[A-Z]{4}-[A-Z]{4}"
CONFIRM = "/accounts/login/code/confirm/"


@pytest.fixture
def asked(client, user):
    assert client.post(PATH, {"email": user.email}).url == CONFIRM
    return client


def answer(client, code, **more):
    return client.post(CONFIRM, {"code": code, **more})


def test_the_code_from_the_mail_signs_in(asked, user, mailoutbox):
    assert answer(asked, code_in(mailoutbox[0])).url == "/"
    assert asked.get("/").context["user"] == user


def test_it_lands_where_one_came_from(client, user, mailoutbox):
    landing = "/roadmaps/backend-developer/#caching"
    confirm = client.post(PATH, {"email": user.email, "next": landing}).url
    code = code_in(mailoutbox[0])
    assert client.post(confirm, {"code": code}).url == landing


def test_an_unknown_address_gets_the_same_answer(client, user, mailoutbox):
    pages = []
    for address in (user.email, "nobody@example.com"):
        browser = Client()
        response = browser.post(PATH, {"email": address})
        assert (response.status_code, response.url) == (302, CONFIRM)
        page = browser.get(CONFIRM).content.decode()
        pages.append(page.replace(address, "").replace(token_in(page), ""))
    assert pages[0] == pages[1]
    assert not re.search(CODE, mailoutbox[1].body)


def token_in(page):
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def test_three_wrong_codes_end_it(asked, mailoutbox):
    for _ in range(2):
        assert "That code is not right" in answer(asked, "wrong").content.decode()
    assert answer(asked, "wrong").url == PATH
    assert answer(asked, code_in(mailoutbox[0])).url == PATH
    assert asked.get("/").context["user"].is_anonymous


@pytest.mark.parametrize(("seconds", "is_in"), [(595, True), (605, False)])
def test_it_is_good_for_ten_minutes(asked, mailoutbox, monkeypatch, seconds, is_in):
    later = time.time() + seconds
    monkeypatch.setattr("time.time", lambda: later)
    answer(asked, code_in(mailoutbox[0]))
    assert asked.get("/").context["user"].is_authenticated == is_in


def test_it_is_good_for_one_sign_in(asked, mailoutbox):
    code = code_in(mailoutbox[0])
    answer(asked, code)
    asked.post("/accounts/logout/")
    assert answer(asked, code).url == PATH
    assert asked.get("/").context["user"].is_anonymous


def test_it_is_good_in_the_browser_that_asked_alone(asked, mailoutbox):
    stranger = Client()
    assert answer(stranger, code_in(mailoutbox[0])).url == PATH


def test_it_is_not_logged(asked, mailoutbox, caplog):
    caplog.set_level(0)
    code = code_in(mailoutbox[0])
    answer(asked, "wrong")
    answer(asked, code)
    assert caplog.records
    assert code not in caplog.text
    assert "wrong" not in caplog.text


def test_a_closed_account_gets_none(client, user, mailoutbox):
    user.is_active = False
    user.save()
    assert client.post(PATH, {"email": user.email}).url == CONFIRM
    assert not re.search(CODE, mailoutbox[0].body)


def test_asking_often_is_stopped(client, user, mailoutbox):
    for _ in range(3):
        client.post(PATH, {"email": user.email})
        client.post("/accounts/logout/")
    html = client.post(PATH, {"email": user.email}).content.decode()
    assert 'class="errorlist' in html
    assert len(mailoutbox) == 3


def test_looking_sends_no_mail(client, db, mailoutbox):
    assert client.get(PATH).status_code == 200
    assert client.get(CONFIRM).url == PATH
    assert mailoutbox == []
