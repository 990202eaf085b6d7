"""The pages under /accounts/2fa/"""

import json
import time
from base64 import urlsafe_b64encode
from contextlib import nullcontext

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.mfa import check_origin
from tests.accounts.actions import (
    LOGIN,
    REAUTHENTICATE,
    is_signed_in,
    sign_in,
)
from tests.accounts.second_factors import (
    PERIOD,
    add_authenticator_app,
    add_passkey,
    add_recovery_codes,
    secret_in,
    totp_code,
    totp_code_at,
)
from tests.factories import UserFactory

INDEX = "/accounts/2fa/"
ACTIVATE_APP = "/accounts/2fa/totp/activate/"
DEACTIVATE_APP = "/accounts/2fa/totp/deactivate/"
AUTHENTICATE = "/accounts/2fa/authenticate/"
RECOVERY_CODES = "/accounts/2fa/recovery-codes/"
GENERATE_CODES = "/accounts/2fa/recovery-codes/generate/"
ADD_PASSKEY = "/accounts/2fa/webauthn/add/"
PASSKEY_LOGIN = "/accounts/2fa/webauthn/login/"


@pytest.fixture
def user_with_app(user):
    add_authenticator_app(user)
    add_recovery_codes(user)
    return user


@pytest.mark.usefixtures("stopped_clock")
class TestAuthenticatorApp:
    def test_activation_requires_reauthentication(self, signed_in):
        for response in (
            signed_in.get(ACTIVATE_APP),
            signed_in.post(ACTIVATE_APP, {"code": "1"}),
        ):
            assert response.url.startswith(REAUTHENTICATE)
        assert not Authenticator.objects.exists()

    def test_its_first_code_activates_it(self, reauthenticated, user):
        page = reauthenticated.get(ACTIVATE_APP)
        assert 'src="data:image/svg+xml;base64,' in page.content.decode()
        code = totp_code(secret_in(page))
        assert reauthenticated.post(ACTIVATE_APP, {"code": code}).url == RECOVERY_CODES
        types = user.authenticator_set.values_list("type", flat=True)
        assert set(types) == {"totp", "recovery_codes"}

    def test_a_wrong_code_activates_nothing(self, reauthenticated):
        reauthenticated.get(ACTIVATE_APP)
        response = reauthenticated.post(ACTIVATE_APP, {"code": "000000"})
        assert "That code is incorrect" in response.content.decode()
        assert not Authenticator.objects.exists()

    def test_its_code_is_required_after_the_password(self, client, user_with_app):
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

    def test_the_code_that_activated_it_does_not_sign_in(self, reauthenticated, user):
        code = totp_code(secret_in(reauthenticated.get(ACTIVATE_APP)))
        reauthenticated.post(ACTIVATE_APP, {"code": code})
        other = Client()
        sign_in(other, user.email)
        response = other.post(AUTHENTICATE, {"code": code})
        assert "or has already been used" in response.content.decode()
        assert not is_signed_in(other)

    @pytest.mark.parametrize(
        ("periods", "is_valid"), [(-1, True), (1, True), (-2, False), (2, False)]
    )
    def test_the_code_before_and_the_code_after_are_accepted(
        self, client, user_with_app, monkeypatch, periods, is_valid
    ):
        sign_in(client, user_with_app.email)
        code = totp_code()
        later = time.time() + periods * PERIOD
        monkeypatch.setattr("time.time", lambda: later)
        client.post(AUTHENTICATE, {"code": code})
        assert is_signed_in(client) == is_valid

    def test_a_used_code_stays_used_as_long_as_it_is_valid(
        self, user_with_app, monkeypatch
    ):
        start = time.time() // PERIOD * PERIOD
        for seconds in (-PERIOD, 1, 2 * PERIOD - 1):
            monkeypatch.setattr("time.time", lambda now=start + seconds: now)
            browser = Client()
            sign_in(browser, user_with_app.email)
            browser.post(AUTHENTICATE, {"code": totp_code_at(start)})
            assert is_signed_in(browser) == (seconds == -PERIOD)

    def test_a_used_code_does_not_forgive_wrong_ones(self, client, user_with_app):
        sign_in(client, user_with_app.email)
        client.post(AUTHENTICATE, {"code": totp_code()})
        other = Client()
        sign_in(other, user_with_app.email)
        for _ in range(5):
            other.post(AUTHENTICATE, {"code": "000000"})
            other.post(AUTHENTICATE, {"code": totp_code()})
        html = other.post(AUTHENTICATE, {"code": "000000"}).content.decode()
        assert "Too many failed attempts" in html

    @pytest.mark.parametrize(
        "form", ["{} {}", "{}\u2013{}", "\u200b{}\u00a0{}", "\u202a{}{}\u202c"]
    )
    def test_a_pasted_code_is_accepted(self, client, user_with_app, form):
        sign_in(client, user_with_app.email)
        code = totp_code()
        client.post(AUTHENTICATE, {"code": form.format(code[:3], code[3:])})
        assert is_signed_in(client)

    def test_the_secret_stays_when_the_page_is_loaded_again(self, reauthenticated):
        code = totp_code(secret_in(reauthenticated.get(ACTIVATE_APP)))
        reauthenticated.get(ACTIVATE_APP)
        assert reauthenticated.post(ACTIVATE_APP, {"code": code}).url == RECOVERY_CODES

    def test_after_the_set_up_the_secret_is_not_used_again(self, reauthenticated):
        secret = secret_in(reauthenticated.get(ACTIVATE_APP))
        reauthenticated.post(ACTIVATE_APP, {"code": totp_code(secret)})
        reauthenticated.post(DEACTIVATE_APP)
        assert secret_in(reauthenticated.get(ACTIVATE_APP)) != secret

    @pytest.mark.parametrize("text", ["", "💥", "\x00", "\u0660" * 6, "9" * 9000])
    def test_any_text_is_accepted_as_a_wrong_code(self, client, user_with_app, text):
        sign_in(client, user_with_app.email)
        assert client.post(AUTHENTICATE, {"code": text}).status_code == 200

    def test_refuses_the_right_code_after_five_wrong_ones(self, client, user_with_app):
        sign_in(client, user_with_app.email)
        for _ in range(5):
            client.post(AUTHENTICATE, {"code": "000000"})
        html = client.post(AUTHENTICATE, {"code": totp_code()}).content.decode()
        assert "Too many failed attempts" in html

    def test_deactivation_removes_the_recovery_codes(
        self, reauthenticated, user_with_app
    ):
        assert "Remove the app" in reauthenticated.get(DEACTIVATE_APP).content.decode()
        assert user_with_app.authenticator_set.filter(type="totp").exists()
        assert reauthenticated.post(DEACTIVATE_APP).url == INDEX
        assert not Authenticator.objects.exists()

    def test_deactivation_without_an_app_is_404(self, reauthenticated):
        assert reauthenticated.get(DEACTIVATE_APP).status_code == 404


