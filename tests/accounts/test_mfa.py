"""The pages under /accounts/2fa/"""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests.accounts.actions import (
    LOGIN,
    REAUTHENTICATE,
    is_signed_in,
    reauthenticate,
    sign_in,
)
from tests.accounts.second_factors import (
    add_app,
    add_passkey,
    add_recovery_codes,
    secret_on,
    totp_code,
)
from tests.factories import UserFactory

INDEX = "/accounts/2fa/"
ACTIVATE = "/accounts/2fa/totp/activate/"
DEACTIVATE = "/accounts/2fa/totp/deactivate/"
AUTHENTICATE = "/accounts/2fa/authenticate/"
RECOVERY = "/accounts/2fa/recovery-codes/"
GENERATE = "/accounts/2fa/recovery-codes/generate/"
ADD = "/accounts/2fa/webauthn/add/"
PASSKEY_LOGIN = "/accounts/2fa/webauthn/login/"


@pytest.fixture
def confirmed(client, user):
    """A client that has signed in and then entered the password again."""
    sign_in(client, user.email)
    reauthenticate(client)
    return client


@pytest.fixture
def user_with_app(user):
    add_app(user)
    add_recovery_codes(user)
    return user


@pytest.mark.usefixtures("stopped_clock")
class TestApp:
    def test_activation_requires_reauthentication(self, client, user):
        sign_in(client, user.email)
        assert client.get(ACTIVATE).url.startswith(REAUTHENTICATE)
        assert client.post(ACTIVATE, {"code": "1"}).url.startswith(REAUTHENTICATE)
        assert not Authenticator.objects.exists()

    def test_its_first_code_activates_it(self, confirmed, user):
        page = confirmed.get(ACTIVATE)
        assert 'src="data:image/svg+xml;base64,' in page.content.decode()
        code = totp_code(secret_on(page))
        assert confirmed.post(ACTIVATE, {"code": code}).url == RECOVERY
        types = user.authenticator_set.values_list("type", flat=True)
        assert set(types) == {"totp", "recovery_codes"}

    def test_a_wrong_code_activates_nothing(self, confirmed):
        confirmed.get(ACTIVATE)
        response = confirmed.post(ACTIVATE, {"code": "000000"})
        assert "That code is not right" in response.content.decode()
        assert not Authenticator.objects.exists()

    def test_is_required_after_the_password(self, client, user_with_app):
        response = sign_in(client, user_with_app.email, next="/progress/")
        assert response.url == AUTHENTICATE
        assert not is_signed_in(client)
        code = totp_code()
        assert client.post(AUTHENTICATE, {"code": code}).url == "/progress/"
        assert client.get("/").context["user"] == user_with_app

    def test_a_code_is_valid_once(self, user_with_app):
        for browser, is_valid in ((Client(), True), (Client(), False)):
            sign_in(browser, user_with_app.email)
            browser.post(AUTHENTICATE, {"code": totp_code()})
            assert is_signed_in(browser) == is_valid

    def test_the_code_that_activated_it_does_not_sign_in(self, confirmed, user):
        code = totp_code(secret_on(confirmed.get(ACTIVATE)))
        confirmed.post(ACTIVATE, {"code": code})
        other = Client()
        sign_in(other, user.email)
        response = other.post(AUTHENTICATE, {"code": code})
        assert "or was used before" in response.content.decode()
        assert not is_signed_in(other)

    @pytest.mark.parametrize("typed", ["", "💥", "\x00", "\u0660" * 6, "9" * 9000])
    def test_any_text_is_accepted_as_a_wrong_code(self, client, user_with_app, typed):
        sign_in(client, user_with_app.email)
        assert client.post(AUTHENTICATE, {"code": typed}).status_code == 200

    def test_refuses_the_right_code_after_five_wrong_ones(self, client, user_with_app):
        sign_in(client, user_with_app.email)
        for _ in range(5):
            client.post(AUTHENTICATE, {"code": "000000"})
        html = client.post(AUTHENTICATE, {"code": totp_code()}).content.decode()
        assert "Too many failed attempts" in html

    def test_deactivation_removes_the_recovery_codes(self, confirmed, user_with_app):
        assert "Stop using" in confirmed.get(DEACTIVATE).content.decode()
        assert user_with_app.authenticator_set.filter(type="totp").exists()
        assert confirmed.post(DEACTIVATE).url == INDEX
        assert not Authenticator.objects.exists()

    def test_deactivation_without_an_app_is_404(self, confirmed):
        assert confirmed.get(DEACTIVATE).status_code == 404


