"""/accounts/signup/ and /accounts/confirm-email/"""

import re

import pytest

from accounts.models import User
from tests.factories import PASSWORD, UserFactory

PATH = "/accounts/signup/"
CONFIRM = "/accounts/confirm-email/"
NEW = {"email": "New@Example.com", "password1": PASSWORD}


def code_in(mail):
    return re.search(r"\b[A-Z]{4}-[A-Z]{4}\b", mail.body)[0]


@pytest.fixture
def signed_up(client, db):
    client.post(PATH, NEW)
    return client


def test_the_code_from_the_mail_confirms_the_address(signed_up, mailoutbox):
    assert signed_up.get("/").context["user"].is_anonymous
    signed_up.post(CONFIRM, {"code": code_in(mailoutbox[0])})
    assert signed_up.get("/").context["user"].email == "new@example.com"


def test_the_mail_is_short_and_plain(signed_up, mailoutbox):
    mail = mailoutbox[0]
    assert mail.subject == "Your Cairn code"
    assert "Type it into the page that is waiting for it" in mail.body
    assert "&" not in mail.body


def test_the_page_names_the_address(signed_up):
    assert "new@example.com" in signed_up.get(CONFIRM).content.decode()


@pytest.mark.parametrize("is_printed", [True, False])
def test_it_says_when_the_mail_went_to_the_terminal(signed_up, settings, is_printed):
    settings.MAIL_IS_PRINTED = is_printed
    html = signed_up.get(CONFIRM).content.decode()
    assert ("printed in the terminal" in html) == is_printed


def test_a_wrong_code_says_so_and_may_be_tried_again(signed_up, mailoutbox):
    response = signed_up.post(CONFIRM, {"code": "wrong"})
    assert 'class="errorlist' in response.content.decode()
    response = signed_up.post(CONFIRM, {"code": code_in(mailoutbox[0])})
    assert response.url == "/"


def test_three_wrong_codes_lead_back_to_sign_in(signed_up):
    for _ in range(2):
        signed_up.post(CONFIRM, {"code": "wrong"})
    assert signed_up.post(CONFIRM, {"code": "wrong"}).url == "/accounts/login/"


def test_a_new_code_can_be_asked_for(signed_up, mailoutbox):
    signed_up.post(CONFIRM, {"action": "resend"})
    assert len(mailoutbox) == 2
    assert signed_up.post(CONFIRM, {"code": code_in(mailoutbox[1])}).url == "/"


class TestAnotherAddress:
    AGAIN = "/accounts/signup/again/"

    def test_than_the_mistyped_one_begins_anew_and_leaves_no_account(
        self, signed_up, mailoutbox
    ):
        response = signed_up.post(self.AGAIN, {"next": "/roadmaps/x/"})
        assert response.url == f"{PATH}?next=%2Froadmaps%2Fx%2F"
        assert not User.objects.exists()
        signed_up.post(PATH, {**NEW, "email": "Right@Example.com"})
        signed_up.post(CONFIRM, {"code": code_in(mailoutbox[1])})
        assert User.objects.get().email == "right@example.com"

    def test_is_offered_to_who_has_an_account_alike(self, client, user):
        client.post(PATH, {**NEW, "email": user.email})
        response = client.post(self.AGAIN)
        assert response.url == f"{PATH}?next="
        assert client.get(response.url).status_code == 200
        assert User.objects.get() == user

    def test_takes_nothing_from_who_has_confirmed_meanwhile(self, signed_up):
        user = User.objects.get()
        user.emailaddress_set.update(verified=True)
        signed_up.post(self.AGAIN)
        assert User.objects.get() == user

    def test_takes_nothing_from_who_signs_in(self, client, db):
        user = UserFactory(confirmed=False)
        client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        client.post(self.AGAIN)
        assert User.objects.get() == user

    def test_may_be_asked_for_out_of_nowhere(self, client, signed_in, user):
        for anybody in (client, signed_in):
            assert anybody.post(self.AGAIN).status_code == 302
            assert anybody.get(self.AGAIN).status_code == 405
        assert User.objects.get() == user


def test_the_code_page_without_a_code_to_wait_for_leads_to_sign_in(client, db):
    assert client.get(CONFIRM).url == "/accounts/login/"


def test_an_address_with_an_account_is_told_by_mail_alone(client, user, mailoutbox):
    response = client.post(PATH, {**NEW, "email": user.email.upper()})
    assert response.url == CONFIRM
    assert mailoutbox[0].subject == "You already have a Cairn account"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": ""},
        {"email": "nobody"},
        {"email": "a\x00@example.com"},
        {"email": "a" * 9000 + "@example.com"},
        {"password1": ""},
        {"password1": "elevenchars"},
        {"password1": "123456789012"},
        {"password1": "\x00" * 12},
    ],
)
def test_bad_input_is_told_beside_its_field(client, db, wrong):
    response = client.post(PATH, {**NEW, **wrong})
    field = next(iter(wrong))
    html = response.content.decode()
    assert response.status_code == 200
    assert f'id="id_{field}_error"' in html
    assert 'aria-invalid="true"' in html
    assert not User.objects.exists()


def test_no_account_is_left_when_the_mail_cannot_be_sent(client, db, monkeypatch):
    def fail(*args, **kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    client.raise_request_exception = False
    response = client.post(PATH, NEW)
    assert response.status_code == 503
    assert "The mail could not be sent" in response.content.decode()
    assert not User.objects.exists()


def test_nobody_keeps_the_page_that_shows_the_address(signed_up):
    assert signed_up.get(CONFIRM)["Cache-Control"] == "no-store"


def test_nobody_makes_themselves_staff(signed_up, client):
    client.post(PATH, {**NEW, "email": "sly@example.com", "is_staff": "1"})
    assert not User.objects.filter(is_staff=True).exists()
