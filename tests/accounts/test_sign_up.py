"""/accounts/signup/ and /accounts/confirm-email/"""

import pytest

from accounts.models import User
from tests.accounts.actions import (
    CONFIRM_EMAIL,
    SIGN_UP,
    code_in,
    is_signed_in,
    sign_in,
)
from tests.factories import PASSWORD, UserFactory

START_AGAIN = "/accounts/signup/again/"
NEW = {"email": "New@Example.com", "password1": PASSWORD}


def confirm(client, code):
    return client.post(CONFIRM_EMAIL, {"code": code})


@pytest.fixture
def signed_up(client, db):
    """A client that has signed up but not entered the code."""
    client.post(SIGN_UP, NEW)
    return client


def test_the_code_confirms_the_address_and_signs_in(signed_up, mailoutbox):
    assert not is_signed_in(signed_up)
    confirm(signed_up, code_in(mailoutbox[0]))
    assert signed_up.get("/").context["user"].email == "new@example.com"


def test_the_mail_says_where_to_enter_the_code(signed_up, mailoutbox):
    mail = mailoutbox[0]
    assert mail.subject == "Your Cairn confirmation code"
    assert "Enter this code on the page you have open" in mail.body
    assert "&" not in mail.body


def test_the_page_names_the_address_and_is_not_cached(signed_up):
    response = signed_up.get(CONFIRM_EMAIL)
    assert "new@example.com" in response.content.decode()
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("is_printed", [True, False])
def test_the_page_says_when_the_mail_was_printed(signed_up, settings, is_printed):
    settings.MAIL_IS_PRINTED = is_printed
    html = signed_up.get(CONFIRM_EMAIL).content.decode()
    assert ("printed in the terminal" in html) == is_printed


def test_a_wrong_code_shows_an_error_and_can_be_corrected(signed_up, mailoutbox):
    assert 'class="errorlist' in confirm(signed_up, "wrong").content.decode()
    assert confirm(signed_up, code_in(mailoutbox[0])).url == "/"


def test_three_wrong_codes_lead_to_sign_in(signed_up):
    for _ in range(2):
        confirm(signed_up, "wrong")
    assert confirm(signed_up, "wrong").url == "/accounts/login/"


def test_a_new_code_can_be_sent(signed_up, mailoutbox):
    signed_up.post(CONFIRM_EMAIL, {"action": "resend"})
    assert len(mailoutbox) == 2
    assert confirm(signed_up, code_in(mailoutbox[1])).url == "/"


class TestStartingAgain:
    def test_deletes_the_account_with_the_wrong_address(self, signed_up, mailoutbox):
        response = signed_up.post(START_AGAIN, {"next": "/roadmaps/x/"})
        assert response.url == f"{SIGN_UP}?next=%2Froadmaps%2Fx%2F"
        assert not User.objects.exists()
        signed_up.post(SIGN_UP, {**NEW, "email": "Right@Example.com"})
        confirm(signed_up, code_in(mailoutbox[1]))
        assert User.objects.get().email == "right@example.com"

    def test_works_the_same_for_an_address_with_an_account(self, client, user):
        client.post(SIGN_UP, {**NEW, "email": user.email})
        response = client.post(START_AGAIN)
        assert response.url == f"{SIGN_UP}?next="
        assert client.get(response.url).status_code == 200
        assert User.objects.get() == user

    def test_keeps_an_account_that_was_confirmed_meanwhile(self, signed_up):
        user = User.objects.get()
        user.emailaddress_set.update(verified=True)
        signed_up.post(START_AGAIN)
        assert User.objects.get() == user

    def test_keeps_an_account_that_signs_in(self, client, db):
        user = UserFactory(confirmed=False)
        sign_in(client, user.email)
        client.post(START_AGAIN)
        assert User.objects.get() == user

    def test_changes_nothing_without_a_sign_up(self, client, signed_in, user):
        for browser in (client, signed_in):
            assert browser.post(START_AGAIN).status_code == 302
            assert browser.get(START_AGAIN).status_code == 405
        assert User.objects.get() == user


def test_the_code_page_leads_to_sign_in_when_no_code_was_sent(client, db):
    assert client.get(CONFIRM_EMAIL).url == "/accounts/login/"


def test_an_existing_account_is_revealed_only_by_mail(client, user, mailoutbox):
    response = client.post(SIGN_UP, {**NEW, "email": user.email.upper()})
    assert response.url == CONFIRM_EMAIL
    assert mailoutbox[0].subject == "You already have a Cairn account"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "nobody"),
        ("email", "a\x00@example.com"),
        ("email", "a" * 9000 + "@example.com"),
        ("password1", ""),
        ("password1", "\x00" * 12),
    ],
)
def test_shows_errors_at_the_field(client, db, field, value):
    response = client.post(SIGN_UP, {**NEW, field: value})
    html = response.content.decode()
    assert response.status_code == 200
    assert f'id="id_{field}_error"' in html
    assert 'aria-invalid="true"' in html
    assert not User.objects.exists()


def test_users_cannot_make_themselves_staff(client, db):
    client.post(SIGN_UP, {**NEW, "is_staff": "1", "is_superuser": "1"})
    user = User.objects.get()
    assert not user.is_staff
    assert not user.is_superuser
