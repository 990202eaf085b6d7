"""Who may join: open, by invitation, by domain, or not at all."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as django_settings

from accounts.models import Invitation, User
from tests.accounts.people import code_in
from tests.factories import PASSWORD, UserFactory

PATH = "/accounts/signup/"
CONFIRM = "/accounts/confirm-email/"
ADMIN = "/admin/accounts/invitation/"


def sign_up(client, address="new@school.example"):
    return client.post(PATH, {"email": address, "password1": PASSWORD})


class TestClosed:
    @pytest.fixture(autouse=True)
    def closed(self, settings):
        settings.SIGN_UP = "closed"

    def test_nobody_joins(self, client, db):
        response = sign_up(client)
        assert "Sign-up is closed" in response.content.decode()
        assert not User.objects.exists()

    def test_the_sign_in_page_offers_no_sign_up(self, client, db, backend):
        assert "signup" not in client.get("/accounts/login/").content.decode()

    def test_the_page_says_whom_to_ask(self, client, db, settings):
        settings.CONTACT_EMAIL = "help@example.org"
        assert "mailto:help@example.org" in client.get(PATH).content.decode()

    def test_a_visitors_wish_to_tick_is_told_why_it_cannot_be(self, client, backend):
        step = backend.steps.get(slug="caching")
        path = f"/progress/{step.pk}/done/"
        page = client.post(path, headers={"Origin": "http://testserver"}, follow=True)
        html = page.content.decode()
        assert "Sign in to tick Caching" in html
        assert "New accounts cannot be made here" in html

    def test_who_has_an_account_signs_in(self, client, user):
        response = client.post(
            "/accounts/login/", {"login": user.email, "password": PASSWORD}
        )
        assert response.status_code == 302

    def test_the_mail_to_an_unknown_address_offers_no_sign_up(
        self, client, db, mailoutbox
    ):
        client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
        assert "signup" not in mailoutbox[0].body


class TestDomains:
    @pytest.fixture(autouse=True)
    def school(self, settings):
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", ["School.example"]

    @pytest.mark.parametrize("address", ["a@school.example", "A@SCHOOL.EXAMPLE"])
    def test_its_addresses_join(self, client, db, address):
        assert sign_up(client, address).url == CONFIRM

    @pytest.mark.parametrize(
        "address", ["a@other.example", "a@x.school.example", "a@school.example.org"]
    )
    def test_others_are_told_why_not(self, client, db, address):
        page = sign_up(client, address).content.decode()
        assert "Use an address that ends in School.example" in page
        assert not User.objects.exists()

    def test_nobody_gets_in_by_correcting_their_address(self, client, db, mailoutbox):
        sign_up(client)
        client.post("/accounts/signup/again/")
        client.post(CONFIRM, {"action": "change", "email": "a@other.example"})
        assert "ends in" in sign_up(client, "a@other.example").content.decode()
        assert not User.objects.exists()

    def test_the_page_says_so_before_anything_is_typed(self, client, db):
        assert "ends in School.example" in client.get(PATH).content.decode()

    def test_who_has_an_account_elsewhere_still_gets_their_code(
        self, client, user, mailoutbox
    ):
        client.post("/accounts/password/reset/", {"email": user.email})
        assert code_in(mailoutbox[0])


class TestInvitation:
    @pytest.fixture(autouse=True)
    def invited_only(self, settings):
        settings.SIGN_UP = "invitation"

    def test_who_is_invited_joins_and_it_is_used(self, client, db, mailoutbox):
        invitation = Invitation.objects.create(address="new@school.example")
        assert sign_up(client, "New@School.example").url == CONFIRM
        invitation.refresh_from_db()
        assert invitation.used_at is None
        client.post(CONFIRM, {"code": code_in(mailoutbox[0])})
        assert client.get("/").context["user"].email == "new@school.example"
        invitation.refresh_from_db()
        assert invitation.used_at is not None

    def test_who_is_not_is_told_so(self, client, db):
        page = sign_up(client).content.decode()
        assert "There is no open invitation for this address" in page
        assert not User.objects.exists()

    def test_an_account_is_as_unknown_as_none(self, client, user, mailoutbox):
        known = sign_up(client, user.email).content.decode()
        assert "There is no open invitation for this address" in known
        assert mailoutbox == []

    def test_the_admin_invites_by_mail(self, admin_client, admin_user, mailoutbox):
        response = admin_client.post(f"{ADMIN}add/", {"address": "New@school.example"})
        assert response.status_code == 302
        invitation = Invitation.objects.get()
        assert invitation.address == "new@school.example"
        assert invitation.invited_by == admin_user
        (mail,) = mailoutbox
        assert mail.to == ["new@school.example"]
        link = "http://testserver/accounts/signup/?email=new%40school.example"
        assert link in mail.body

    def test_the_page_says_so_before_anything_is_typed(self, client, db):
        assert "is by invitation" in client.get(PATH).content.decode()

    def test_the_link_fills_the_address_in(self, client, db):
        page = client.get(PATH, {"email": "new@school.example"}).content.decode()
        assert 'value="new@school.example"' in page

    def test_the_admin_sends_it_again(self, admin_client, mailoutbox):
        used = "2026-05-03T00:00:00Z"
        row = Invitation.objects.create(address="new@school.example", used_at=used)
        admin_client.post(ADMIN, {"action": "send_again", "_selected_action": [row.pk]})
        row.refresh_from_db()
        assert row.used_at is None
        assert len(mailoutbox) == 1

    def test_who_has_an_account_cannot_be_invited(self, admin_client, user, mailoutbox):
        response = admin_client.post(f"{ADMIN}add/", {"address": user.email})
        assert "has an account already" in response.content.decode()
        assert not Invitation.objects.exists()
        assert mailoutbox == []

    def test_nobody_is_invited_when_the_mail_cannot_be_sent(
        self, admin_client, monkeypatch
    ):
        def fail(*args, **kwargs):
            raise ConnectionRefusedError

        monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
        admin_client.raise_request_exception = False
        response = admin_client.post(f"{ADMIN}add/", {"address": "a@b.example"})
        assert response.status_code == 503
        assert not Invitation.objects.exists()

    def test_nobody_changes_one(self, admin_client):
        row = Invitation.objects.create(address="new@school.example")
        path = f"{ADMIN}{row.pk}/change/"
        response = admin_client.post(path, {"address": "sly@example.com"})
        assert response.status_code == 403
        row.refresh_from_db()
        assert row.address == "new@school.example"
        assert admin_client.get(ADMIN).status_code == 200

    def test_only_those_who_may_invite_see_them(self, client, db):
        editor = UserFactory(is_staff=True)
        client.force_login(editor)
        assert client.get(f"{ADMIN}add/").status_code == 403


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"SIGN_UP": "ajar"}, "set it to open, invitation, domains or closed"),
        ({"SIGN_UP": "domains"}, "SIGN_UP=domains and SIGN_UP_DOMAINS go together"),
        ({"SIGN_UP_DOMAINS": "a.example"}, "SIGN_UP_DOMAINS go together"),
    ],
)
def test_a_setting_that_makes_no_sense_stops_the_start(environment, complaint):
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": "postgres://localhost/x", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert complaint in result.stderr
