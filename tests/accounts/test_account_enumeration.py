"""No response reveals whether an address has an account."""

import re

import pytest
from django.contrib.auth import hashers
from django.test import Client

from tests.accounts.actions import SIGN_UP
from tests.factories import PASSWORD, UserFactory

CSRF_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
KNOWN, UNKNOWN = "known@example.com", "unknown@example.com"


def post(path, fields, email):
    """Return the status, redirects and body, without the CSRF token and the address."""
    response = Client().post(path, {**fields, "email": email}, follow=True)
    body = CSRF_TOKEN.sub("", response.content.decode()).replace(email, "ADDRESS")
    return response.status_code, response.redirect_chain, body


@pytest.mark.parametrize("is_confirmed", [True, False])
@pytest.mark.parametrize("has_password", [True, False])
@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (SIGN_UP, {"password1": PASSWORD}),
        ("/accounts/password/reset/", {}),
        ("/accounts/login/code/", {}),
    ],
)
def test_known_and_unknown_addresses_get_the_same_page_and_one_mail_each(
    db, mailoutbox, path, fields, has_password, is_confirmed
):
    password = PASSWORD if has_password else None
    UserFactory(email=KNOWN, password=password, confirmed=is_confirmed)
    known, unknown = (post(path, fields, email) for email in (KNOWN, UNKNOWN))
    status, redirects, _ = known
    assert status == 200
    assert redirects
    assert known == unknown
    assert [mail.to for mail in mailoutbox] == [[KNOWN], [UNKNOWN]]


def test_sign_up_hashes_the_password_once_for_both(user, monkeypatch):
    hashed = []
    make_salt = hashers.BasePasswordHasher.salt
    monkeypatch.setattr(
        hashers.BasePasswordHasher,
        "salt",
        lambda self: hashed.append(1) or make_salt(self),
    )
    for email in (user.email, UNKNOWN):
        hashed.clear()
        post(SIGN_UP, {"password1": PASSWORD}, email)
        assert hashed == [1], email
