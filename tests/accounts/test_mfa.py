"""/accounts/2fa/ and what is under it"""

import json
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.test import Client

from tests.accounts.test_sign_in import sign_in
from tests.factories import PASSWORD, UserFactory

INDEX = "/accounts/2fa/"
ACTIVATE = "/accounts/2fa/totp/activate/"
DEACTIVATE = "/accounts/2fa/totp/deactivate/"
AUTHENTICATE = "/accounts/2fa/authenticate/"
RECOVERY = "/accounts/2fa/recovery-codes/"
GENERATE = "/accounts/2fa/recovery-codes/generate/"
ADD = "/accounts/2fa/webauthn/add/"
PASSKEY_LOGIN = "/accounts/2fa/webauthn/login/"
REAUTHENTICATE = "/accounts/reauthenticate/"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture(autouse=True)
def one_half_minute(monkeypatch):
    """Codes change on the half minute; let none pass within a test."""
    now = time.time()
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: now)
    return now


@pytest.fixture
def code(one_half_minute):
    return lambda secret: format_hotp_value(
        hotp_value(secret, int(one_half_minute) // 30)
    )


@pytest.fixture
def confirmed(client, user):
    """Signed in, and has typed the password once more just now."""
    sign_in(client, user.email)
    client.post(REAUTHENTICATE, {"password": PASSWORD})
    return client


@pytest.fixture
def with_app(user):
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def secret_on(page):
    return re.search(r'class="secret">(\w+)<', page.content.decode())[1]


def add_passkey(user, name="Laptop"):
    return WebAuthn.add(user, name, {"clientExtensionResults": {}}).instance


class TestApp:
    def test_setting_it_up_asks_for_the_password_first(self, client, user):
        sign_in(client, user.email)
        assert client.get(ACTIVATE).url.startswith(REAUTHENTICATE)
        assert client.post(ACTIVATE, {"code": "1"}).url.startswith(REAUTHENTICATE)
        assert not Authenticator.objects.exists()

    def test_its_first_code_sets_it_up(self, confirmed, user, code):
        secret = secret_on(confirmed.get(ACTIVATE))
        assert confirmed.post(ACTIVATE, {"code": code(secret)}).url == RECOVERY
        types = user.authenticator_set.values_list("type", flat=True)
        assert set(types) == {"totp", "recovery_codes"}

    def test_the_page_has_the_secret_as_a_picture_and_as_text(self, confirmed):
        html = confirmed.get(ACTIVATE).content.decode()
        assert 'src="data:image/svg+xml;base64,' in html
        assert secret_on(confirmed.get(ACTIVATE))

    def test_a_wrong_code_sets_nothing_up(self, confirmed):
        confirmed.get(ACTIVATE)
        response = confirmed.post(ACTIVATE, {"code": "000000"})
        assert "That code is not right" in response.content.decode()
        assert not Authenticator.objects.exists()

    def test_it_is_asked_for_at_every_way_in(self, client, with_app, code):
        assert sign_in(client, with_app.email).url == AUTHENTICATE
        assert client.get("/").context["user"].is_anonymous
        assert client.post(AUTHENTICATE, {"code": code(SECRET)}).url == "/"
        assert client.get("/").context["user"] == with_app

    def test_the_way_on_survives_it(self, client, with_app, code):
        sign_in(client, with_app.email, next="/progress/")
        assert client.post(AUTHENTICATE, {"code": code(SECRET)}).url == "/progress/"

    def test_a_used_code_is_refused_a_second_time(self, with_app, code):
        for browser, is_in in ((Client(), True), (Client(), False)):
            sign_in(browser, with_app.email)
            browser.post(AUTHENTICATE, {"code": code(SECRET)})
            assert browser.get("/").context["user"].is_authenticated == is_in

    def test_the_code_that_set_it_up_is_a_used_one(self, confirmed, user, code):
        secret = secret_on(confirmed.get(ACTIVATE))
        confirmed.post(ACTIVATE, {"code": code(secret)})
        other = Client()
        sign_in(other, user.email)
        response = other.post(AUTHENTICATE, {"code": code(secret)})
        assert "or was used before" in response.content.decode()
        assert other.get("/").context["user"].is_anonymous

    @pytest.mark.parametrize(
        "typed", ["", "12345", "💥", "\x00", "\u0660" * 6, "9" * 9000]
    )
    def test_whatever_is_typed_never_breaks_it(self, client, with_app, typed):
        sign_in(client, with_app.email)
        assert client.post(AUTHENTICATE, {"code": typed}).status_code == 200

    def test_the_sixth_wrong_code_is_stopped(self, client, with_app, code):
        sign_in(client, with_app.email)
        for _ in range(5):
            client.post(AUTHENTICATE, {"code": "000000"})
        html = client.post(AUTHENTICATE, {"code": code(SECRET)}).content.decode()
        assert "Too many failed attempts" in html

    def test_looking_stops_nothing(self, confirmed, with_app):
        assert "Stop using" in confirmed.get(DEACTIVATE).content.decode()
        assert with_app.authenticator_set.filter(type="totp").exists()

    def test_stopping_takes_the_recovery_codes_along(self, confirmed, with_app):
        assert confirmed.post(DEACTIVATE).url == INDEX
        assert not Authenticator.objects.exists()

    def test_who_has_none_cannot_stop_it(self, confirmed):
        assert confirmed.get(DEACTIVATE).status_code == 404

    def test_a_visitor_is_sent_to_sign_in(self, client, db):
        for path in (INDEX, ACTIVATE, DEACTIVATE, RECOVERY, GENERATE, ADD):
            response = client.get(path, follow=True)
            assert response.request["PATH_INFO"] == "/accounts/login/"
        assert client.get(AUTHENTICATE).url == "/accounts/login/"


class TestRecoveryCodes:
    def codes(self, user):
        factor = user.authenticator_set.get(type="recovery_codes")
        return factor.wrap().get_unused_codes()

    def test_they_are_shown_once(self, confirmed, with_app):
        codes = self.codes(with_app)
        first = confirmed.get(RECOVERY).content.decode()
        assert all(f"<code>{code}</code>" in first for code in codes)
        assert f'href="data:text/plain;charset=utf-8,{codes[0]}%0A' in first
        again = confirmed.get(RECOVERY)
        assert not any(code in again.content.decode() for code in codes)
        assert again["Cache-Control"] == "no-store"

    def test_each_is_good_once(self, with_app):
        code = self.codes(with_app)[0]
        for browser, is_in in ((Client(), True), (Client(), False)):
            sign_in(browser, with_app.email)
            browser.post(AUTHENTICATE, {"code": code})
            assert browser.get("/").context["user"].is_authenticated == is_in

    def test_new_ones_end_the_old_ones(self, confirmed, with_app):
        old = self.codes(with_app)
        assert confirmed.get(GENERATE).status_code == 200
        assert self.codes(with_app) == old
        assert confirmed.post(GENERATE).url == RECOVERY
        assert not set(self.codes(with_app)) & set(old)

    def test_without_a_factor_there_are_none(self, confirmed):
        confirmed.post(GENERATE)
        assert not Authenticator.objects.exists()


MALFORMED = [
    "",
    "nonsense",
    "[]",
    "{}",
    "1",
    "null",
    '"text"',
    '{"id": 1}',
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
    @pytest.mark.parametrize("credential", MALFORMED)
    def test_whatever_is_sent_signs_nobody_in(self, client, user, credential):
        add_passkey(UserFactory())
        ajax = {"Accept": "application/json"}
        assert client.get(PASSKEY_LOGIN, headers=ajax).status_code == 200
        data = {"credential": credential, "next": "/progress/"}
        response = client.post(PASSKEY_LOGIN, data)
        assert response.url == "/accounts/login/?next=%2Fprogress%2F"
        assert client.get("/").context["user"].is_anonymous

    @pytest.mark.parametrize("credential", MALFORMED)
    def test_whatever_is_sent_is_no_second_factor(self, client, with_app, credential):
        sign_in(client, with_app.email)
        assert client.post(AUTHENTICATE, {"credential": credential}).status_code == 200
        assert client.get("/").context["user"].is_anonymous

    @pytest.mark.parametrize("credential", MALFORMED)
    def test_whatever_is_sent_adds_none(self, confirmed, credential):
        confirmed.get(ADD)
        data = {"name": "Laptop", "credential": credential}
        assert confirmed.post(ADD, data).status_code == 200
        assert not Authenticator.objects.exists()

    @pytest.mark.parametrize("name", ["", "\x00", "n" * 65])
    def test_a_name_is_short(self, confirmed, user, name):
        passkey = add_passkey(user)
        path = f"/accounts/2fa/webauthn/keys/{passkey.pk}/edit/"
        response = confirmed.post(path, {"name": name})
        assert 'id="id_name_error"' in response.content.decode()
        passkey.refresh_from_db()
        assert passkey.data["name"] == "Laptop"

    @pytest.mark.parametrize("verb", ["edit", "remove"])
    def test_another_persons_is_not_there(self, confirmed, verb):
        passkey = add_passkey(UserFactory())
        path = f"/accounts/2fa/webauthn/keys/{passkey.pk}/{verb}/"
        assert confirmed.get(path).status_code == 404
        assert confirmed.post(path, {"name": "Mine"}).status_code == 404
        passkey.refresh_from_db()
        assert passkey.data["name"] == "Laptop"

    def test_reauthenticating_with_a_wrong_one_leads_back(self, client, user):
        sign_in(client, user.email)
        add_passkey(user)
        path = "/accounts/2fa/webauthn/reauthenticate/"
        data = {"credential": "{}", "next": "/progress/"}
        assert client.post(path, data).url == f"{path}?next=%2Fprogress%2F"

    def test_the_list_is_part_of_the_factors(self, confirmed):
        assert confirmed.get("/accounts/2fa/webauthn/").url == INDEX