def test_visitors_are_redirected_to_sign_in(client, db):
    for path in (INDEX, ACTIVATE, DEACTIVATE, RECOVERY, GENERATE, ADD):
        response = client.get(path, follow=True)
        assert response.request["PATH_INFO"] == LOGIN
    assert client.get(AUTHENTICATE).url == LOGIN


class TestRecoveryCodes:
    def test_are_shown_once(self, confirmed, user_with_app):
        codes = add_recovery_codes(user_with_app)
        first = confirmed.get(RECOVERY).content.decode()
        assert all(f"<code>{code}</code>" in first for code in codes)
        assert f'href="data:text/plain;charset=utf-8,{codes[0]}%0A' in first
        again = confirmed.get(RECOVERY)
        assert not any(code in again.content.decode() for code in codes)
        assert again["Cache-Control"] == "no-store"

    def test_each_is_valid_once(self, user_with_app):
        code = add_recovery_codes(user_with_app)[0]
        for browser, is_valid in ((Client(), True), (Client(), False)):
            sign_in(browser, user_with_app.email)
            browser.post(AUTHENTICATE, {"code": code})
            assert is_signed_in(browser) == is_valid

    def test_new_ones_replace_the_old_ones(self, confirmed, user_with_app):
        old = add_recovery_codes(user_with_app)
        assert confirmed.get(GENERATE).status_code == 200
        assert add_recovery_codes(user_with_app) == old
        assert confirmed.post(GENERATE).url == RECOVERY
        assert not set(add_recovery_codes(user_with_app)) & set(old)

    def test_are_not_made_without_a_second_factor(self, confirmed):
        confirmed.post(GENERATE)
        assert not Authenticator.objects.exists()


MALFORMED = [
    "",
    "nonsense",
    "[]",
    "{}",
    "null",
    '"text"',
    '{"id": "x", "rawId": "y", "type": "public-key", "response": {}}',
    json.dumps(
        {
            "id": "AA",
            "rawId": "AA",
            "type": "public-key",
            "response": {
                "clientDataJSON": "e30",
                "attestationObject": "oA",
                "authenticatorData": "AA",
                "signature": "AA",
                "userHandle": "\x00",
            },
        }
    ),
    "[" * 5000,
    '{"id": "\\u0000"}',
]


class TestPasskey:
    def test_a_malformed_one_does_not_sign_in(self, client, db):
        add_passkey(UserFactory())
        ajax = {"Accept": "application/json"}
        for credential in MALFORMED:
            assert client.get(PASSKEY_LOGIN, headers=ajax).status_code == 200
            data = {"credential": credential, "next": "/progress/"}
            response = client.post(PASSKEY_LOGIN, data)
            assert response.url == "/accounts/login/?next=%2Fprogress%2F", credential
        assert not is_signed_in(client)

    def test_a_malformed_one_is_no_second_factor(self, client, user_with_app):
        sign_in(client, user_with_app.email)
        for credential in MALFORMED[:4]:
            response = client.post(AUTHENTICATE, {"credential": credential})
            assert response.status_code == 200
        assert not is_signed_in(client)

    def test_a_malformed_one_cannot_be_added(self, confirmed):
        confirmed.get(ADD)
        for credential in MALFORMED:
            data = {"name": "Laptop", "credential": credential}
            assert confirmed.post(ADD, data).status_code == 200
        assert not Authenticator.objects.exists()

    @pytest.mark.parametrize("name", ["", "\x00", "n" * 65])
    def test_an_invalid_name_is_refused(self, confirmed, user, name):
        passkey = add_passkey(user)
        path = f"/accounts/2fa/webauthn/keys/{passkey.pk}/edit/"
        response = confirmed.post(path, {"name": name})
        assert 'id="id_name_error"' in response.content.decode()
        passkey.refresh_from_db()
        assert passkey.data["name"] == "Laptop"

    def test_a_wrong_one_does_not_reauthenticate(self, client, user):
        sign_in(client, user.email)
        add_passkey(user)
        path = "/accounts/2fa/webauthn/reauthenticate/"
        data = {"credential": "{}", "next": "/progress/"}
        assert client.post(path, data).url == f"{path}?next=%2Fprogress%2F"

    def test_the_list_is_on_the_page_of_all_factors(self, confirmed):
        assert confirmed.get("/accounts/2fa/webauthn/").url == INDEX
