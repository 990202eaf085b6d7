"""The mails: text and HTML of one source, in one layout."""

from datetime import UTC, datetime
from pathlib import Path

import allauth
import pytest
from allauth.account.adapter import get_adapter
from allauth.core.context import request_context
from django.conf import settings as django_settings
from django.utils import timezone

from accounts.mail import MailNotSentError, Part, parts
from accounts.models import Device, User
from tests.accounts.people import FIREFOX, SAFARI, code_in, sign_in
from tests.factories import PASSWORD, UserFactory

TEMPLATES = Path(django_settings.BASE_DIR) / "templates"
CODES = ["email_confirmation", "password_reset_code", "login_code"]
ALL = sorted(
    str(path.relative_to(TEMPLATES)).removesuffix("_message.txt")
    for path in TEMPLATES.glob("*/email/*_message.txt")
)


@pytest.fixture
def send(rf, user, mailoutbox):
    """Send one of the mails to `user`, and return it."""

    def send(name, **context):
        request = rf.get("/", headers={"User-Agent": FIREFOX})
        request.user, request.session = user, {}
        with request_context(request):
            get_adapter().send_mail(name, user.email, {"request": request, **context})
        return mailoutbox[-1]

    return send


def html_of(mail):
    ((html, kind),) = mail.alternatives
    assert kind == "text/html"
    return html


@pytest.mark.parametrize("name", ALL)
def test_each_has_text_and_html_and_names_the_site(send, settings, name):
    settings.SITE_NAME = "R&D <Way>"
    urls = {"signup_url": "https://x/", "password_reset_url": "https://x/"}
    mail = send(name, code="ABCD-EFGH", email="ada@example.com", **urls)
    assert mail.subject
    assert "R&D <Way>" in mail.body
    assert "&amp;" not in mail.body + mail.subject
    assert "Cairn" not in mail.body + mail.subject
    html = html_of(mail)
    assert "R&amp;D &lt;Way&gt;" in html
    assert '<html lang="en-GB">' in html
    assert "<script" not in html
    assert "\n\n\n" not in mail.body


@pytest.mark.parametrize("name", CODES)
def test_a_code_stands_out_in_both(send, name):
    mail = send(f"account/email/{name}", code="ABCD-EFGH")
    assert code_in(mail) == "ABCD-EFGH"
    assert ">ABCD-EFGH</p>" in html_of(mail)


def test_every_mail_of_allauth_that_can_be_sent_is_ours():
    unused = {"email_confirm", "email_confirmation_signup", "password_reset_key"}
    theirs = {
        f"{path.parts[-3]}/email/{path.name.removesuffix('_message.txt')}"
        for app in ("account", "mfa", "socialaccount")
        for path in Path(allauth.__file__).parent.glob(
            f"templates/{app}/email/*_message.txt"
        )
        if not path.name.startswith("base_")
    }
    missing = theirs - set(ALL)
    assert {name.rpartition("/")[2] for name in missing} == unused


def test_the_person_is_greeted_by_name(send, user):
    user.name = "Ada & Co"
    mail = send("account/email/login_code", code="1", user=user)
    assert mail.body.startswith("Hello Ada & Co,")
    assert "Hello Ada &amp; Co," in html_of(mail)


def test_whom_to_ask_is_said_when_it_is_known(send, settings):
    assert "Questions?" not in send("account/email/login_code").body
    settings.CONTACT_EMAIL = "help@example.org"
    mail = send("account/email/login_code")
    assert "Questions? Write to help@example.org" in mail.body
    assert "mailto:help@example.org" in html_of(mail)


def test_dates_are_in_the_persons_own_time_zone(send, user):
    user.time_zone = "Pacific/Auckland"
    late = datetime(2026, 5, 3, 20, tzinfo=UTC)
    mail = send("account/email/new_device", user=user, timestamp=late, device="x")
    assert "When: 4 May 2026, 08:00 NZST" in mail.body
    assert timezone.get_current_timezone_name() == "UTC"


def test_paragraphs_are_told_apart():
    text = "One\nline\n\n    A-B\n\nhttps://x.example/\n\nhttps://x y\n\n\n-- \nCairn"
    assert list(parts(text)) == [
        Part("text", "One\nline"),
        Part("code", "A-B"),
        Part("link", "https://x.example/"),
        Part("text", "https://x y"),
    ]


def test_a_code_that_cannot_be_sent_is_an_error(send, monkeypatch):
    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    with pytest.raises(MailNotSentError):
        send("account/email/login_code", code="1")


def fail(*args, **kwargs):
    raise ConnectionRefusedError


class TestWhenTheMailServerIsAway:
    @pytest.fixture(autouse=True)
    def away(self, monkeypatch, client):
        monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
        client.raise_request_exception = False

    @pytest.mark.parametrize(
        ("path", "fields"),
        [
            ("/accounts/password/reset/", {}),
            ("/accounts/login/code/", {}),
            ("/accounts/signup/", {"password1": PASSWORD}),
        ],
    )
    @pytest.mark.parametrize("is_known", [True, False])
    def test_it_is_said_and_can_be_tried_again(
        self, client, user, monkeypatch, mailoutbox, path, fields, is_known
    ):
        address = user.email if is_known else "new@example.com"
        response = client.post(path, {"email": address, **fields})
        assert response.status_code == 503
        assert response["Retry-After"]
        assert "The mail could not be sent" in response.content.decode()
        assert User.objects.count() == 1
        monkeypatch.undo()
        assert client.post(path, {"email": address, **fields}).status_code == 302

    def test_a_notice_is_left_out_and_what_it_tells_of_has_happened(
        self, signed_in, user
    ):
        new = {"password1": "another long secret", "password2": "another long secret"}
        response = signed_in.post(
            "/accounts/password/change/", {"oldpassword": PASSWORD, **new}
        )
        assert response.status_code == 302
        user.refresh_from_db()
        assert user.check_password("another long secret")


def test_a_new_password_is_told(signed_in, mailoutbox):
    new = {"password1": "another long secret", "password2": "another long secret"}
    signed_in.post("/accounts/password/change/", {"oldpassword": PASSWORD, **new})
    assert mailoutbox[0].subject == "Your Cairn password was changed"
    assert "another long secret" not in mailoutbox[0].body


class TestANewDevice:
    SUBJECT = "A new sign-in to Cairn"

    def test_is_told_but_not_the_first(self, user, mailoutbox):
        sign_in(user, FIREFOX)
        assert mailoutbox == []
        sign_in(user, SAFARI)
        assert [mail.subject for mail in mailoutbox] == [self.SUBJECT]
        assert "Mobile Safari on iOS" in mailoutbox[0].body

    def test_is_told_once(self, user, mailoutbox):
        for browser in (FIREFOX, SAFARI, SAFARI, FIREFOX):
            sign_in(user, browser).post("/accounts/logout/")
        assert len(mailoutbox) == 1

    def test_is_the_same_after_an_update(self, user, mailoutbox):
        sign_in(user, FIREFOX)
        sign_in(user, FIREFOX.replace("132.0", "133.0"))
        assert mailoutbox == []

    def test_of_one_person_is_none_of_anothers(self, user, mailoutbox):
        sign_in(user, FIREFOX)
        sign_in(UserFactory(), SAFARI)
        assert mailoutbox == []

    @pytest.mark.parametrize("browser", ["", "💥", "a" * 5000, "Firefox/" + "9" * 999])
    def test_may_call_itself_anything(self, user, browser):
        sign_in(user, browser.encode().decode("latin-1"))
        assert Device.objects.filter(user=user).count() == 1
