"""Journeys with a real OpenID provider, which needs Node: `make single-sign-on`.

The name of this file keeps it out of `make test`, where tests/accounts/ has the same
cases with a fake provider.
"""

import os
import shutil
import signal
import subprocess
import time

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from playwright.sync_api import expect

from accounts.models import User
from groups.roles import Role
from tests.browser.account_pages import (
    expect_heading,
    expect_signed_in,
    sign_in,
    sign_out,
)
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    UserFactory,
)
from tests.production import free_port

FOLDER = django_settings.BASE_DIR / "tests/oidc"
CLIENT_ID, CLIENT_SECRET = "cairn", "a secret: 100% & more"
ADA = {"email": "ada@school.example", "email_verified": True, "name": "Ada Lovelace"}

pytestmark = pytest.mark.fails_requests


class RealProvider:
    def __init__(self, site_url):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        callback = f"{site_url}/accounts/organisation/login/callback/"
        environment = {
            "PORT": str(self.port),
            "CLIENT_ID": CLIENT_ID,
            "CLIENT_SECRET": CLIENT_SECRET,
            "REDIRECT_URI": callback,
            "PATH": os.environ["PATH"],
        }
        node = shutil.which("node")
        assert node, "This drill needs Node 20 or later, with npm."
        self.process = subprocess.Popen(
            [node, "provider.js"], cwd=FOLDER, env=environment
        )
        self.people, self.changes = {"ada": ADA}, {}
        self.wait()
        self.tell()

    def wait(self):
        for _ in range(100):
            assert self.process.poll() is None, "The provider did not start."
            try:
                requests.get(f"{self.url}/.well-known/openid-configuration", timeout=1)
            except requests.RequestException:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("The provider does not answer.")

    def tell(self, changes=None, **people):
        """Set the claims of people, and what is wrong with ID tokens."""
        self.people |= people
        body = {"people": self.people, "changes": changes or {}}
        requests.post(f"{self.url}/drill", json=body, timeout=5)

    def settings(self, issuer=None):
        return {
            "openid_connect": {
                "APP": {
                    "provider_id": issuer or self.url,
                    "name": "Example School",
                    "client_id": CLIENT_ID,
                    "secret": CLIENT_SECRET,
                    "settings": {
                        "server_url": issuer or self.url,
                        "scope": ["openid", "profile", "email", "groups"],
                        "oauth_pkce_enabled": True,
                        "verified_email": [],
                        "origins": [],
                        "groups_claim": "groups",
                        "site_roles": {"staff": ["staff"], "Editors": ["editors"]},
                    },
                }
            }
        }


@pytest.fixture
def provider(live_server, settings):
    provider = RealProvider(live_server.url)
    settings.SOCIALACCOUNT_PROVIDERS = provider.settings()
    settings.SIGN_UP = "organisation"
    yield provider
    provider.process.send_signal(signal.SIGCONT)
    provider.process.kill()
    provider.process.wait()


@pytest.fixture
def group(backend):
    group = GroupFactory(name="Class 7", member_claim="7b", mentor_claim="teachers")
    AssignmentFactory(group=group, roadmap=backend)
    MembershipFactory(group=group, role=Role.OWNER, user__name="Olga")
    return group


def press(page):
    page.get_by_role("button", name="Sign in with Example School").click()


def sign_in_there(page, name="ada"):
    """Press the button, and sign in on the provider's pages."""
    press(page)
    fill_in_there(page, name)


def fill_in_there(page, name="ada"):
    page.get_by_placeholder("Enter any login").fill(name)
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def expect_failure(page, text):
    expect_heading(page, "Sign-in failed")
    expect(page.get_by_role("main")).to_contain_text(text)


def assert_nothing_left():
    assert not SocialAccount.objects.exists()
    assert not Session.objects.exists()


