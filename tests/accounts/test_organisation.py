"""Signing in with the organisation: /accounts/organisation/login/ and its callback."""

import time

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from accounts.models import Invitation, User
from accounts.openid_connect import discovery, views
from core import bounded_session
from tests.accounts.actions import (
    LOGIN,
    SIGN_UP,
    is_signed_in,
    reauthenticate,
    sign_in,
    sign_in_with_organisation,
    start_organisation_login,
)
from tests.factories import PASSWORD, UserFactory
from tests.openid_provider import DISCOVERY, OTHER_KEY, public_jwk

ORGANISATION_LOGIN = "/accounts/organisation/login/"
CALLBACK = "/accounts/organisation/login/callback/"
CONNECTIONS = "/accounts/3rdparty/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    """A user of this site with the address that the organisation sends."""
    return UserFactory(email="ada@school.example")


@pytest.fixture
def short_time_limits(monkeypatch):
    monkeypatch.setattr(bounded_session, "CONNECT_TIMEOUT", 0.1)
    monkeypatch.setattr(bounded_session, "ANSWER_TIMEOUT", 0.2)


def assert_nothing_left(client, response, text, status=401):
    """The page says what happened, and there is no user, link or session."""
    assert response.status_code == status
    assert "<h1>Sign-in failed</h1>" in response.text
    assert text in " ".join(response.text.split())
    assert not User.objects.exists()
    assert not SocialAccount.objects.exists()
    assert not Session.objects.exists()
    assert not is_signed_in(client)


class TestWithoutSettings:
    def test_its_urls_are_404(self, client):
        for path in (ORGANISATION_LOGIN, CALLBACK):
            assert client.get(path).status_code == 404
            assert client.post(path).status_code == 404


class TestFirstSignIn:
    def test_creates_an_account(self, client, organisation, mailoutbox):
        assert sign_in_with_organisation(client, organisation).url == "/"
        user = User.objects.get()
        assert client.get("/").context["user"] == user
        assert (user.email, user.name) == ("ada@school.example", "Ada Lovelace")
        assert not user.has_usable_password()
        assert EmailAddress.objects.get(user=user).verified
        assert mailoutbox == []

    def test_stores_who_it_is_and_no_token(self, client, organisation):
        sign_in_with_organisation(client, organisation)
        account = SocialAccount.objects.get()
        assert (account.provider, account.uid) == (organisation.url, "ada-1815")
        assert account.extra_data == {"email": "ada@school.example", "groups": []}
        assert not SocialToken.objects.exists()

    def test_reads_the_user_info_if_the_id_token_has_no_address(
        self, client, organisation
    ):
        organisation.claims_in_id_token = False
        sign_in_with_organisation(client, organisation)
        assert User.objects.get().email == "ada@school.example"
        assert "/userinfo" in organisation.requested

    # Without a list, the standard's default is client_secret_basic.
    @pytest.mark.parametrize("methods", [None, ["client_secret_post"]])
    def test_uses_the_method_of_authentication_that_the_provider_wants(
        self, client, organisation, methods
    ):
        organisation.metadata_changes["token_endpoint_auth_methods_supported"] = methods
        sign_in_with_organisation(client, organisation)
        assert is_signed_in(client)

    def test_asks_for_nothing_that_it_has(self, client, organisation):
        sign_in_with_organisation(client, organisation)
        sign_in_with_organisation(Client(), organisation)
        assert sorted(organisation.requested) == sorted(
            [DISCOVERY, "/keys", "/token", "/token"]
        )

    @pytest.mark.parametrize("name", [None, 1, "A\nB", "x\0", "\u202eadA"])
    def test_a_name_that_is_no_line_of_text_is_left_out(
        self, client, organisation, name
    ):
        organisation.person["name"] = name
        sign_in_with_organisation(client, organisation)
        assert User.objects.get().name == ""

    def test_a_long_name_is_shortened(self, client, organisation):
        organisation.person["name"] = "Ada " * 30
        sign_in_with_organisation(client, organisation)
        assert len(User.objects.get().name) <= 80

    def test_leads_back_to_the_page_of_the_visitor(self, client, organisation):
        response = sign_in_with_organisation(client, organisation, next="/progress/")
        assert response.url == "/progress/"

    @pytest.mark.parametrize(
        ("sign_up", "domains", "is_allowed"),
        [
            ("open", [], True),
            ("organisation", [], True),
            ("closed", [], False),
            ("domains", ["other.example"], False),
            ("domains", ["school.example"], True),
            ("invitation", [], False),
        ],
    )
    def test_follows_the_sign_up_policy(
        self, client, organisation, settings, sign_up, domains, is_allowed
    ):
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = sign_up, domains
        sign_in_with_organisation(client, organisation)
        assert User.objects.exists() == is_allowed
        assert Session.objects.exists() == is_allowed

    def test_an_invited_address_may_sign_up(self, client, organisation, settings):
        settings.SIGN_UP = "invitation"
        Invitation.objects.create(address="ada@school.example")
        sign_in_with_organisation(client, organisation)
        assert User.objects.exists()


class TestSecondSignIn:
    def test_uses_the_same_account_whatever_the_address_is_now(
        self, client, organisation
    ):
        sign_in_with_organisation(client, organisation)
        organisation.person |= {"email": "lovelace@school.example", "name": "Countess"}
        sign_in_with_organisation(Client(), organisation)
        user = User.objects.get()
        assert (user.email, user.name) == ("ada@school.example", "Ada Lovelace")
        assert [a.email for a in EmailAddress.objects.all()] == ["ada@school.example"]

    def test_an_address_is_no_longer_needed(self, client, organisation):
        sign_in_with_organisation(client, organisation)
        organisation.person |= {"email": None, "email_verified": None}
        browser = Client()
        sign_in_with_organisation(browser, organisation)
        assert is_signed_in(browser)

    def test_the_same_sub_at_another_issuer_is_somebody_else(
        self, client, organisation
    ):
        sign_in_with_organisation(client, organisation)
        SocialAccount.objects.update(provider="https://old.example")
        browser = Client()
        organisation.person["email"] = "other@school.example"
        sign_in_with_organisation(browser, organisation)
        assert User.objects.count() == 2

    def test_a_deactivated_account_stays_out(self, client, organisation):
        sign_in_with_organisation(client, organisation)
        User.objects.update(is_active=False)
        browser = Client()
        response = sign_in_with_organisation(browser, organisation)
        assert response.url == "/accounts/inactive/"
        assert not is_signed_in(browser)


class TestLinkingByAddress:
    def test_links_an_address_that_is_verified_on_both_sides(
        self, client, organisation, ada, mailoutbox
    ):
        assert sign_in_with_organisation(client, organisation).url == "/"
        assert client.get("/").context["user"] == ada
        assert SocialAccount.objects.get().user == ada
        assert ada.check_password(PASSWORD)
        assert "Example School was connected" in mailoutbox[0].body

    def test_does_not_link_a_deactivated_account(
        self, client, organisation, ada, mailoutbox
    ):
        User.objects.update(is_active=False)
        response = sign_in_with_organisation(client, organisation)
        assert response.url == "/accounts/inactive/"
        assert not SocialAccount.objects.exists()
        assert not Session.objects.exists()
        assert mailoutbox == []

    @pytest.mark.parametrize("verified", [False, None, "false", "yes", 0, 1])
    def test_does_not_link_an_address_that_is_unverified_there(
        self, client, organisation, ada, verified
    ):
        organisation.person["email_verified"] = verified
        response = sign_in_with_organisation(client, organisation)
        assert response.status_code == 403
        assert "hasn’t verified your email address" in response.text
        assert not is_signed_in(client)
        assert not SocialAccount.objects.exists()
        assert not Session.objects.exists()

    def test_does_not_link_an_address_that_is_unverified_here(
        self, client, organisation, mailoutbox
    ):
        attacker = UserFactory(email="ada@school.example", confirmed=False)
        EmailAddress.objects.create(user=attacker, email=attacker.email)
        response = sign_in_with_organisation(client, organisation)
        assert response.status_code == 403
        assert "the address was never confirmed" in response.text
        assert not SocialAccount.objects.exists()
        assert not Session.objects.exists()
        assert mailoutbox == []

    def test_does_not_give_an_account_to_the_next_owner_of_its_address(
        self, client, organisation
    ):
        sign_in_with_organisation(client, organisation)
        organisation.person["sub"] = "somebody new"
        browser = Client()
        response = sign_in_with_organisation(browser, organisation)
        assert response.status_code == 403
        assert "a different <bdi>Example School</bdi> account" in " ".join(
            response.text.split()
        )
        assert not is_signed_in(browser)
        assert SocialAccount.objects.count() == 1


class TestConnecting:
    def test_a_signed_in_user_connects_any_address(self, client, organisation, user):
        sign_in(client, user.email)
        reauthenticate(client)
        organisation.person["email_verified"] = False
        sign_in_with_organisation(client, organisation, process="connect")
        assert SocialAccount.objects.get().user == user
        page = client.get(CONNECTIONS).text
        assert "<b>Example School</b>" in page
        assert "ada@school.example" in page

    def test_does_not_take_over_the_link_of_another_user(
        self, client, organisation, user
    ):
        sign_in_with_organisation(Client(), organisation)
        sign_in(client, user.email)
        reauthenticate(client)
        sign_in_with_organisation(client, organisation, process="connect")
        assert SocialAccount.objects.get().user != user

    def test_a_link_can_be_seen_and_removed_after_the_settings_are_gone(
        self, client, organisation, settings, user
    ):
        sign_in(client, user.email)
        reauthenticate(client)
        sign_in_with_organisation(client, organisation, process="connect")
        settings.SOCIALACCOUNT_PROVIDERS = {}
        host = organisation.url.removeprefix("http://")
        assert f"<b>{host}</b>" in client.get(CONNECTIONS).text
        assert client.get("/accounts/settings/").status_code == 200
        client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})
        assert not SocialAccount.objects.exists()


def test_the_admin_and_the_download_name_the_issuer(
    client, organisation, admin_client, settings
):
    sign_in_with_organisation(client, organisation)
    account = SocialAccount.objects.get()
    User.objects.filter(pk=account.user_id).update(email="ada@home.example")
    settings.SOCIALACCOUNT_PROVIDERS = {}
    path = "/admin/socialaccount/socialaccount/"
    for address in ("ada@school.example", "ada@home.example"):
        assert "ada-1815" in admin_client.get(path, {"q": address}).text
    for page in (path, f"{path}{account.pk}/change/"):
        assert organisation.url in admin_client.get(page).text
    assert client.get("/accounts/delete/").status_code == 200
    download = client.get("/accounts/data/cairn.json").json()
    [linked] = download["linked_accounts"]
    assert (linked["provider"], linked["identity"]) == (organisation.url, "ada-1815")


class TestVerifiedDomains:
    @pytest.fixture(autouse=True)
    def verified_domains(self, organisation, settings):
        app = organisation.app(verified_email=["school.example"])
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APP": app}}

    def test_an_address_counts_as_verified(self, client, organisation):
        organisation.person["email_verified"] = None
        sign_in_with_organisation(client, organisation)
        assert EmailAddress.objects.get().verified

    def test_an_address_of_another_domain_does_not(self, client, organisation):
        organisation.person |= {"email": "ada@guest.example", "email_verified": None}
        response = sign_in_with_organisation(client, organisation)
        assert_nothing_left(client, response, "hasn’t verified", status=403)


WRONG_CLAIMS = {
    "issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "audience": {"aud": "another client"},
    "no audience": {"aud": None},
    "several audiences": {"aud": ["cairn", "another client"]},
    "authorized party": {"azp": "another client"},
    "expired": {"exp": lambda now: now - 3600},
    "no expiry": {"exp": None},
    "expiry in words": {"exp": "tomorrow"},
    "from the future": {"iat": lambda now: now + 3600},
    "not valid yet": {"nbf": lambda now: now + 3600},
    "nonce": {"nonce": "of another sign-in"},
    "no nonce": {"nonce": None},
    "nonce of no text": {"nonce": 5},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "long subject": {"sub": "x" * 192},
    "subject with NUL": {"sub": "a\0b"},
    "subject of no text": {"sub": 5},
}


class TestIDToken:
    """The rules of OpenID Connect Core 1.0, 3.1.3.7."""

    UNVERIFIABLE = "could not be verified"

    @pytest.mark.parametrize("changes", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS)
    def test_a_wrong_claim_is_refused(self, client, organisation, changes):
        organisation.id_token_changes = changes
        response = sign_in_with_organisation(client, organisation)
        assert_nothing_left(client, response, self.UNVERIFIABLE)

    @pytest.mark.parametrize(
        "changes",
        [
            {"aud": ["cairn"]},
            {"aud": ["cairn", "another client"], "azp": "cairn"},
            {"exp": lambda now: now - 5},
            {"iat": lambda now: now + 5},
        ],
    )
    def test_a_right_claim_is_accepted(self, client, organisation, changes):
        organisation.id_token_changes = changes
        sign_in_with_organisation(client, organisation)
        assert is_signed_in(client)

    def test_a_wrong_signature_is_refused(self, client, organisation):
        organisation.signing_key = OTHER_KEY
        response = sign_in_with_organisation(client, organisation)
        assert_nothing_left(client, response, self.UNVERIFIABLE)

    @pytest.mark.parametrize(
        ("algorithm", "key"), [("none", None), ("HS256", "x" * 32)]
    )
    def test_a_token_without_a_signature_of_the_provider_is_refused(
        self, client, organisation, algorithm, key
    ):
        organisation.algorithm, organisation.signing_key = algorithm, key
        response = sign_in_with_organisation(client, organisation)
        assert_nothing_left(client, response, self.UNVERIFIABLE)

    def test_a_key_of_another_kind_is_refused(self, client, organisation):
        organisation.keys[0]["kty"] = "RSA"
        response = sign_in_with_organisation(client, organisation)
        assert_nothing_left(client, response, self.UNVERIFIABLE)

    def test_a_new_key_is_fetched(self, client, organisation):
        sign_in_with_organisation(client, organisation)
        organisation.signing_key, organisation.kid = OTHER_KEY, "two"
        organisation.keys.append(public_jwk(OTHER_KEY, "two"))
        browser = Client()
        sign_in_with_organisation(browser, organisation)
        assert is_signed_in(browser)

    @pytest.mark.parametrize("token", [None, "", "no token", 5, {}])
    def test_no_token_is_refused(self, client, organisation, token):
        tokens = {"access_token": "access", "token_type": "Bearer", "id_token": token}
        organisation.answers["/token"] = lambda handler: handler.send_json(tokens)
        response = sign_in_with_organisation(client, organisation)
        assert_nothing_left(client, response, self.UNVERIFIABLE)

    def test_the_token_of_another_sign_in_is_refused(self, client, organisation):
        """A token that somebody stole, for example."""
        query = start_organisation_login(Client(), organisation)
        stolen = organisation.codes[query["code"]]["nonce"]
        organisation.id_token_changes = {"nonce": stolen}
        Session.objects.all().delete()
        response = sign_in_with_organisation(client, organisation)
        assert_nothing_left(client, response, self.UNVERIFIABLE)

    def test_user_info_about_somebody_else_is_refused(self, client, organisation):
        organisation.claims_in_id_token = False
        organisation.user_info_changes = {"sub": "somebody else"}
        response = sign_in_with_organisation(client, organisation)
        assert_nothing_left(client, response, self.UNVERIFIABLE)


class TestAddressOfANewPerson:
    @pytest.mark.parametrize("verified", [False, None, "false"])
    def test_must_be_verified(self, client, organisation, verified):
        organisation.person["email_verified"] = verified
        response = sign_in_with_organisation(client, organisation)
        text = "hasn’t verified your email address, <bdi>ada@school.example</bdi>"
        assert_nothing_left(client, response, text, status=403)

    @pytest.mark.parametrize("email", [None, "", "ada", 5, ["a@b.example"], "a\0@b.c"])
    def test_must_be_there(self, client, organisation, email):
        organisation.person["email"] = email
        response = sign_in_with_organisation(client, organisation)
        text = "didn’t send an email address"
        assert_nothing_left(client, response, text, status=403)


class TestCallback:
    def test_a_state_works_once(self, client, organisation):
        query = start_organisation_login(client, organisation)
        client.get(CALLBACK, query)
        client.post("/accounts/logout/")
        response = client.get(CALLBACK, query)
        assert response.status_code == 401
        assert not is_signed_in(client)

    def test_a_state_works_only_in_its_browser(self, client, organisation):
        query = start_organisation_login(Client(), organisation)
        response = client.get(CALLBACK, query)
        assert response.status_code == 401
        assert "has expired or was already used" in response.text
        assert not User.objects.exists()

    @pytest.mark.parametrize(
        "query", [{}, {"code": "x"}, {"state": "x"}, {"code": "x", "state": "\0"}]
    )
    def test_a_callback_without_a_sign_in_is_refused(self, client, organisation, query):
        assert client.get(CALLBACK, query).status_code in (400, 401)
        assert not Session.objects.exists()

    def test_a_forged_code_is_refused(self, client, organisation, capture_logs):
        query = start_organisation_login(client, organisation)
        organisation.answers["/token"] = lambda handler: handler.send_json(
            {"error": "invalid_grant"}, 400
        )
        response = client.get(CALLBACK, query | {"code": "forged"})
        assert_nothing_left(client, response, "didn’t confirm who you are")
        reasons = [line["reason"] for line in capture_logs if "reason" in line]
        assert reasons == ["No token: invalid_grant."]

    def test_an_answer_of_another_issuer_is_refused(self, client, organisation):
        query = start_organisation_login(client, organisation)
        response = client.get(CALLBACK, query | {"iss": "https://evil.example"})
        assert_nothing_left(client, response, "could not be verified")

    def test_cancelling_leads_to_a_page_that_says_so(self, client, organisation):
        organisation.user_cancels = True
        response = sign_in_with_organisation(client, organisation)
        assert response.url == "/accounts/3rdparty/login/cancelled/"
        assert not Session.objects.exists()

    def test_an_error_of_the_provider_gets_a_page(self, client, organisation):
        state = start_organisation_login(client, organisation)["state"]
        response = client.get(CALLBACK, {"error": "server_error", "state": state})
        assert_nothing_left(client, response, "Try again")

    def test_another_sign_in_of_the_same_browser_goes_on(self, client, organisation):
        first = start_organisation_login(client, organisation)
        second = start_organisation_login(client, organisation)
        organisation.id_token_changes = {"nonce": "wrong"}
        assert client.get(CALLBACK, first).status_code == 401
        organisation.id_token_changes = {}
        client.get(CALLBACK, second)
        assert is_signed_in(client)

    def test_parameters_of_the_request_do_not_reach_the_provider(
        self, client, organisation
    ):
        query = "?scope=admin&auth_params=nonce%3Dmine%26prompt%3Dnone"
        response = client.post(f"{ORGANISATION_LOGIN}{query}")
        assert "mine" not in response.url
        assert "prompt" not in response.url
        assert "admin" not in response.url


def answer_text(text, status=200):
    return lambda handler: handler.send_text(text, status)


BROKEN = {
    "no JSON": answer_text("<html>"),
    "no object": answer_text("[]"),
    "empty": answer_text(""),
    "no UTF-8": lambda handler: handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n\xff\xfe"),
    "error": answer_text("{}", 500),
    "redirect": answer_text("{}", 302),
    "too long": answer_text(" " * 2_000_000),
    "no HTTP": lambda handler: handler.wfile.write(b"what?"),
    "nothing": lambda handler: None,
    "no end": lambda handler: handler.drip(),
}


@pytest.mark.usefixtures("short_time_limits")
class TestProviderThatFails:
    UNREACHABLE = "didn’t answer"

    @pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
    def test_broken_discovery_gets_a_page(self, client, organisation, answer):
        organisation.answers[DISCOVERY] = answer
        response = client.post(ORGANISATION_LOGIN)
        assert_nothing_left(client, response, self.UNREACHABLE)

    @pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
    def test_a_broken_answer_with_tokens_gets_a_page(
        self, client, organisation, answer
    ):
        organisation.answers["/token"] = answer
        response = sign_in_with_organisation(client, organisation)
        assert_nothing_left(client, response, "Try again")

    @pytest.mark.parametrize("path", ["/keys", "/userinfo"])
    @pytest.mark.parametrize("name", ["no JSON", "no object", "error", "nothing"])
    def test_a_broken_answer_gets_a_page(self, client, organisation, path, name):
        organisation.claims_in_id_token = False
        answer = BROKEN[name]
        organisation.answers[path] = answer
        response = sign_in_with_organisation(client, organisation)
        assert_nothing_left(client, response, "Try again")

    @pytest.mark.parametrize(
        "changes",
        [
            {"issuer": "https://evil.example"},
            {"issuer": None},
            {"authorization_endpoint": None},
            {"token_endpoint": "http://login.example/token"},
            {"jwks_uri": 5},
            {"jwks_uri": "https://["},
        ],
    )
    def test_wrong_metadata_gets_a_page(self, client, organisation, changes):
        organisation.metadata_changes = changes
        response = client.post(ORGANISATION_LOGIN)
        assert_nothing_left(client, response, self.UNREACHABLE)

    @pytest.mark.parametrize("keys", [None, [], [5], [{}], [{"kty": "EC"}]])
    def test_broken_keys_get_a_page(self, client, organisation, keys):
        organisation.keys = keys
        response = sign_in_with_organisation(client, organisation)
        assert_nothing_left(client, response, "Try again")

    def test_a_provider_that_is_down_gets_a_page(self, client, organisation):
        query = start_organisation_login(client, organisation)
        organisation.shutdown()
        organisation.server_close()
        response = client.get(CALLBACK, query)
        assert_nothing_left(client, response, self.UNREACHABLE)
        cache.clear()
        response = client.post(ORGANISATION_LOGIN)
        assert_nothing_left(client, response, self.UNREACHABLE)

    def test_a_slow_provider_is_asked_once_and_pages_do_not_wait(
        self, client, organisation
    ):
        organisation.answers[DISCOVERY] = lambda handler: time.sleep(0.5)
        for path in (LOGIN, LOGIN, SIGN_UP):
            page = client.get(path)
            assert "Sign in with <bdi>Example School</bdi>" in page.text
        assert organisation.requested == [DISCOVERY]

    def test_all_requests_of_a_sign_in_have_one_time_limit(
        self, client, organisation, monkeypatch
    ):
        monkeypatch.setattr(bounded_session, "ANSWER_TIMEOUT", 5)
        monkeypatch.setattr(views, "TIME_LIMIT", 0.5)
        organisation.claims_in_id_token = False
        query = start_organisation_login(client, organisation)
        organisation.delay = 0.3  # for each of three answers
        started = time.monotonic()
        response = client.get(CALLBACK, query)
        assert_nothing_left(client, response, self.UNREACHABLE)
        assert time.monotonic() - started < 2
        assert "/userinfo" not in organisation.requested

    def test_pages_wait_one_at_a_time(self, client, organisation):
        others = []

        def show_another_page(handler):
            others.append(discovery.get_metadata_for_page(organisation.url))
            handler.send_json(organisation.metadata)

        organisation.answers[DISCOVERY] = show_another_page
        assert client.get(LOGIN).status_code == 200
        assert others == [None]
        assert organisation.requested == [DISCOVERY]

    def test_the_log_says_why(self, client, organisation, capture_logs):
        organisation.metadata_changes = {"issuer": "https://evil.example"}
        client.post(ORGANISATION_LOGIN)
        reasons = [line["reason"] for line in capture_logs if "reason" in line]
        assert "calls itself 'https://evil.example'" in reasons[0]


class TestContentSecurityPolicy:
    @pytest.mark.parametrize("path", [LOGIN, SIGN_UP, ORGANISATION_LOGIN])
    def test_forms_may_redirect_to_the_provider(self, client, organisation, path):
        policy = client.get(path)["Content-Security-Policy"]
        assert f"form-action 'self' {organisation.url}" in policy.split("; ")

    def test_forms_may_redirect_to_its_other_hosts(
        self, client, organisation, settings
    ):
        app = organisation.app(origins=["https://adfs.school.example"])
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APP": app}}
        organisation.metadata_changes["authorization_endpoint"] = (
            "https://auth.school.example/authorize?tenant=1"
        )
        policy = client.get(LOGIN)["Content-Security-Policy"]
        expected = "https://adfs.school.example https://auth.school.example"
        assert f"form-action 'self' {organisation.url} {expected}" in policy
        url = client.post(ORGANISATION_LOGIN).url
        assert url.startswith("https://auth.school.example/authorize?tenant=1&")

    def test_forms_of_other_pages_may_not(self, client, organisation):
        policy = client.get("/")["Content-Security-Policy"]
        assert "form-action 'self'" in policy.split("; ")
