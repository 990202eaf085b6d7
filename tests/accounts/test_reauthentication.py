"""/accounts/reauthenticate/code/, for users without a password or second factor"""

import pytest
from django.test import Client

from tests.accounts.actions import code_in
from tests.factories import UserFactory

PATH = "/accounts/reauthenticate/code/"
DATA = "/accounts/data/"
WITH_NEXT = f"{PATH}?next={DATA}"


@pytest.fixture
def user_without_password(db):
    return UserFactory(password=None)


@pytest.fixture
def client(user_without_password):
    client = Client()
    client.force_login(user_without_password)
    return client


def send_code(client):
    return client.post(WITH_NEXT, {"send": "1"})


def enter(client, code, next_url=DATA):
    return client.post(WITH_NEXT, {"code": code, "next": next_url})


def is_reauthenticated(client):
    return client.get(DATA).status_code == 200


def test_the_code_leads_back_to_the_protected_page(
    client, user_without_password, mailoutbox
):
    email = user_without_password.email
    code_page = client.get(DATA).url
    assert code_page.startswith(f"{PATH}?next=")
    assert email in client.get(code_page).content.decode()
    assert mailoutbox == []
    client.post(code_page, {"send": "1"})
    assert mailoutbox[0].to == [email]
    code = code_in(mailoutbox[0])
    assert client.post(code_page, {"code": code, "next": DATA}).url == DATA
    assert is_reauthenticated(client)


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/delete/"])
def test_other_protected_pages_ask_for_a_code_too(client, mailoutbox, path):
    response = client.post(path, {"action_add": "1", "email": "new@example.org"})
    assert response.url.startswith(PATH)
    assert mailoutbox == []


def test_three_wrong_codes_invalidate_the_right_one(client, mailoutbox):
    send_code(client)
    assert 'id="id_code_error"' in enter(client, "wrong").content.decode()
    assert not is_reauthenticated(client)
    for _ in range(2):
        enter(client, "wrong")
    enter(client, code_in(mailoutbox[0]))
    assert not is_reauthenticated(client)


def test_a_code_is_valid_for_ten_minutes(client, mailoutbox):
    send_code(client)
    session = client.session
    session["reauthentication_code"]["at"] -= 601
    session.save()
    enter(client, code_in(mailoutbox[0]))
    assert not is_reauthenticated(client)


def test_a_code_is_valid_once(client, mailoutbox):
    send_code(client)
    code = code_in(mailoutbox[0])
    enter(client, code)
    session = client.session
    del session["account_authentication_methods"]
    session.save()
    enter(client, code)
    assert not is_reauthenticated(client)


@pytest.mark.usefixtures("stopped_clock")
def test_limits_how_often_a_code_is_sent(client, mailoutbox):
    for _ in range(3):
        send_code(client)
    assert send_code(client).status_code == 429
    assert len(mailoutbox) == 3


def test_never_redirects_to_another_site(client, mailoutbox):
    send_code(client)
    response = enter(client, code_in(mailoutbox[0]), next_url="//evil.example")
    assert response.url == "/accounts/settings/"


def test_a_user_with_a_password_must_enter_it(signed_in, mailoutbox):
    assert send_code(signed_in).url == "/accounts/reauthenticate/"
    assert mailoutbox == []


def test_redirects_visitors_to_sign_in(db):
    assert Client().get(PATH).url.startswith("/accounts/login/")


def test_refuses_other_methods(client):
    assert client.put(PATH).status_code == 405