class TestJourney:
    def test_first_and_second_sign_in(self, open_page, provider, javascript, axe):
        page = open_page("/accounts/signup/", java_script_enabled=javascript)
        if javascript:
            axe(page)
        sign_in_there(page)
        expect_signed_in(page)
        sign_out(page)
        page.goto("/accounts/login/")
        press(page)  # the provider still knows the person
        expect_signed_in(page)
        user = User.objects.get()
        assert (user.email, user.name) == ("ada@school.example", "Ada Lovelace")

    def test_a_changed_address_changes_nothing_here(self, open_page, provider):
        page = open_page("/accounts/login/")
        sign_in_there(page)
        expect_signed_in(page)
        provider.tell(ada=ADA | {"email": "lovelace@school.example"})
        sign_out(page)
        page.goto("/accounts/login/")
        press(page)
        expect_signed_in(page)
        assert EmailAddress.objects.get().email == "ada@school.example"

    def test_an_account_is_linked_by_its_address(self, open_page, provider, javascript):
        user = UserFactory(email="ada@school.example")
        page = open_page("/accounts/login/", java_script_enabled=javascript)
        sign_in_there(page)
        expect_signed_in(page)
        assert SocialAccount.objects.get().user == user

    def test_a_signed_in_person_connects_another_address(
        self, open_page, provider, javascript, axe
    ):
        user = UserFactory(email="ada@home.example")
        page = open_page("/accounts/login/", java_script_enabled=javascript)
        sign_in(page, user.email)
        page.goto("/accounts/3rdparty/")
        page.get_by_role("button", name="Connect Example School").click()
        fill_in_there(page)
        expect(page.get_by_text("Example School is connected.")).to_be_visible()
        if javascript:
            axe(page)
        assert SocialAccount.objects.get().user == user

    def test_groups_and_roles_are_gained_and_lost(
        self, open_page, provider, group, javascript, axe
    ):
        provider.tell(ada=ADA | {"groups": ["7b", "staff", "editors"]})
        page = open_page("/accounts/login/", java_script_enabled=javascript)
        sign_in_there(page)
        page.get_by_role("status").get_by_role("link", name="Class 7").click()
        expect_heading(page, "Class 7")
        assert not group.memberships.filter(role=Role.MEMBER).exists()
        if javascript:
            axe(page)
        page.get_by_role("button", name="Join without showing").click()
        expect(page.get_by_text("You’ve joined the group.")).to_be_visible()
        user = User.objects.get(email="ada@school.example")
        assert (user.is_staff, user.groups.count()) == (True, 1)

        provider.tell(ada=ADA | {"groups": []})
        sign_out(page)
        page.goto("/accounts/login/")
        press(page)
        expect(page.get_by_text("no longer assigns you to Class 7")).to_be_visible()
        if javascript:
            axe(page)
        assert not group.memberships.filter(user=user).exists()
        user = User.objects.get(pk=user.pk)
        assert (user.is_staff, user.groups.count()) == (False, 0)

    def test_a_person_who_leaves(self, open_page, provider, javascript, axe, tmp_path):
        page = open_page("/accounts/login/", java_script_enabled=javascript)
        sign_in_there(page)
        expect_signed_in(page)
        leavers = tmp_path / "leavers.csv"
        leavers.write_text("email\nada@school.example\n")
        call_command("deactivate_people", leavers)
        page.goto("/accounts/settings/")
        expect_heading(page, "Sign in")
        press(page)
        expect_heading(page, "Account deactivated")
        if javascript:
            axe(page)


class TestRefusals:
    @pytest.mark.parametrize(
        ("claims", "text"),
        [
            (ADA | {"email_verified": False}, "hasn’t verified your email address"),
            ({"email": "ada@school.example"}, "hasn’t verified your email address"),
            ({}, "didn’t send an email address"),
        ],
    )
    def test_an_address_that_is_not_verified(
        self, open_page, provider, axe, claims, text
    ):
        provider.tell(ada=claims)
        page = open_page("/accounts/login/")
        sign_in_there(page)
        expect_failure(page, text)
        axe(page)
        assert not User.objects.exists()
        assert_nothing_left()

    @pytest.mark.parametrize(
        "changes",
        [
            {"iss": "https://evil.example"},
            {"aud": "another client"},
            {"exp": 1_000_000_000},
            {"nonce": "of another sign-in"},
            {"sub": None},
        ],
    )
    def test_a_wrong_id_token(self, open_page, provider, changes, javascript, axe):
        provider.tell(changes)
        page = open_page("/accounts/login/", java_script_enabled=javascript)
        sign_in_there(page)
        expect_failure(page, "could not be verified")
        if javascript:
            axe(page)
        assert not User.objects.exists()
        assert_nothing_left()

    def test_another_issuer(self, open_page, provider, settings):
        issuer = f"http://localhost:{provider.port}"
        settings.SOCIALACCOUNT_PROVIDERS = provider.settings(issuer)
        page = open_page("/accounts/login/")
        press(page)
        expect_failure(page, "didn’t answer")
        assert_nothing_left()

    def test_an_address_of_the_callback_works_once(self, open_page, provider, axe):
        page = open_page("/accounts/login/")
        callbacks = []
        page.on(
            "request",
            lambda request: (
                callbacks.append(request.url) if "/callback/" in request.url else None
            ),
        )
        sign_in_there(page)
        expect_signed_in(page)
        sign_out(page)
        page.goto(callbacks[0])
        expect_failure(page, "has expired or was already used")
        axe(page)

    def test_a_person_who_cancels(self, open_page, provider):
        page = open_page("/accounts/login/")
        press(page)
        page.get_by_role("link", name="Cancel").click()
        expect_heading(page, "Sign-in cancelled")
        assert_nothing_left()

    @pytest.mark.parametrize("is_slow", [True, False])
    def test_a_provider_that_is_down_or_slow(
        self, open_page, provider, is_slow, javascript, axe
    ):
        page = open_page("/accounts/login/", java_script_enabled=javascript)
        cache.clear()
        if is_slow:
            provider.process.send_signal(signal.SIGSTOP)
        else:
            provider.process.kill()
            provider.process.wait()
        started = time.monotonic()
        press(page)
        expect_failure(page, "didn’t answer")
        assert time.monotonic() - started < 10
        if javascript:
            axe(page)
        assert_nothing_left()
