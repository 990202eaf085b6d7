"""One mailbox has one address, however it is written."""

from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError

from accounts.email_addresses import canonical
from accounts.models import Invitation, User
from tests.accounts.actions import (
    CONFIRM_EMAIL,
    LOGIN,
    SIGN_UP,
    code_in,
    is_signed_in,
    sign_in,
    sign_in_with_github,
)
from tests.factories import PASSWORD, UserFactory

STORED = "ada@xn--mnchen-3ya.de"
WRITTEN = [
    STORED,
    "Ada@XN--Mnchen-3ya.DE",
    "ada@münchen.de",
    "ADA@MÜNCHEN.DE",
    "ada@mu\u0308nchen.de",
    "ada@\uff4dünchen。de",
]

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return UserFactory(email=STORED)


@pytest.mark.parametrize("address", WRITTEN)
def test_signs_in_by_password_and_by_code(client, ada, mailoutbox, address):
    assert sign_in(client, address).status_code == 302
    client.post("/accounts/logout/")
    path = client.post("/accounts/login/code/", {"email": address}).url
    client.post(path, {"code": code_in(mailoutbox[0])})
    assert is_signed_in(client)


@pytest.mark.parametrize("address", WRITTEN)
def test_signing_up_makes_no_second_account(client, ada, mailoutbox, address):
    client.post(SIGN_UP, {"email": address, "password1": PASSWORD})
    assert User.objects.get() == ada
    assert "already" in mailoutbox[0].subject
    assert mailoutbox[0].to == [STORED]


def test_the_stored_address_can_be_confirmed(client, mailoutbox):
    client.post(SIGN_UP, {"email": WRITTEN[2], "password1": PASSWORD})
    client.post(CONFIRM_EMAIL, {"code": code_in(mailoutbox[0])})
    assert User.objects.get().email == EmailAddress.objects.get().email == STORED


def test_resets_the_password(client, ada, mailoutbox):
    client.post("/accounts/password/reset/", {"email": WRITTEN[2]})
    assert code_in(mailoutbox[0])


def test_cannot_be_added_to_an_account_twice(reauthenticated, user):
    EmailAddress.objects.create(user=user, email=STORED, verified=True)
    response = reauthenticated.post(
        "/accounts/email/", {"email": WRITTEN[2], "action_add": "1"}
    )
    assert "already belongs to your account" in response.content.decode()


@pytest.mark.parametrize("address", WRITTEN)
def test_an_invitation_opens_sign_up_for_it(client, admin_client, settings, address):
    settings.SIGN_UP = "invitation"
    admin_client.post("/admin/accounts/invitation/add/", {"address": address})
    assert Invitation.objects.get().address == STORED
    client.post(SIGN_UP, {"email": WRITTEN[2], "password1": PASSWORD})
    assert User.objects.filter(email=STORED).exists()


@pytest.mark.parametrize("domain", ["münchen.de", "MÜNCHEN.de", "xn--mnchen-3ya.de"])
def test_an_allowed_domain_may_be_written_in_either_way(client, settings, domain):
    settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", [domain]
    client.post(SIGN_UP, {"email": WRITTEN[2], "password1": PASSWORD})
    assert User.objects.filter(email=STORED).exists()


def test_make_administrator_finds_the_account(ada):
    call_command("make_administrator", WRITTEN[2], stdout=StringIO())
    ada.refresh_from_db()
    assert ada.is_superuser


def test_a_provider_may_write_it_in_unicode(client, github, ada):
    github.emails = [{"email": WRITTEN[2], "primary": True, "verified": True}]
    sign_in_with_github(client)
    assert User.objects.get() == ada
    assert is_signed_in(client)


def test_the_database_refuses_another_form():
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(email="ada@münchen.de")])


@pytest.mark.parametrize(
    "address",
    [
        "u\u017fer@example.org",
        "ada@☃.net",
        "ada@-ü.de",
        "\u0131@example.org",
        '"\x01"@a.org',
    ],
)
def test_an_address_that_no_mail_server_knows_is_refused(client, address):
    with pytest.raises(ValidationError):
        canonical(address)
    for path, fields in (
        (SIGN_UP, {"email": address, "password1": PASSWORD}),
        (LOGIN, {"login": address, "password": PASSWORD}),
    ):
        html = client.post(path, fields).content.decode()
        assert "Enter a valid email address" in html
    assert not User.objects.exists()


def test_ss_and_sharp_s_are_two_domains():
    assert canonical("ada@straße.de") != canonical("ada@strasse.de")


def test_cleanup_counts_addresses_that_another_program_stored(user):
    EmailAddress.objects.create(user=user, email="ada@münchen.de")
    out = StringIO()
    call_command("cleanup", stdout=out)
    assert "rewrite in ASCII by hand: 1" in out.getvalue()
