"""Signing in with another site: /accounts/github/login/ and /accounts/3rdparty/"""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client

from accounts.models import Invitation, User
from tests.accounts.actions import (
    CONFIRM_EMAIL,
    LOGIN,
    SIGN_UP,
    code_in,
    is_signed_in,
    reauthenticate,
    sign_in,
    sign_in_with_github,
    start_github_login,
)
from tests.factories import PASSWORD, UserFactory
from tests.github import ACCESS_TOKEN

GITHUB_LOGIN = "/accounts/github/login/"
CALLBACK = "/accounts/github/login/callback/"
CONNECTIONS = "/accounts/3rdparty/"


@pytest.fixture
def ada(db):
    """A user of this site with the address that the fake GitHub sends."""
    return UserFactory(email="ada@example.com")


@pytest.mark.usefixtures("db")
class TestWithoutKeys:
    def test_no_page_names_the_provider(self, client):
        for path in (LOGIN, SIGN_UP):
            assert "GitHub" not in client.get(path).content.decode()

    @pytest.mark.parametrize(
        "path", [GITHUB_LOGIN, CALLBACK, "/accounts/google/login/"]
    )
    def test_its_urls_are_404(self, client, path):
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404


@pytest.mark.usefixtures("db")
class TestSigningUp:
    def test_a_verified_address_creates_an_account(self, client, github, mailoutbox):
        assert sign_in_with_github(client).url == "/"
        user = User.objects.get(email="ada@example.com")
        assert client.get("/").context["user"] == user
        assert not user.has_usable_password()
        assert EmailAddress.objects.get(user=user).verified
        assert mailoutbox == []

    def test_an_unverified_address_is_confirmed_by_code(
        self, client, github, mailoutbox
    ):
        github.emails[0]["verified"] = False
        assert sign_in_with_github(client).url == CONFIRM_EMAIL
        assert not is_signed_in(client)
        client.post(CONFIRM_EMAIL, {"code": code_in(mailoutbox[0])})
        assert client.get("/").context["user"].email == "ada@example.com"

    def test_uses_the_primary_one_of_several_addresses(self, client, github):
        other = {"email": "x@example.com", "primary": False, "verified": True}
        github.emails = [other, *github.emails]
        sign_in_with_github(client)
        assert [a.email for a in EmailAddress.objects.all()] == ["ada@example.com"]

    def test_stores_no_token(self, client, github):
        sign_in_with_github(client)
        assert not SocialToken.objects.exists()
        extra_data = list(SocialAccount.objects.values_list("extra_data", flat=True))
        assert ACCESS_TOKEN not in f"{extra_data} {dict(client.session)}"

    def test_a_second_sign_in_uses_the_same_account(self, client, github):
        sign_in_with_github(client)
        github.emails[0]["email"] = "new@example.com"
        sign_in_with_github(Client())
        assert User.objects.count() == 1

    @pytest.mark.parametrize(
        ("sign_up", "domains", "is_allowed"),
        [
            ("closed", [], False),
            ("domains", ["school.example"], False),
            ("domains", ["example.com"], True),
            ("invitation", [], False),
        ],
    )
    def test_follows_the_sign_up_policy(
        self, client, github, settings, sign_up, domains, is_allowed
    ):
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = sign_up, domains
        sign_in_with_github(client)
        assert User.objects.exists() == is_allowed

    def test_an_invited_address_may_sign_up(self, client, github, settings):
        settings.SIGN_UP = "invitation"
        Invitation.objects.create(address="ada@example.com")
        sign_in_with_github(client)
        assert User.objects.get().email == "ada@example.com"

    def test_uses_the_address_that_may_sign_up(self, client, github, settings):
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", ["school.example"]
        github.emails += [
            {"email": "ada@school.example", "primary": False, "verified": True}
        ]
        sign_in_with_github(client)
        assert User.objects.get().email == "ada@school.example"

    def test_an_address_that_the_user_types_follows_the_policy(
        self, client, github, settings
    ):
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", ["school.example"]
        github.emails = []
        assert sign_in_with_github(client).url == "/accounts/3rdparty/signup/"
        page = client.post("/accounts/3rdparty/signup/", {"email": "ada@example.com"})
        assert "ends in school.example" in page.content.decode()
        assert not User.objects.exists()


