"""The setting PASSWORD_SIGN_IN=administrators, with SIGN_UP=organisation."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.mfa import LoginByPasskeyForm
from accounts.models import User
from tests.accounts.actions import (
    LOGIN,
    NEW_PASSWORD,
    REAUTHENTICATE,
    SIGN_UP,
    code_in,
    is_signed_in,
    reauthenticate,
    sign_in,
    sign_in_with_github,
    sign_in_with_organisation,
)
from tests.accounts.second_factors import add_passkey
from tests.factories import PASSWORD, UserFactory
from tests.github import FakeGitHub

LOGIN_CODE = "/accounts/login/code/"
CONFIRM_CODE = "/accounts/login/code/confirm/"
RESET = "/accounts/password/reset/"
CONNECTIONS = "/accounts/3rdparty/"
BUTTON = "Sign in with <bdi>Example School</bdi>"


@pytest.fixture(autouse=True)
def only_administrators(db, organisation, settings):
    settings.SIGN_UP = "organisation"
    settings.PASSWORD_SIGN_IN = "administrators"
    settings.PASSWORD_SIGN_IN_ADDRESSES = ["admin@school.example"]


@pytest.fixture
def admin():
    return UserFactory(email="admin@school.example")


@pytest.fixture
def ada():
    return UserFactory(email="ada@school.example")


class TestSignUp:
    def test_the_page_has_the_button_and_no_form(self, client):
        page = client.get(SIGN_UP, {"next": "/progress/"}).text
        assert BUTTON in page
        assert 'name="next" value="/progress/"' in page
        assert "password1" not in page

    def test_nobody_signs_up_with_a_password(self, client):
        form = {"email": "new@school.example", "password1": PASSWORD}
        assert BUTTON in client.post(SIGN_UP, form).text
        assert not User.objects.exists()

    def test_the_organisation_creates_an_account(self, client, organisation):
        sign_in_with_organisation(client, organisation)
        assert User.objects.get().email == "ada@school.example"

    def test_another_provider_does_not(self, client, monkeypatch, settings):
        providers = settings.SOCIALACCOUNT_PROVIDERS
        with FakeGitHub() as github:
            github.replace_github(monkeypatch, settings)
            settings.SOCIALACCOUNT_PROVIDERS |= providers
            page = sign_in_with_github(client).text
            github.shutdown()
        assert "only with <bdi>Example School</bdi>" in page
        assert not User.objects.exists()

    @pytest.mark.parametrize("next_url", ["//evil.example", '"><b>'])
    def test_the_page_leads_only_to_this_site(self, client, next_url):
        page = client.get(SIGN_UP, {"next": next_url}).text
        main = page.partition("<main")[2].partition("</main")[0]
        assert "evil.example" not in main
        assert '"><b>' not in main


class TestPassword:
    def test_an_administrator_signs_in(self, client, admin):
        sign_in(client, admin.email)
        assert is_signed_in(client)

    def test_a_confirmed_second_address_counts(self, client, ada):
        EmailAddress.objects.create(
            user=ada, email="admin@school.example", verified=True
        )
        sign_in(client, ada.email)
        assert is_signed_in(client)

    def test_everybody_else_is_refused_with_the_same_answer(self, client, admin, ada):
        attempts = [
            (ada.email, PASSWORD),
            (ada.email, "a wrong password"),
            (admin.email, "a wrong password"),
            ("nobody@school.example", PASSWORD),
        ]
        answers = set()
        for email, password in attempts:
            browser = Client()
            response = sign_in(browser, email, password)
            assert not is_signed_in(browser)
            text = response.text.replace(email, "")
            assert "use the button “Sign in with Example School”" in text
            assert BUTTON in text
            main = text.partition("<main")[2].partition("</main")[0]
            token = response.context["csrf_token"]
            answers.add((response.status_code, main.replace(str(token), "")))
        assert len(answers) == 1

    def test_the_right_password_of_somebody_else_counts_as_a_wrong_one(
        self, client, ada
    ):
        for _ in range(5):
            sign_in(client, ada.email)
        assert sign_in(client, ada.email).status_code == 429

    def test_a_user_who_is_signed_in_confirms_with_a_password(
        self, client, organisation, ada
    ):
        sign_in_with_organisation(client, organisation)
        response = client.post(REAUTHENTICATE, {"password": PASSWORD})
        assert response.status_code == 302


class TestCode:
    def test_an_administrator_signs_in(self, client, admin, mailoutbox):
        client.post(LOGIN_CODE, {"email": admin.email})
        client.post(CONFIRM_CODE, {"code": code_in(mailoutbox[0])})
        assert is_signed_in(client)

    @pytest.mark.parametrize("path", [LOGIN_CODE, RESET])
    def test_everybody_else_gets_the_same_page_and_a_mail_without_a_code(
        self, path, admin, ada, mailoutbox
    ):
        answers = set()
        for email in (admin.email, ada.email, "nobody@school.example"):
            response = Client().post(path, {"email": email}, follow=True)
            token = str(response.context["csrf_token"])
            main = response.text.partition("<main")[2].partition("</main")[0]
            answers.add(main.replace(token, "").replace(email, ""))
        assert len(answers) == 1
        for mail in mailoutbox[1:]:
            assert "Sign in to Cairn with Example School" in mail.subject
            assert "/accounts/login/" in mail.body
            assert "-" not in mail.body.split("/accounts/login/")[0][-20:]

    @pytest.mark.parametrize("path", [LOGIN_CODE, RESET])
    def test_the_page_says_who_it_is_for(self, client, path):
        assert "Everybody else signs in with" in client.get(path).text

    def test_a_code_from_before_the_setting_is_of_no_use(
        self, client, ada, settings, mailoutbox
    ):
        settings.PASSWORD_SIGN_IN = "everybody"
        client.post(LOGIN_CODE, {"email": ada.email})
        settings.PASSWORD_SIGN_IN = "administrators"
        response = client.post(CONFIRM_CODE, {"code": code_in(mailoutbox[0])})
        assert response.status_code == 403
        assert "“Sign in with <bdi>Example School</bdi>”" in " ".join(
            response.text.split()
        )
        assert not is_signed_in(client)
        assert not Session.objects.exists()


class TestPasskey:
    def sign_in(self, client, user, monkeypatch):
        """Sign in as if the browser had proved that it has the user's passkey."""
        passkey = add_passkey(user)
        monkeypatch.setattr(LoginByPasskeyForm, "clean_credential", lambda _: passkey)
        return client.post("/accounts/2fa/webauthn/login/", {"credential": "[1]"})

    def test_an_administrator_signs_in(self, client, admin, monkeypatch):
        self.sign_in(client, admin, monkeypatch)
        assert is_signed_in(client)

    def test_everybody_else_is_refused(self, client, ada, monkeypatch):
        response = self.sign_in(client, ada, monkeypatch)
        assert response.status_code == 403
        assert "can’t sign in to this site with a password" in response.text
        assert not is_signed_in(client)
        assert not Session.objects.exists()