def test_visitors_are_redirected_to_sign_in(client, db):
    for path in (
        INDEX,
        ACTIVATE_APP,
        DEACTIVATE_APP,
        RECOVERY_CODES,
        GENERATE_CODES,
        ADD_PASSKEY,
    ):
        response = client.get(path, follow=True)
        assert response.request["PATH_INFO"] == LOGIN
    assert client.get(AUTHENTICATE).url == LOGIN


class TestRecoveryCodes:
    def test_are_shown_once(self, reauthenticated, user_with_app):
        codes = add_recovery_codes(user_with_app)
        first = reauthenticated.get(RECOVERY_CODES).content.decode()
        assert all(f"<code>{code}</code>" in first for code in codes)
        assert f'href="data:text/plain;charset=utf-8,{codes[0]}%0A' in first
        again = reauthenticated.get(RECOVERY_CODES)
        assert not any(code in again.content.decode() for code in codes)
        assert again["Cache-Control"] == "no-store"

    def test_each_is_valid_once(self, user_with_app):
        code = add_recovery_codes(user_with_app)[0]
        for browser, is_valid in ((Client(), True), (Client(), False)):
            sign_in(browser, user_with_app.email)
            browser.post(AUTHENTICATE, {"code": code})
            assert is_signed_in(browser) == is_valid

    def test_new_codes_replace_the_old_codes(self, reauthenticated, user_with_app):
        old = add_recovery_codes(user_with_app)
        assert reauthenticated.get(GENERATE_CODES).status_code == 200
        assert add_recovery_codes(user_with_app) == old
        assert reauthenticated.post(GENERATE_CODES).url == RECOVERY_CODES
        assert not set(add_recovery_codes(user_with_app)) & set(old)

    def test_are_not_generated_without_a_second_factor(self, reauthenticated):
        reauthenticated.post(GENERATE_CODES)
        assert not Authenticator.objects.exists()


