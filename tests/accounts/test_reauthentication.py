"""/accounts/reauthenticate/code/: of people who have neither password nor factor."""

import pytest
from django.test import Client

from tests.accounts.people import code_in
from tests.factories import UserFactory

PATH = "/accounts/reauthenticate/code/"
DATA = "/accounts/data/"
HERE = f"{PATH}?next={DATA}"


@pytest.fixture
def person(db):
    return UserFactory(password=None)


@pytest.fixture
def client(person):
    client = Client()
    client.force_login(person)
    return client


def test_a_sensitive_page_leads_there_and_the_code_back(client, person, mailoutbox):
    asked = client.get(DATA)
    assert asked.url.startswith(f"{PATH}?next=")
    assert person.email in client.get(asked.url).content.decode()
    assert mailoutbox == []
    client.post(asked.url, {"send": "1"})
    assert mailoutbox[0].to == [person.email]
    code = code_in(mailoutbox[0])
    response = client.post(asked.url, {"code": code, "next": DATA})
    assert response.url == DATA
    assert client.get(DATA).status_code == 200


def test_allauths_own_pages_ask_too(client, mailoutbox):
    response = client.post(
        "/accounts/email/", {"action_add": "1", "email": "new@example.org"}
    )
    assert response.url.startswith(PATH)
    assert mailoutbox == []


def test_a_wrong_code_lets_nobody_in(client, mailoutbox):
    client.post(HERE, {"send": "1"})
    response = client.post(HERE, {"code": "wrong", "next": DATA})
    assert 'id="id_code_error"' in response.content.decode()
    assert client.get(DATA).status_code == 302


def test_three_wrong_codes_need_a_new_one(client, mailoutbox):
    client.post(HERE, {"send": "1"})
    for _ in range(3):
        client.post(HERE, {"code": "wrong", "next": DATA})
    code = code_in(mailoutbox[0])
    client.post(HERE, {"code": code, "next": DATA})
    assert client.get(DATA).status_code == 302


def test_a_code_is_good_for_ten_minutes(client, mailoutbox, monkeypatch):
    client.post(HERE, {"send": "1"})
    session = client.session
    session["reauthentication_code"]["at"] -= 601
    session.save()
    client.post(HERE, {"code": code_in(mailoutbox[0]), "next": DATA})
    assert client.get(DATA).status_code == 302


def test_a_code_is_good_once(client, mailoutbox):
    client.post(HERE, {"send": "1"})
    code = code_in(mailoutbox[0])
    client.post(HERE, {"code": code, "next": DATA})
    session = client.session
    del session["account_authentication_methods"]
    session.save()
    client.post(HERE, {"code": code, "next": DATA})
    assert client.get(DATA).status_code == 302


def test_codes_are_sent_only_so_often(client, mailoutbox):
    for _ in range(3):
        client.post(HERE, {"send": "1"})
    assert client.post(HERE, {"send": "1"}).status_code == 429
    assert len(mailoutbox) == 3


def test_it_never_lands_on_another_site(client, mailoutbox):
    evil = "//evil.example"
    client.post(HERE, {"send": "1"})
    code = code_in(mailoutbox[0])
    response = client.post(HERE, {"code": code, "next": evil})
    assert response.url == "/accounts/settings/"


def test_who_has_a_password_is_asked_for_that(signed_in, mailoutbox):
    response = signed_in.post(PATH, {"send": "1"})
    assert response.url == "/accounts/reauthenticate/"
    assert mailoutbox == []


def test_a_visitor_is_asked_to_sign_in(db):
    assert Client().get(PATH).url.startswith("/accounts/login/")


def test_another_method_is_refused(client):
    assert client.put(PATH).status_code == 405
