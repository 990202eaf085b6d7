"""Limits on the number of sign-in attempts."""

import os
import subprocess
import sys
from threading import Thread

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from fakeredis import TcpFakeServer

from accounts import known_devices, limits
from tests.accounts.actions import (
    LOGIN,
    NEW_PASSWORD,
    SIGN_UP,
    code_in,
    is_signed_in,
    sign_in,
)
from tests.factories import PASSWORD, UserFactory

ATTEMPTS_PER_IP = 60  # per minute
WRONG_PASSWORD = {"password": "x" * 12}


def use_up_the_limit(client, attempts=ATTEMPTS_PER_IP, **request):
    """Make as many attempts as the limit allows, each with a different address."""
    for number in range(attempts):
        data = {"login": f"{number}@example.org", **WRONG_PASSWORD}
        assert client.post(LOGIN, data, **request).status_code == 200


def is_refused(response):
    is_limited = "Too many incorrect passwords" in response.content.decode()
    assert is_limited == (response.status_code == 429)
    return is_limited


@pytest.fixture(autouse=True)
def _stopped_clock(stopped_clock):
    """No limit's period ends during a test."""


@pytest.fixture
def three_per_ip(monkeypatch):
    limit = limits.WRONG_PASSWORDS_PER_IP._replace(amount=3)
    monkeypatch.setattr(limits, "WRONG_PASSWORDS_PER_IP", limit)


@pytest.fixture
def locked(user):
    """A user whose password somebody else has tried five times."""
    for _ in range(5):
        sign_in(Client(), user.email, "wrong")
    return user


def test_refuses_the_right_password_after_five_wrong_ones(client, user):
    for _ in range(5):
        html = sign_in(client, user.email, "wrong").content.decode()
        assert "The email address or password is incorrect" in html
    assert is_refused(sign_in(client, user.email))
    assert not is_signed_in(client)


def test_the_limit_does_not_reveal_whether_there_is_an_account(client, db):
    for _ in range(5):
        sign_in(client, "nobody@example.com", "wrong")
    assert is_refused(sign_in(client, "nobody@example.com"))


def test_other_users_can_still_sign_in(client, locked):
    assert sign_in(client, UserFactory().email).status_code == 302


class TestTheOwnerOfALockedAccount:
    def test_is_told_what_works_meanwhile(self, client, locked):
        html = sign_in(client, locked.email).content.decode()
        assert "sign in now with an emailed code or a passkey" in html
        assert 'href="/accounts/login/code/"' in html

    def test_signs_in_with_a_code(self, client, locked, mailoutbox):
        path = client.post("/accounts/login/code/", {"email": locked.email}).url
        client.post(path, {"code": code_in(mailoutbox[0])})
        assert is_signed_in(client)

    def test_signs_in_with_the_password_where_they_have_signed_in_before(
        self, client, user
    ):
        sign_in(client, user.email)
        client.post("/accounts/logout/")
        for _ in range(5):
            sign_in(Client(), user.email, "wrong")
        assert is_refused(sign_in(Client(), user.email))
        assert sign_in(client, user.email).status_code == 302

    def test_gets_a_code_where_they_have_signed_in_before(
        self, client, user, mailoutbox
    ):
        sign_in(client, user.email)
        client.post("/accounts/logout/")
        for _ in range(4):
            Client().post("/accounts/login/code/", {"email": user.email})
        mailoutbox.clear()
        client.post("/accounts/login/code/", {"email": user.email})
        assert len(mailoutbox) == 1

    def test_signs_in_with_the_new_password_after_a_reset(
        self, client, locked, mailoutbox
    ):
        path = client.post("/accounts/password/reset/", {"email": locked.email}).url
        complete = client.post(path, {"code": code_in(mailoutbox[0])}).url
        client.post(complete, NEW_PASSWORD)
        other = Client()
        assert sign_in(other, locked.email, NEW_PASSWORD["password1"]).url == "/"