MALFORMED_CREDENTIALS = [
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
    "[" * 50_000,
    '{"id": "\\u0000"}',
]


class TestPasskey:
    def test_a_malformed_credential_does_not_sign_in(self, client, db):
        add_passkey(UserFactory())
        ajax = {"Accept": "application/json"}
        for credential in MALFORMED_CREDENTIALS:
            assert client.get(PASSKEY_LOGIN, headers=ajax).status_code == 200
            data = {"credential": credential, "next": "/progress/"}
            response = client.post(PASSKEY_LOGIN, data)
            assert response.url == "/accounts/login/?next=%2Fprogress%2F", credential
        assert not is_signed_in(client)

    @pytest.mark.parametrize(
        ("origin", "is_accepted"),
        [
            ("https://cairn.example", True),
            ("https://cairn.example:6666", False),
            ("https://evil.cairn.example", False),
            ("http://cairn.example", False),
            ("https://[x", False),
        ],
    )
    def test_it_must_be_used_on_the_sites_own_origin(
        self, settings, origin, is_accepted
    ):
        settings.SITE_URL = "https://cairn.example"
        client_data = {"type": "webauthn.get", "challenge": "AAAA", "origin": origin}
        encoded = urlsafe_b64encode(json.dumps(client_data).encode()).decode()
        with (
            nullcontext() if is_accepted else pytest.raises(ValueError, match="origin")
        ):
            check_origin({"response": {"clientDataJSON": encoded.rstrip("=")}})

    def test_a_credential_with_a_number_of_4301_digits_does_not_sign_in(
        self, client, db
    ):
        client.get(PASSKEY_LOGIN, headers={"X-Requested-With": "XMLHttpRequest"})
        response = client.post(PASSKEY_LOGIN, {"credential": "9" * 4301})
        assert response.url == "/accounts/login/"

    def test_a_malformed_credential_is_no_second_factor(self, client, user_with_app):
        sign_in(client, user_with_app.email)
        for credential in MALFORMED_CREDENTIALS[:4]:
            response = client.post(AUTHENTICATE, {"credential": credential})
            assert response.status_code == 200
        assert not is_signed_in(client)

    def test_a_malformed_credential_cannot_be_added(self, reauthenticated):
        reauthenticated.get(ADD_PASSKEY)
        for credential in MALFORMED_CREDENTIALS:
            data = {"name": "Laptop", "credential": credential}
            assert reauthenticated.post(ADD_PASSKEY, data).status_code == 200
        assert not Authenticator.objects.exists()

    def test_renaming_one_is_confirmed(self, reauthenticated, user):
        path = f"/accounts/2fa/webauthn/keys/{add_passkey(user).pk}/edit/"
        response = reauthenticated.post(path, {"name": "Phone"}, follow=True)
        assert "Passkey renamed." in response.text
        assert "Phone" in response.text

    @pytest.mark.parametrize("name", ["", "\x00", "\u200b", "a\u202eb", "n" * 65])
    def test_an_invalid_name_is_refused(self, reauthenticated, user, name):
        passkey = add_passkey(user)
        path = f"/accounts/2fa/webauthn/keys/{passkey.pk}/edit/"
        response = reauthenticated.post(path, {"name": name})
        assert 'id="id_name_error"' in response.content.decode()
        passkey.refresh_from_db()
        assert passkey.data["name"] == "Laptop"

    def test_a_wrong_credential_does_not_reauthenticate(self, client, user):
        sign_in(client, user.email)
        add_passkey(user)
        path = "/accounts/2fa/webauthn/reauthenticate/"
        data = {"credential": "{}", "next": "/progress/"}
        assert client.post(path, data).url == f"{path}?next=%2Fprogress%2F"

    def test_the_list_of_passkeys_is_on_the_page_with_all_second_factors(
        self, reauthenticated
    ):
        assert reauthenticated.get("/accounts/2fa/webauthn/").url == INDEX
