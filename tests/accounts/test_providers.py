"""/accounts/github/login/, its callback, and /accounts/3rdparty/"""

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client

from accounts.models import Invitation, User
from tests.accounts.test_sign_in import PATH, sign_in
from tests.accounts.test_sign_up import code_in
from tests.factories import PASSWORD, UserFactory
from tests.github import TOKEN

LOGIN = "/accounts/github/login/"
CALLBACK = "/accounts/github/login/callback/"
LINKED = "/accounts/3rdparty/"
EVIL = ["//evil.example", "https:evil", "/\\evil.example", "https://evil.example/"]


def go_through(client, **data):
    """To GitHub and back, by hand: the stand-in signs in whoever comes."""
    away = client.post(LOGIN, data)
    state = parse_qs(urlsplit(away.url).query)["state"][0]
    return client.get(CALLBACK, {"code": "the code", "state": state})


def verified(email):
    return [{"email": email, "primary": True, "verified": True}]


@pytest.fixture
def ada(db):
    return UserFactory(email="ada@example.com")


@pytest.mark.usefixtures("db")
class TestWithoutKeys:
    def test_the_pages_name_no_provider(self, client):
        for path in (PATH, "/accounts/signup/"):
            assert "GitHub" not in client.get(path).content.decode()

    @pytest.mark.parametrize("path", [LOGIN, CALLBACK, "/accounts/google/login/"])
    def test_its_addresses_are_not_there(self, client, path):
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404


@pytest.mark.usefixtures("db")
class TestSigningUp:
    def test_a_verified_address_makes_an_account(self, client, github, mailoutbox):
        assert go_through(client).url == "/"
        user = User.objects.get(email="ada@example.com")
        assert client.get("/").context["user"] == user
        assert not user.has_usable_password()
        assert EmailAddress.objects.get(user=user).verified
        assert mailoutbox == []

    def test_one_that_is_not_verified_is_confirmed_by_code(
        self, client, github, mailoutbox
    ):
        github.emails[0]["verified"] = False
        assert go_through(client).url == "/accounts/confirm-email/"
        assert client.get("/").context["user"].is_anonymous
        client.post("/accounts/confirm-email/", {"code": code_in(mailoutbox[0])})
        assert client.get("/").context["user"].email == "ada@example.com"

    def test_of_several_addresses_the_primary_one_is_taken(self, client, github):
        other = {"email": "x@example.com", "primary": False, "verified": True}
        github.emails = [other, *github.emails]
        go_through(client)
        assert [a.email for a in EmailAddress.objects.all()] == ["ada@example.com"]

    def test_no_token_is_kept(self, client, github):
        go_through(client)
        assert not SocialToken.objects.exists()
        kept = str(SocialAccount.objects.values_list("extra_data")) + str(
            dict(client.session)
        )
        assert TOKEN not in kept

    def test_the_next_time_it_signs_in(self, client, github):
        go_through(client)
        github.emails = verified("new@example.com")
        go_through(Client())
        assert User.objects.count() == 1

    @pytest.mark.parametrize(
        ("sign_up", "domains", "joins"),
        [
            ("closed", [], False),
            ("domains", ["school.example"], False),
            ("domains", ["example.com"], True),
            ("invitation", [], False),
        ],
    )
    def test_who_may_not_join_does_not(
        self, client, github, settings, sign_up, domains, joins
    ):
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = sign_up, domains
        go_through(client)
        assert User.objects.exists() == joins

    def test_who_is_invited_joins(self, client, github, settings):
        settings.SIGN_UP = "invitation"
        Invitation.objects.create(address="ada@example.com")
        go_through(client)
        assert User.objects.get().email == "ada@example.com"

    def test_of_several_addresses_the_one_that_may_join_is_taken(
        self, client, github, settings
    ):
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", ["school.example"]
        github.emails += [
            {"email": "ada@school.example", "primary": False, "verified": True}
        ]
        go_through(client)
        assert User.objects.get().email == "ada@school.example"

    def test_an_address_that_is_typed_instead_asks_the_same_rule(
        self, client, github, settings
    ):
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", ["school.example"]
        github.emails = []
        assert go_through(client).url == "/accounts/3rdparty/signup/"
        page = client.post("/accounts/3rdparty/signup/", {"email": "ada@example.com"})
        assert "ends in school.example" in page.content.decode()
        assert not User.objects.exists()


