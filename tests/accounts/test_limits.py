"""How often somebody may try to sign in."""

import os
import subprocess
import sys
from threading import Thread

import pytest
from django.conf import settings
from django.db import connection
from fakeredis import TcpFakeServer

from tests.accounts.test_sign_in import PATH, sign_in
from tests.factories import UserFactory

LIMIT = 30  # a minute, for an address on the network


def exhaust(client, email, **more):
    for number in range(LIMIT):
        response = client.post(
            PATH, {"login": f"{number}.{email}", "password": "x" * 12}, **more
        )
        assert response.status_code == 200


def test_the_sixth_wrong_password_for_an_account_says_so(client, user):
    for _ in range(5):
        html = sign_in(client, user.email, "wrong").content.decode()
        assert "The address or the password is not right" in html
    html = sign_in(client, user.email).content.decode()
    assert "Too many failed attempts" in html
    assert client.get("/").context["user"].is_anonymous


def test_that_is_no_answer_to_whether_there_is_an_account(client, user):
    for address in (user.email, "nobody@example.com"):
        for _ in range(5):
            sign_in(client, address, "wrong")
        html = sign_in(client, address).content.decode()
        assert "Too many failed attempts" in html


def test_others_may_still_sign_in(client, user):
    for _ in range(6):
        sign_in(client, user.email, "wrong")
    assert sign_in(client, UserFactory().email).status_code == 302


def test_the_thirty_first_of_an_address_in_a_minute_gets_429(client, user):
    exhaust(client, user.email)
    response = sign_in(client, user.email)
    assert response.status_code == 429
    assert response["Retry-After"] == "60"
    html = response.content.decode()
    assert "<h1>That was a lot at once</h1>" in html
    assert 'id="page_main"' in html
    assert client.get(PATH).status_code == 200


def test_a_forged_header_does_not_evade_it(client, user):
    exhaust(client, user.email)
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        response = client.post(
            PATH,
            {"login": user.email, "password": "x" * 12},
            headers={name: "203.0.113.7"},
        )
        assert response.status_code == 429


def test_behind_a_proxy_the_address_is_what_it_adds(client, user, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    exhaust(client, user.email, headers={"X-Forwarded-For": "198.51.100.1"})
    forged = {"X-Forwarded-For": "203.0.113.7, 198.51.100.1"}
    data = {"login": user.email, "password": "x" * 12}
    assert client.post(PATH, data, headers=forged).status_code == 429
    other = {"X-Forwarded-For": "198.51.100.2"}
    assert client.post(PATH, data, headers=other).status_code == 200


@pytest.mark.parametrize("forwarded", ["", "nonsense", "1.2.3.4:80", "[::1]:80"])
def test_what_a_proxy_forwards_is_never_a_500(client, user, settings, forwarded):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    headers = {"X-Forwarded-For": forwarded}
    data = {"login": user.email, "password": "x" * 12}
    assert client.post(PATH, data, headers=headers).status_code < 500


PROCESS = """
import sys, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.ACCOUNT_RATE_LIMITS = {"login": "5/h/ip"}  # the machine may be slow
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


def test_two_processes_count_together(redis, db):
    statuses = [
        status
        for _ in range(2)
        for status in subprocess.run(
            [sys.executable, "-c", PROCESS, connection.settings_dict["NAME"]],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "CACHE_URL": redis,
                "DJANGO_SETTINGS_MODULE": "config.settings",
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
    ]
    assert statuses == ["200"] * 5 + ["429"]
