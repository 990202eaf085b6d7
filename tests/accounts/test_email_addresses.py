"""/accounts/email/, with the addresses of a user"""

import pytest
from allauth.account.models import EmailAddress

from tests.accounts.actions import (
    CONFIRM_EMAIL,
    code_in,
    mail_server_down,
    reauthenticate,
)
from tests.factories import PASSWORD, UserFactory

PATH = "/accounts/email/"
SETTINGS = "/accounts/settings/#email"
NEW = "new@example.org"


def add(client, address=NEW):
    return client.post(PATH, {"action_add": "1", "email": address})


def addresses(user):
    return set(EmailAddress.objects.filter(user=user).values_list("email", flat=True))


@pytest.fixture
def second_address(user):
    return EmailAddress.objects.create(user=user, email=NEW, verified=True)


def test_redirects_visitors_to_sign_in(client, db):
    assert add(client).url.startswith("/accounts/login/")


def test_continues_after_reauthentication(signed_in, user, mailoutbox):
    response = add(signed_in)
    assert response.url.startswith("/accounts/reauthenticate/")
    assert mailoutbox == []
    response = signed_in.post(response.url, {"password": PASSWORD, "next": PATH})
    assert response.url == CONFIRM_EMAIL
    assert mailoutbox[0].to == [NEW]


def test_adds_an_address_after_the_code(reauthenticated, user, mailoutbox):
    assert add(reauthenticated).url == CONFIRM_EMAIL
    assert NEW not in addresses(user)
    assert NEW in reauthenticated.get(CONFIRM_EMAIL).content.decode()
    response = reauthenticated.post(CONFIRM_EMAIL, {"code": code_in(mailoutbox[0])})
    assert response.url == SETTINGS
    assert NEW in addresses(user)
    user.refresh_from_db()
    assert user.email != NEW


def test_adds_nothing_after_a_wrong_code(reauthenticated, user):
    add(reauthenticated)
    reauthenticated.post(CONFIRM_EMAIL, {"code": "wrong"})
    assert NEW not in addresses(user)


def test_never_adds_or_reveals_the_address_of_another_user(
    reauthenticated, user, mailoutbox
):
    other = UserFactory(email=NEW)
    assert add(reauthenticated).url == CONFIRM_EMAIL
    reauthenticated.post(CONFIRM_EMAIL, {"code": code_in(mailoutbox[0])})
    assert addresses(user) == {user.email}
    assert addresses(other) == {NEW}


@pytest.mark.parametrize("address", ["", "nobody", "a\x00@example.com", "a" * 9000])
def test_shows_errors_at_the_field(reauthenticated, user, address):
    response = add(reauthenticated, address)
    assert 'id="id_email_error"' in response.content.decode()
    assert addresses(user) == {user.email}


def test_changes_the_primary_address(reauthenticated, user, second_address, mailoutbox):
    old = user.email
    for _ in range(2):
        response = reauthenticated.post(PATH, {"action_primary": "", "email": NEW})
        assert response.url == SETTINGS
    user.refresh_from_db()
    assert user.email == NEW
    assert EmailAddress.objects.get(user=user, primary=True).email == NEW
    assert mailoutbox[0].to == [old]
    assert mailoutbox[0].subject == "Your Cairn email address was changed"


def test_an_unconfirmed_address_cannot_become_primary(
    reauthenticated, user, second_address
):
    EmailAddress.objects.filter(pk=second_address.pk).update(verified=False)
    reauthenticated.post(PATH, {"action_primary": "", "email": NEW})
    user.refresh_from_db()
    assert user.email != NEW


def test_removes_an_address_and_tells_the_user(
    reauthenticated, user, second_address, mailoutbox
):
    for _ in range(2):
        reauthenticated.post(PATH, {"action_remove": "", "email": NEW})
        assert addresses(user) == {user.email}
    (mail,) = mailoutbox
    assert mail.subject == "An email address was removed from your Cairn account"


def test_the_primary_address_cannot_be_removed(reauthenticated, user, second_address):
    reauthenticated.post(PATH, {"action_remove": "", "email": user.email})
    assert addresses(user) == {user.email, NEW}


def test_cannot_change_the_addresses_of_another_user(reauthenticated, db):
    other = UserFactory()
    EmailAddress.objects.create(user=other, email=NEW, verified=True)
    for action in ("action_remove", "action_primary", "action_send"):
        reauthenticated.post(PATH, {action: "", "email": NEW})
    assert addresses(other) == {other.email, NEW}
    other.refresh_from_db()
    assert other.email != NEW


def test_adds_nothing_if_the_mail_cannot_be_sent(reauthenticated, user):
    reauthenticated.raise_request_exception = False
    with mail_server_down():
        response = add(reauthenticated)
    assert response.status_code == 503
    assert "Email could not be sent" in response.content.decode()
    assert addresses(user) == {user.email}
    assert add(reauthenticated).url == CONFIRM_EMAIL


def test_lists_the_addresses(signed_in, user, second_address):
    reauthenticate(signed_in)
    page = signed_in.get(PATH).content.decode()
    assert user.email in page
    assert NEW in page