class TestLinkingByAddress:
    def test_links_an_address_that_is_verified_on_both_sites(self, client, github, ada):
        assert sign_in_with_github(client).url == "/"
        assert client.get("/").context["user"] == ada
        assert SocialAccount.objects.get().user == ada
        assert ada.check_password(PASSWORD)

    def test_does_not_link_an_address_that_is_unverified_there(
        self, client, github, ada, mailoutbox
    ):
        github.emails[0]["verified"] = False
        assert sign_in_with_github(client).url == CONFIRM_EMAIL
        assert mailoutbox[0].to == [ada.email]
        assert not is_signed_in(client)
        assert not SocialAccount.objects.exists()

    def test_does_not_link_an_address_that_is_unverified_here(self, client, github, db):
        attacker = UserFactory(email="ada@example.com", confirmed=False)
        EmailAddress.objects.create(user=attacker, email=attacker.email)
        sign_in_with_github(client)
        assert not is_signed_in(client)
        assert not SocialAccount.objects.exists()
        attacker.refresh_from_db()
        assert attacker.has_usable_password()

    def test_does_not_take_over_the_link_of_another_user(self, client, github, user):
        sign_in_with_github(Client())
        sign_in(client, user.email)
        reauthenticate(client)
        sign_in_with_github(client, process="connect")
        assert SocialAccount.objects.get().user != user


@pytest.mark.usefixtures("db")
class TestRedirects:
    def test_get_does_not_redirect_to_github(self, client, github):
        response = client.get(GITHUB_LOGIN)
        assert response.status_code == 200
        assert "Sign in with GitHub" in response.content.decode()

    @pytest.mark.parametrize(
        ("next_url", "destination"),
        [("/progress/", "/progress/"), ("//evil.example", "/")],
    )
    def test_redirects_to_next_only_on_this_site(
        self, client, github, next_url, destination
    ):
        assert sign_in_with_github(client, next=next_url).url == destination

    @pytest.mark.parametrize("query", [{}, {"code": "the code", "state": "forged"}])
    def test_a_callback_without_a_login_is_refused(self, client, github, query):
        response = client.get(CALLBACK, query)
        assert response.status_code == 401
        assert "<h1>Sign-in failed</h1>" in response.content.decode()
        assert not User.objects.exists()

    def test_cancelling_leads_to_a_page_that_says_so(self, client, github):
        state = start_github_login(client)
        response = client.get(CALLBACK, {"error": "access_denied", "state": state})
        assert response.url == "/accounts/3rdparty/login/cancelled/"

    def test_an_unreachable_provider_gets_an_error_page(self, client, github):
        state = start_github_login(client)
        github.shutdown()
        github.server_close()
        response = client.get(CALLBACK, {"code": "the code", "state": state})
        assert response.status_code == 401

    @pytest.mark.parametrize("path", [LOGIN, SIGN_UP, GITHUB_LOGIN])
    def test_forms_of_these_pages_may_redirect_to_github(self, client, github, path):
        policy = client.get(path)["Content-Security-Policy"]
        assert f"form-action 'self' {github.url}" in policy.split("; ")

    def test_forms_of_other_pages_may_not_redirect_to_github(self, client, github):
        policy = client.get("/")["Content-Security-Policy"]
        assert "form-action 'self'" in policy.split("; ")


def test_the_only_way_to_sign_in_cannot_be_unlinked(client, github, db):
    sign_in_with_github(client)
    client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})
    assert SocialAccount.objects.exists()


def test_the_link_of_another_user_cannot_be_unlinked(client, github, user):
    sign_in_with_github(Client())
    sign_in(client, user.email)
    client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})
    assert SocialAccount.objects.exists()


def test_a_link_can_be_unlinked_after_the_keys_are_removed(
    client, github, settings, user
):
    sign_in(client, user.email)
    reauthenticate(client)
    sign_in_with_github(client, process="connect")
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert "<b>GitHub</b>" in client.get(CONNECTIONS).content.decode()
    assert client.get("/accounts/settings/").status_code == 200
    client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})
    assert not SocialAccount.objects.exists()
