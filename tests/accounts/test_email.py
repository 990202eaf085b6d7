"""/accounts/email/: a person's addresses, and which is the main one."""

import pytest
from allauth.account.models import EmailAddress

from tests.accounts.people import code_in, reauthenticate
from tests.factories import PASSWORD, UserFactory

PATH = "/accounts/email/"
HOME = "/accounts/settings/#email"
CONFIRM = "/accounts/confirm-email/"
NEW = "new@example.org"


def add(client, address=NEW):
    return client.post(PATH, {"action_add": "1", "email": address})


def addresses(user):
    return set(EmailAddress.objects.filter(user=user).values_list("email", flat=True))


@pytest.fixture
def second(user):
    return EmailAddress.objects.create(user=user, email=NEW, verified=True)


def test_a_visitor_is_asked_to_sign_in(client, db):
    assert add(client).url.startswith("/accounts/login/")


def test_it_asks_again_who_it_is_and_then_goes_on(signed_in, user, mailoutbox):
    asked = add(signed_in)
    assert asked.url.startswith("/accounts/reauthenticate/")
    assert mailoutbox == []
    went_on = signed_in.post(asked.url, {"password": PASSWORD, "next": PATH})
    assert went_on.url == CONFIRM
    assert mailoutbox[0].to == [NEW]


def test_an_address_is_added_once_the_code_is_typed(sure, user, mailoutbox):
    assert add(sure).url == CONFIRM
    assert NEW not in addresses(user)
    assert NEW in sure.get(CONFIRM).content.decode()
    response = sure.post(CONFIRM, {"code": code_in(mailoutbox[0])})
    assert response.url == HOME
    assert NEW in addresses(user)
    user.refresh_from_db()
    assert user.email != NEW


def test_the_code_that_is_wrong_adds_nothing(sure, user):
    add(sure)
    sure.post(CONFIRM, {"code": "wrong"})
    assert NEW not in addresses(user)


def test_somebody_elses_address_is_told_by_nobody_and_never_added(
    sure, user, mailoutbox
):
    stranger = UserFactory(email=NEW)
    assert add(sure).url == CONFIRM
    sure.post(CONFIRM, {"code": code_in(mailoutbox[0])})
    assert addresses(user) == {user.email}
    assert addresses(stranger) == {NEW}


@pytest.mark.parametrize("address", ["", "nobody", "a\x00@example.com", "a" * 9000])
def test_what_is_no_address_is_told_beside_its_field(sure, user, address):
    response = add(sure, address)
    assert 'id="id_email_error"' in response.content.decode()
    assert addresses(user) == {user.email}


def test_the_main_address_is_the_one_that_was_chosen(sure, user, second, mailoutbox):
    old = user.email
    for _ in range(2):
        response = sure.post(PATH, {"action_primary": "", "email": NEW})
        assert response.url == HOME
    user.refresh_from_db()
    assert user.email == NEW
    assert EmailAddress.objects.get(user=user, primary=True).email == NEW
    assert mailoutbox[0].to == [old]
    assert mailoutbox[0].subject == "Your Cairn address was changed"


def test_one_that_is_not_confirmed_cannot_be_the_main_one(sure, user, second):
    EmailAddress.objects.filter(pk=second.pk).update(verified=False)
    sure.post(PATH, {"action_primary": "", "email": NEW})
    user.refresh_from_db()
    assert user.email != NEW


def test_an_address_is_removed_and_the_person_told(sure, user, second, mailoutbox):
    for _ in range(2):
        sure.post(PATH, {"action_remove": "", "email": NEW})
        assert addresses(user) == {user.email}
    (mail,) = mailoutbox
    assert mail.subject == "An address was removed from your Cairn account"


def test_the_main_address_cannot_be_removed(sure, user, second):
    sure.post(PATH, {"action_remove": "", "email": user.email})
    assert addresses(user) == {user.email, NEW}


def test_another_persons_address_is_nobodys_to_remove(sure, db):
    stranger = UserFactory()
    EmailAddress.objects.create(user=stranger, email=NEW, verified=True)
    for action in ("action_remove", "action_primary", "action_send"):
        sure.post(PATH, {action: "", "email": NEW})
    assert addresses(stranger) == {stranger.email, NEW}
    stranger.refresh_from_db()
    assert stranger.email != NEW


def test_nothing_is_added_when_the_mail_cannot_be_sent(sure, user, monkeypatch):
    def fail(*args, **kwargs):
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", fail)
        sure.raise_request_exception = False
        response = add(sure)
    assert response.status_code == 503
    assert "The mail could not be sent" in response.content.decode()
    assert addresses(user) == {user.email}
    assert add(sure).url == CONFIRM


def test_the_page_lists_them(signed_in, user, second):
    reauthenticate(signed_in)
    page = signed_in.get(PATH).content.decode()
    assert user.email in page
    assert NEW in page
