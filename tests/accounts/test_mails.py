"""The text and HTML of mails, and when they are sent."""

from datetime import UTC, datetime
from pathlib import Path

import allauth
import pytest
from allauth.account.adapter import get_adapter
from allauth.core.context import request_context
from django.conf import settings as django_settings
from django.utils import timezone

from accounts.mail import Paragraph, split_into_paragraphs
from accounts.models import Device, User
from tests.accounts.actions import (
    FIREFOX,
    NEW_PASSWORD,
    SAFARI,
    SIGN_UP,
    code_in,
    mail_server_down,
    signed_in_browser,
)
from tests.factories import PASSWORD, UserFactory

TEMPLATES = Path(django_settings.BASE_DIR) / "templates"
MAILS_WITH_CODE = ["email_confirmation", "password_reset_code", "login_code"]
ALL_MAILS = sorted(
    str(path.relative_to(TEMPLATES)).removesuffix("_message.txt")
    for path in TEMPLATES.glob("*/email/*_message.txt")
)


@pytest.fixture
def send(rf, user, mailoutbox):
    """A function that sends one of the mails to `user` and returns it."""

    def send(name, **context):
        request = rf.get("/", headers={"User-Agent": FIREFOX})
        request.user, request.session = user, {}
        with request_context(request):
            get_adapter().send_mail(name, user.email, {"request": request, **context})
        return mailoutbox[-1]

    return send


def html_of(mail):
    ((html, content_type),) = mail.alternatives
    assert content_type == "text/html"
    return html


@pytest.mark.parametrize("name", ALL_MAILS)
def test_every_mail_has_text_and_html_and_names_the_site(send, settings, name):
    settings.SITE_NAME = "R&D <Way>"
    names = ("signup_url", "login_url", "password_reset_url")
    urls = dict.fromkeys(names, "https://x/")
    mail = send(name, code="ABCD-EFGH", email="ada@example.com", **urls)
    assert mail.subject
    assert "R&D <Way>" in mail.body
    assert "&amp;" not in mail.body + mail.subject
    assert "Cairn" not in mail.body + mail.subject
    html = html_of(mail)
    assert "R&amp;D &lt;Way&gt;" in html
    assert '<html lang="en-GB" dir="ltr">' in html
    assert "<script" not in html
    assert "\n\n\n" not in mail.body
    if name.rpartition("/")[2] in MAILS_WITH_CODE:
        assert code_in(mail) == "ABCD-EFGH"
        assert ">ABCD-EFGH</p>" in html


def test_every_mail_that_allauth_can_send_has_our_template():
    unused = {"email_confirm", "email_confirmation_signup", "password_reset_key"}
    in_allauth = {
        f"{path.parts[-3]}/email/{path.name.removesuffix('_message.txt')}"
        for app in ("account", "mfa", "socialaccount")
        for path in Path(allauth.__file__).parent.glob(
            f"templates/{app}/email/*_message.txt"
        )
        if not path.name.startswith("base_")
    }
    missing = in_allauth - set(ALL_MAILS)
    assert {name.rpartition("/")[2] for name in missing} == unused


def test_greets_the_user_by_name(send, user):
    user.name = "Ada & Co"
    mail = send("account/email/login_code", code="1", user=user)
    assert mail.body.startswith("Hello Ada & Co,")
    assert "Hello Ada &amp; Co," in html_of(mail)


def test_names_the_contact_address_if_there_is_one(send, settings):
    assert "Questions?" not in send("account/email/login_code").body
    settings.CONTACT_EMAIL = "help@example.org"
    mail = send("account/email/login_code")
    assert "Questions? Write to help@example.org" in mail.body
    assert "mailto:help@example.org" in html_of(mail)


def test_dates_are_in_the_time_zone_of_the_user(send, user):
    user.time_zone = "Pacific/Auckland"
    late = datetime(2026, 5, 3, 20, tzinfo=UTC)
    mail = send("account/email/new_device", user=user, timestamp=late, device="x")
    assert "When: 4 May 2026, 08:00 NZST" in mail.body
    assert timezone.get_current_timezone_name() == "UTC"


def test_splits_a_mail_into_paragraphs():
    text = "One\nline\n\n    A-B\n\nhttps://x.example/\n\nhttps://x y\n\n\n-- \nCairn"
    assert list(split_into_paragraphs(text)) == [
        Paragraph("text", "One\nline"),
        Paragraph("code", "A-B"),
        Paragraph("link", "https://x.example/"),
        Paragraph("text", "https://x y"),
    ]


class TestMailServerDown:
    @pytest.mark.parametrize(
        ("path", "fields"),
        [
            ("/accounts/password/reset/", {}),
            ("/accounts/login/code/", {}),
            (SIGN_UP, {"password1": PASSWORD}),
        ],
    )
    @pytest.mark.parametrize("has_account", [True, False])
    def test_a_code_that_cannot_be_sent_is_an_error(
        self, client, user, mailoutbox, path, fields, has_account
    ):
        email = user.email if has_account else "new@example.com"
        client.raise_request_exception = False
        with mail_server_down():
            response = client.post(path, {"email": email, **fields})
        assert response.status_code == 503
        assert response["Retry-After"]
        assert "Email could not be sent" in response.content.decode()
        assert User.objects.count() == 1
        assert client.post(path, {"email": email, **fields}).status_code == 302

    def test_a_notification_that_cannot_be_sent_is_no_error(self, signed_in, user):
        data = {"oldpassword": PASSWORD, **NEW_PASSWORD}
        with mail_server_down():
            response = signed_in.post("/accounts/password/change/", data)
        assert response.status_code == 302
        user.refresh_from_db()
        assert user.check_password(NEW_PASSWORD["password1"])


def test_the_user_is_notified_of_a_new_password(signed_in, mailoutbox):
    data = {"oldpassword": PASSWORD, **NEW_PASSWORD}
    signed_in.post("/accounts/password/change/", data)
    assert mailoutbox[0].subject == "Your Cairn password was changed"
    assert NEW_PASSWORD["password1"] not in mailoutbox[0].body


class TestNewDevice:
    def test_the_user_is_notified_unless_it_is_the_first(self, user, mailoutbox):
        signed_in_browser(user, FIREFOX)
        assert mailoutbox == []
        signed_in_browser(user, SAFARI)
        assert [mail.subject for mail in mailoutbox] == [
            "New sign-in to your Cairn account"
        ]
        assert "Mobile Safari on iOS" in mailoutbox[0].body

    def test_the_user_is_notified_once(self, user, mailoutbox):
        updated = FIREFOX.replace("132.0", "133.0")
        for browser in (FIREFOX, SAFARI, SAFARI, FIREFOX, updated):
            signed_in_browser(user, browser).post("/accounts/logout/")
        assert len(mailoutbox) == 1

    def test_devices_of_other_users_do_not_count(self, user, mailoutbox):
        signed_in_browser(user, FIREFOX)
        signed_in_browser(UserFactory(), SAFARI)
        assert mailoutbox == []

    @pytest.mark.parametrize("browser", ["", "💥", "a" * 5000, "Firefox/" + "9" * 999])
    def test_any_user_agent_is_accepted(self, user, browser):
        signed_in_browser(user, browser.encode().decode("latin-1"))
        assert Device.objects.filter(user=user).count() == 1
