"""When a page asks for the password again, and /accounts/reauthenticate/code/, for
users without a password or second factor.
"""

import pytest
from django.test import Client

from tests.accounts.actions import (
    CONFIRM_EMAIL,
    SIGN_UP,
    code_in,
    sign_in,
    sign_in_with_github,
)
from tests.accounts.second_factors import add_authenticator_app, totp_code
from tests.factories import PASSWORD, UserFactory

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


class TestAfterSigningIn:
    """A sign-in counts as a reauthentication, whatever it was made with."""

    def sign_in_by_password(self, user, mailoutbox):
        client = Client()
        sign_in(client, user.email)
        return client

    def sign_in_by_code(self, user, mailoutbox):
        client = Client()
        client.post("/accounts/login/code/", {"email": user.email})
        code = {"code": code_in(mailoutbox[0])}
        client.post("/accounts/login/code/confirm/", code)
        return client

    def sign_in_by_second_factor(self, user, mailoutbox):
        add_authenticator_app(user)
        client = self.sign_in_by_password(user, mailoutbox)
        client.post("/accounts/2fa/authenticate/", {"code": totp_code()})
        return client

    def sign_up(self, user, mailoutbox):
        client = Client()
        client.post(SIGN_UP, {"email": "new@example.com", "password1": PASSWORD})
        client.post(CONFIRM_EMAIL, {"code": code_in(mailoutbox[0])})
        return client

    @pytest.mark.parametrize(
        "way",
        [sign_in_by_password, sign_in_by_code, sign_in_by_second_factor, sign_up],
        ids=lambda way: way.__name__,
    )
    def test_my_data_does_not_ask_for_the_password(self, user, mailoutbox, way):
        assert is_reauthenticated(way(self, user, mailoutbox))

    def test_nor_does_it_after_signing_in_with_github(self, client, db, github):
        sign_in_with_github(client)
        assert is_reauthenticated(client)

    def test_it_asks_for_it_five_minutes_later(self, user, mailoutbox):
        client = self.sign_in_by_password(user, mailoutbox)
        session = client.session
        for record in session["account_authentication_methods"]:
            record["at"] -= 301
        session.save()
        assert client.get(DATA).url.startswith("/accounts/reauthenticate/")

    def test_half_a_sign_in_does_not_count(self, user, mailoutbox):
        add_authenticator_app(user)
        client = self.sign_in_by_password(user, mailoutbox)
        assert client.get(DATA).url.startswith("/accounts/login/")


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