class TestLinking:
    def test_an_address_verified_on_both_sides_links(self, client, github, ada):
        assert go_through(client).url == "/"
        assert client.get("/").context["user"] == ada
        assert SocialAccount.objects.get().user == ada
        assert ada.check_password("correct horse battery staple")

    def test_one_that_is_not_verified_there_does_not(self, client, github, ada):
        github.emails[0]["verified"] = False
        go_through(client)
        assert client.get("/").context["user"].is_anonymous
        assert not SocialAccount.objects.exists()

    def test_one_that_is_not_verified_here_does_not(self, client, github, db):
        lying_in_wait = UserFactory(email="ada@example.com", confirmed=False)
        EmailAddress.objects.create(user=lying_in_wait, email=lying_in_wait.email)
        go_through(client)
        assert client.get("/").context["user"].is_anonymous
        assert not SocialAccount.objects.exists()
        lying_in_wait.refresh_from_db()
        assert lying_in_wait.has_usable_password()

    def test_that_is_told_by_mail_alone(self, client, github, ada, mailoutbox):
        github.emails[0]["verified"] = False
        assert go_through(client).url == "/accounts/confirm-email/"
        assert mailoutbox[0].to == [ada.email]

    def test_somebody_elses_is_not_taken_over(self, client, github, user):
        go_through(Client())
        sign_in(client, user.email)
        client.post("/accounts/reauthenticate/", {"password": "x"})
        go_through(client, process="connect")
        assert SocialAccount.objects.get().user != user


@pytest.mark.usefixtures("db")
class TestTheWay:
    def test_looking_does_not_start_it(self, client, github):
        response = client.get(LOGIN)
        assert response.status_code == 200
        assert "<h1>Sign in with GitHub</h1>" in response.content.decode()

    @pytest.mark.parametrize("evil", EVIL)
    def test_it_never_ends_on_another_site(self, client, github, evil):
        assert go_through(client, next=evil).url == "/"

    def test_it_ends_where_one_came_from(self, client, github):
        assert go_through(client, next="/progress/").url == "/progress/"

    @pytest.mark.parametrize("query", [{}, {"code": "the code", "state": "forged"}])
    def test_a_way_back_without_a_way_there_is_refused(self, client, github, query):
        response = client.get(CALLBACK, query)
        assert response.status_code == 401
        assert "<h1>That did not work</h1>" in response.content.decode()
        assert not User.objects.exists()

    def test_who_cancels_is_told_so(self, client, github):
        away = client.post(LOGIN)
        state = parse_qs(urlsplit(away.url).query)["state"][0]
        back = client.get(CALLBACK, {"error": "access_denied", "state": state})
        assert back.url == "/accounts/3rdparty/login/cancelled/"

    def test_when_github_is_away_it_says_so(self, client, github):
        away = client.post(LOGIN)
        state = parse_qs(urlsplit(away.url).query)["state"][0]
        github.shutdown()
        github.server_close()
        response = client.get(CALLBACK, {"code": "the code", "state": state})
        assert response.status_code == 401

    @pytest.mark.parametrize(
        ("path", "leads"),
        [(PATH, True), ("/accounts/signup/", True), (LOGIN, True), ("/", False)],
    )
    def test_forms_may_end_there_from_those_pages_alone(
        self, client, github, path, leads
    ):
        policy = client.get(path)["Content-Security-Policy"]
        expected = f"form-action 'self' {github.url}" if leads else "form-action 'self'"
        assert expected in policy.split("; ")


def test_the_last_way_in_cannot_be_disconnected(client, github, db):
    go_through(client)
    account = SocialAccount.objects.get()
    client.post(LINKED, {"account": account.pk})
    assert SocialAccount.objects.exists()


def test_another_persons_cannot_be_disconnected(client, github, user):
    go_through(Client())
    sign_in(client, user.email)
    assert client.post(LINKED, {"account": SocialAccount.objects.get().pk})
    assert SocialAccount.objects.exists()


def test_a_link_outlives_the_keys_and_can_be_ended(client, github, settings, user):
    sign_in(client, user.email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    go_through(client, process="connect")
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert "<b>GitHub</b>" in client.get(LINKED).content.decode()
    assert client.get("/accounts/settings/").status_code == 200
    client.post(LINKED, {"account": SocialAccount.objects.get().pk})
    assert not SocialAccount.objects.exists()
