"""What somebody who is not signed in can store, and how long it stays."""

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.accounts.actions import sign_in
from tests.factories import PASSWORD
from tests.progress.test_mark import SAME_ORIGIN
from tests.routes import list_paths

BEGIN_PASSKEY = "/accounts/2fa/webauthn/login/"
BEGIN_GITHUB = "/accounts/github/login/"
SESSION = {"django_session"}
NEW_ACCOUNT = {
    *("accounts_user", "account_emailaddress", "accounts_auditevent", "django_session")
}
# The same table is in docs/reliability.md, with limits and lifetimes.
ROWS = {
    ("post", "/accounts/login/code/"): SESSION,
    ("post", "/accounts/signup/"): NEW_ACCOUNT,
    ("post", "/accounts/password/reset/"): SESSION,
    ("get", BEGIN_PASSKEY): SESSION,
    ("post", BEGIN_PASSKEY): SESSION,
    ("post", BEGIN_GITHUB): SESSION,
}
HOUR = timedelta(hours=1)
JSON = {"Accept": "application/json"}


@contextmanager
def record_inserts():
    """Yield the set of tables into which rows are inserted."""
    tables = set()

    def record(execute, sql, *args):
        if match := re.match(r'INSERT INTO "(\w+)"', sql):
            tables.add(match[1])
        return execute(sql, *args)

    with connection.execute_wrapper(record):
        yield tables


def send(client, method, path):
    if method == "get":
        return client.get(path, headers=JSON)
    data = {
        "email": "new@example.com",
        "password1": PASSWORD,
        "login": "nobody@example.com",
        "password": PASSWORD,
        "credential": "{}",
    }
    return client.post(path, data, headers=SAME_ORIGIN)


@pytest.mark.usefixtures("github")
def test_no_other_request_stores_anything(backend):
    step = backend.steps.first()
    stored = {}
    for path in list_paths(slug=backend.slug, state="done", step_id=step.pk):
        for method in ("get", "post"):
            with record_inserts() as tables:
                send(Client(), method, path)
            if tables:
                stored[method, path] = tables
    assert stored == ROWS


@pytest.mark.usefixtures("github")
@pytest.mark.parametrize(("method", "path"), ROWS)
def test_the_session_ends_after_an_hour(method, path, db):
    client = Client()
    response = send(client, method, path)
    session = Session.objects.get()
    assert timezone.now() < session.expire_date <= timezone.now() + HOUR
    assert response.cookies["sessionid"]["max-age"] == HOUR.total_seconds()


def test_a_sign_in_replaces_the_lifetime(client, user, settings):
    client.get(BEGIN_PASSKEY, headers=JSON)
    sign_in(client, user.email)
    age = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    assert Session.objects.get().expire_date > timezone.now() + age - HOUR


def test_a_page_without_a_session_stays_the_same_for_everybody(client, backend):
    response = client.get(backend.get_absolute_url())
    assert not response.cookies
    assert response["Cache-Control"] == "no-cache"


@pytest.mark.usefixtures("github")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", BEGIN_PASSKEY),
        ("post", BEGIN_PASSKEY),
        ("post", BEGIN_GITHUB),
    ],
)
def test_an_address_can_begin_120_sign_ins_a_minute(method, path, db, settings):
    settings.ACCOUNT_RATE_LIMITS = {"begin_passkey_or_provider": "2/m/ip"}
    statuses = [send(Client(), method, path).status_code for _ in range(3)]
    assert 429 not in statuses[:2]
    assert statuses[2] == 429
    assert Session.objects.count() == 2


def test_an_address_can_tick_120_times_a_minute(backend, settings):
    settings.ACCOUNT_RATE_LIMITS = {"pending_mark": "2/m/ip"}
    path = f"/progress/{backend.steps.first().pk}/done/"
    statuses = [send(Client(), "post", path).status_code for _ in range(3)]
    assert statuses == [302, 302, 429]


def test_a_form_of_a_signed_in_page_is_not_kept_for_a_stranger(client, db):
    response = client.post("/accounts/2fa/totp/activate/", {"code": "x" * 1_000_000})
    assert response.url.startswith("/accounts/login/?next=")
    assert not Session.objects.exists()
