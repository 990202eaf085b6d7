"""Limits on the number of sign-in attempts."""

import os
import subprocess
import sys
from threading import Thread

import pytest
from django.conf import settings as django_settings
from django.db import connection
from fakeredis import TcpFakeServer

from tests.accounts.actions import LOGIN, is_signed_in, sign_in
from tests.factories import UserFactory

ATTEMPTS_PER_IP = 30  # per minute
WRONG_PASSWORD = {"password": "x" * 12}


def use_up_the_limit(client, attempts=ATTEMPTS_PER_IP, **request):
    """Make as many attempts as the limit allows, each with a different address."""
    for number in range(attempts):
        data = {"login": f"{number}@example.org", **WRONG_PASSWORD}
        assert client.post(LOGIN, data, **request).status_code == 200


@pytest.fixture
def three_per_ip(settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "3/m/ip"}


def test_refuses_the_right_password_after_five_wrong_ones(client, user):
    for _ in range(5):
        html = sign_in(client, user.email, "wrong").content.decode()
        assert "The address or the password is not right" in html
    html = sign_in(client, user.email).content.decode()
    assert "Too many failed attempts" in html
    assert not is_signed_in(client)


def test_the_limit_does_not_reveal_whether_there_is_an_account(client, db):
    for _ in range(5):
        sign_in(client, "nobody@example.com", "wrong")
    html = sign_in(client, "nobody@example.com").content.decode()
    assert "Too many failed attempts" in html


def test_other_users_can_still_sign_in(client, user):
    for _ in range(6):
        sign_in(client, user.email, "wrong")
    assert sign_in(client, UserFactory().email).status_code == 302


def test_attempt_31_from_one_ip_gets_429(client, user):
    use_up_the_limit(client)
    response = sign_in(client, user.email)
    assert response.status_code == 429
    assert response["Retry-After"] == "60"
    html = response.content.decode()
    assert "<h1>That was a lot at once</h1>" in html
    assert 'id="page_main"' in html
    assert client.get(LOGIN).status_code == 200


@pytest.mark.usefixtures("three_per_ip")
def test_a_forged_header_does_not_evade_the_limit(client, db):
    use_up_the_limit(client, 3)
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        response = client.post(LOGIN, WRONG_PASSWORD, headers={name: "203.0.113.7"})
        assert response.status_code == 429


@pytest.mark.usefixtures("three_per_ip", "db")
def test_behind_a_proxy_the_limit_counts_the_ip_that_the_proxy_adds(client, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    use_up_the_limit(client, 3, headers={"X-Forwarded-For": "198.51.100.1"})
    forged = {"X-Forwarded-For": "203.0.113.7, 198.51.100.1"}
    assert client.post(LOGIN, WRONG_PASSWORD, headers=forged).status_code == 429
    other = {"X-Forwarded-For": "198.51.100.2"}
    assert client.post(LOGIN, WRONG_PASSWORD, headers=other).status_code == 200


@pytest.mark.parametrize("forwarded", ["", "nonsense", "1.2.3.4:80", "[::1]:80"])
def test_any_forwarded_header_is_accepted(client, db, settings, forwarded):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    headers = {"X-Forwarded-For": forwarded}
    assert client.post(LOGIN, WRONG_PASSWORD, headers=headers).status_code < 500


SCRIPT = """
import sys, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.ACCOUNT_RATE_LIMITS = {"login": "5/h/ip"}  # per hour: machines may be slow
django.setup()
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


def test_two_processes_share_a_limit(redis, db, client, settings):
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
    settings.ACCOUNT_RATE_LIMITS = {"login": "5/h/ip"}
    use_up_the_limit(client, 2)
    assert client.post(LOGIN, WRONG_PASSWORD).status_code == 429