class TestAKnownDevice:
    def test_has_a_limit_of_its_own(self, client, user):
        sign_in(client, user.email)
        client.post("/accounts/logout/")
        for _ in range(5):
            sign_in(client, user.email, "wrong")
        assert is_refused(sign_in(client, user.email))
        assert sign_in(Client(), user.email).status_code == 302

    def test_is_known_for_one_account(self, client, locked):
        sign_in(client, UserFactory().email)
        client.post("/accounts/logout/")
        assert is_refused(sign_in(client, locked.email))

    def test_is_not_known_for_an_address_that_its_user_has_not_confirmed(
        self, client, locked
    ):
        guesser = UserFactory()
        EmailAddress.objects.create(user=guesser, email=locked.email)
        sign_in(client, guesser.email)
        client.post("/accounts/logout/")
        assert is_refused(sign_in(client, locked.email))

    def test_is_forgotten_with_a_new_password(self, client, locked):
        known_devices.remember(response := HttpResponse(), locked)
        client.cookies = response.cookies
        assert not is_refused(sign_in(client, locked.email, "wrong"))
        locked.set_password("another one, and long")
        locked.save()
        assert is_refused(sign_in(client, locked.email, "another one, and long"))

    @pytest.mark.parametrize("value", ["", "1", "1.x:y", "9" * 30, "\xb2.a:b", "-1."])
    def test_a_forged_cookie_is_ignored(self, client, locked, value):
        client.cookies["device"] = value.replace("1.", f"{locked.pk}.")
        assert is_refused(sign_in(client, locked.email))

    def test_its_cookie_is_readable_only_by_the_server(self, client, user):
        cookie = sign_in(client, user.email).cookies["device"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert user.email not in cookie.value

    def test_is_forgotten_with_the_account(self, reauthenticated):
        response = reauthenticated.post("/accounts/delete/")
        assert response.cookies["device"]["max-age"] == 0


def test_attempt_61_from_one_ip_is_refused(client, user):
    use_up_the_limit(client)
    assert is_refused(sign_in(client, user.email))
    assert client.get(LOGIN).status_code == 200


@pytest.mark.usefixtures("three_per_ip")
def test_right_passwords_do_not_count_against_an_ip(user):
    for _ in range(5):
        assert sign_in(Client(), user.email).status_code == 302


def test_passkeys_do_not_count_against_an_ip(client, db):
    for _ in range(25):
        response = client.post("/accounts/2fa/webauthn/login/", {"credential": "{}"})
        assert response.status_code == 302


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (SIGN_UP, {"password1": PASSWORD}),
        ("/accounts/login/code/", {}),
        ("/accounts/password/reset/", {}),
    ],
)
def test_a_setting_limits_how_many_people_of_a_room_get_a_mail(db, path, fields):
    codes = [
        Client().post(path, {**fields, "email": f"{n}@example.org"}).status_code
        for n in range(21)
    ]
    assert codes[:20] == [302] * 20
    assert codes[20] in (200, 429)


@pytest.mark.usefixtures("three_per_ip")
def test_a_forged_header_does_not_evade_the_limit(client, db):
    use_up_the_limit(client, 3)
    data = {"login": "x@example.com", **WRONG_PASSWORD}
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        assert is_refused(client.post(LOGIN, data, headers={name: "203.0.113.7"}))


@pytest.mark.usefixtures("three_per_ip", "db")
def test_behind_a_proxy_the_limit_counts_the_ip_that_the_proxy_adds(client, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    use_up_the_limit(client, 3, headers={"X-Forwarded-For": "198.51.100.1"})
    data = {"login": "x@example.com", **WRONG_PASSWORD}
    forged = {"X-Forwarded-For": "203.0.113.7, 198.51.100.1"}
    assert is_refused(client.post(LOGIN, data, headers=forged))
    other = {"X-Forwarded-For": "198.51.100.2"}
    assert not is_refused(client.post(LOGIN, data, headers=other))


@pytest.mark.parametrize("forwarded", ["", "nonsense", "1.2.3.4:80", "[::1]:80"])
def test_any_forwarded_header_is_accepted(client, db, settings, forwarded):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    headers = {"X-Forwarded-For": forwarded}
    assert client.post(LOGIN, WRONG_PASSWORD, headers=headers).status_code < 500


SCRIPT = """
import sys, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from accounts import limits
limits.WRONG_PASSWORDS_PER_IP = limits.Limit("test", 5, 10**6)  # machines may be slow
from django.test import Client
for number in range(3):
    data = {"login": f"{number}@example.com", "password": "x" * 12}
    response = Client(headers={"Host": "localhost"}).post("/accounts/login/", data)
    print(response.status_code)
"""


@pytest.fixture
def redis():
    with TcpFakeServer(("127.0.0.1", 0), server_type="valkey") as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"redis://127.0.0.1:{server.server_address[1]}/0"
        server.shutdown()


def test_two_processes_share_a_limit(redis, db, client, settings, monkeypatch):
    environment = {"CACHE_URL": redis, "DJANGO_SETTINGS_MODULE": "config.settings"}
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, connection.settings_dict["NAME"]],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == ["200"] * 3
    settings.CACHES = {"default": {"BACKEND": "core.cache.Cache", "LOCATION": redis}}
    limit = limits.Limit("test", 5, 10**6)
    monkeypatch.setattr(limits, "WRONG_PASSWORDS_PER_IP", limit)
    use_up_the_limit(client, 2)
    assert is_refused(sign_in(client, "x@example.com", "wrong"))
