"""What an answer tells of whether an address has an account: nothing."""

import re

import pytest
from django.test import Client

from tests.factories import PASSWORD, UserFactory

# The token of the form, the code's field apart.
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
KNOWN, UNKNOWN = "known@example.com", "fresh@example.com"


def answers(path, fields, address):
    """Statuses, addresses and bodies of all pages up to the one that takes a code."""
    client = Client()
    response = client.post(path, {**fields, "email": address}, follow=True)
    body = TOKEN.sub("", response.content.decode()).replace(address, "ADDRESS")
    return response.status_code, response.redirect_chain, body


@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize("has_password", [True, False])
@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/accounts/signup/", {"password1": PASSWORD}),
        ("/accounts/password/reset/", {}),
        ("/accounts/login/code/", {}),
    ],
)
def test_the_page_is_the_same_for_both(db, path, fields, has_password, confirmed):
    password = PASSWORD if has_password else None
    UserFactory(email=KNOWN, password=password, confirmed=confirmed)
    known, unknown = (answers(path, fields, each) for each in (KNOWN, UNKNOWN))
    assert known[0] == 200
    assert known[1]
    assert known == unknown


@pytest.mark.parametrize(
    "path", ["/accounts/signup/", "/accounts/password/reset/", "/accounts/login/code/"]
)
def test_each_sends_one_mail_to_the_address(db, path, mailoutbox):
    UserFactory(email=KNOWN)
    for address in (KNOWN, UNKNOWN):
        answers(path, {"password1": PASSWORD}, address)
    assert [mail.to for mail in mailoutbox] == [[KNOWN], [UNKNOWN]]


def test_a_sign_up_hashes_the_password_for_both(client, user, monkeypatch):
    from django.contrib.auth import hashers

    hashed = []
    make = hashers.BasePasswordHasher.salt
    monkeypatch.setattr(
        hashers.BasePasswordHasher, "salt", lambda self: hashed.append(1) or make(self)
    )
    for address in (user.email, UNKNOWN):
        hashed.clear()
        answers("/accounts/signup/", {"password1": PASSWORD}, address)
        assert hashed == [1], address
