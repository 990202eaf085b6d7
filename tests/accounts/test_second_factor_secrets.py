"""Secrets of second factors are encrypted in the database."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.db import connection
from django.test import Client

from tests.accounts.actions import is_signed_in, sign_in
from tests.accounts.second_factors import (
    SECRET,
    add_authenticator_app,
    add_recovery_codes,
    totp_code,
)
from tests.accounts.test_mfa import AUTHENTICATE

pytestmark = pytest.mark.usefixtures("stopped_clock")


@pytest.fixture
def codes(user):
    """The recovery codes of a user with an authenticator app."""
    add_authenticator_app(user)
    return add_recovery_codes(user)


def sign_in_with(code, user):
    browser = Client()
    sign_in(browser, user.email)
    response = browser.post(AUTHENTICATE, {"code": code})
    return is_signed_in(browser), response


def rotate(settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"


def cleanup():
    output = StringIO()
    call_command("cleanup", stdout=output)
    return output.getvalue()


def test_the_database_shows_neither_secret_nor_seed(codes, user):
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        stored = " ".join(row[0] for row in cursor.fetchall())
    assert SECRET not in stored
    seeds = Authenticator.objects.filter(type="recovery_codes")
    assert len(seeds.get().data["seed"]) > 80  # the length of a seed in plain text
    assert sign_in_with(totp_code(), user)[0]
    assert sign_in_with(codes[0], user)[0]


def test_a_new_secret_key_still_reads_them_by_its_fallback(codes, user, settings):
    rotate(settings)
    assert sign_in_with(totp_code(), user)[0]
    assert sign_in_with(codes[0], user)[0]


def test_after_a_cleanup_the_fallback_is_no_longer_needed(codes, user, settings):
    assert sign_in_with(codes[0], user)[0]
    rotate(settings)
    assert "Secrets encrypted again with the current key: 2\n" in cleanup()
    assert "Secrets encrypted again with the current key: 0\n" in cleanup()
    settings.SECRET_KEY_FALLBACKS = []
    assert sign_in_with(totp_code(), user)[0]
    assert sign_in_with(codes[1], user)[0]
    assert not sign_in_with(codes[0], user)[0]  # it stays used


def test_with_a_lost_secret_key_no_code_signs_in_and_the_page_says_why(
    codes, user, settings, capture_logs
):
    settings.SECRET_KEY = "another"
    for code in (totp_code(), codes[0], "000000"):
        is_in, response = sign_in_with(code, user)
        assert not is_in
        assert "can no longer check codes from your authenticator app" in response.text
    assert "second_factor_unreadable" in [line["event"] for line in capture_logs]
    assert "Secrets encrypted again with the current key: 0\n" in cleanup()


def test_with_a_lost_secret_key_the_settings_can_still_be_read(codes, reauthenticated):
    unreadable = {"secret": "lost", "seed": "lost", "used_mask": 0}
    Authenticator.objects.update(data=unreadable)
    for page in ("/accounts/settings/", "/accounts/2fa/"):
        assert reauthenticated.get(page, follow=True).status_code == 200
    for page in ("", "generate/"):
        response = reauthenticated.get(
            f"/accounts/2fa/recovery-codes/{page}", follow=True
        )
        assert "can no longer check codes from your authenticator app" in response.text