class TestReset:
    def test_an_administrator_resets_the_password(self, client, admin, mailoutbox):
        client.post(RESET, {"email": admin.email})
        confirm = f"{RESET}confirm/"
        client.post(confirm, {"code": code_in(mailoutbox[0])})
        client.post(f"{RESET}complete/", NEW_PASSWORD)
        assert is_signed_in(client)


class TestSettings:
    @pytest.mark.parametrize("action", ["set", "change"])
    def test_a_password_cannot_be_set(self, client, organisation, ada, action):
        if action == "set":
            ada.set_unusable_password()
            ada.save()
        sign_in_with_organisation(client, organisation)
        path = f"/accounts/password/{action}/"
        for response in (client.get(path), client.post(path, NEW_PASSWORD)):
            assert response.status_code == 403
            assert "so you don’t need a password" in response.text
        ada.refresh_from_db()
        assert not ada.check_password(NEW_PASSWORD["password1"])

    def test_the_page_does_not_offer_it(self, client, organisation, ada):
        sign_in_with_organisation(client, organisation)
        page = client.get("/accounts/settings/").text
        assert "Not used. You sign in with <bdi>Example School</bdi>." in page
        assert "/accounts/password/" not in page

    def test_the_only_way_to_sign_in_cannot_be_disconnected(
        self, client, organisation, ada
    ):
        sign_in_with_organisation(client, organisation)
        account = SocialAccount.objects.get()
        for has_password in (True, False):
            if not has_password:
                User.objects.update(password="!")
                client.get(LOGIN)  # the password ended the session
                sign_in_with_organisation(client, organisation)
            page = client.post(CONNECTIONS, {"account": account.pk})
            assert "so you can’t disconnect it" in page.text
        assert SocialAccount.objects.exists()

    def test_another_connected_account_can_be_disconnected(
        self, client, organisation, ada
    ):
        other = SocialAccount.objects.create(user=ada, provider="github", uid="1")
        sign_in_with_organisation(client, organisation)
        client.post(CONNECTIONS, {"account": other.pk})
        assert SocialAccount.objects.get().provider == organisation.url

    def test_an_administrator_can_do_all_of_it(self, client, admin):
        sign_in(client, admin.email)
        reauthenticate(client)
        assert client.get("/accounts/password/change/").status_code == 200
        assert "/accounts/password/change/" in client.get("/accounts/settings/").text


def test_the_sign_in_page_begins_with_the_button(client):
    page = client.get(LOGIN).text
    assert page.index(BUTTON) < page.index('type="password"')
    assert page.count(BUTTON) == 1
