"""The setting SIGN_UP: open, by invitation, by domain, or closed."""

import pytest

from accounts.models import Invitation, User
from tests.accounts.actions import (
    CONFIRM_EMAIL,
    LOGIN,
    SIGN_UP,
    code_in,
    mail_server_down,
    sign_in,
)
from tests.factories import PASSWORD, UserFactory

ADMIN = "/admin/accounts/invitation/"


def sign_up(client, address="new@school.example"):
    return client.post(SIGN_UP, {"email": address, "password1": PASSWORD})


class TestClosed:
    @pytest.fixture(autouse=True)
    def closed(self, settings):
        settings.SIGN_UP = "closed"

    def test_nobody_can_sign_up(self, client, db):
        response = sign_up(client)
        assert "Sign-up is closed" in response.content.decode()
        assert not User.objects.exists()

    def test_the_sign_in_page_offers_no_sign_up(self, client, db):
        assert "signup" not in client.get(LOGIN).content.decode()

    def test_the_page_names_the_contact_address(self, client, db, settings):
        settings.CONTACT_EMAIL = "help@example.org"
        assert "mailto:help@example.org" in client.get(SIGN_UP).content.decode()

    def test_a_visitor_who_ticks_a_step_learns_that_sign_up_is_closed(
        self, client, fry
    ):
        path = f"/progress/{fry.pk}/done/"
        page = client.post(path, headers={"Origin": "http://testserver"}, follow=True)
        html = page.content.decode()
        assert "Sign in to track your progress" in html
        assert "You can’t create an account here" in html

    def test_existing_users_can_sign_in(self, client, user):
        assert sign_in(client, user.email).status_code == 302

    def test_the_mail_to_an_unknown_address_offers_no_sign_up(
        self, client, db, mailoutbox
    ):
        client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
        assert "signup" not in mailoutbox[0].body


class TestDomains:
    @pytest.fixture(autouse=True)
    def school_only(self, settings):
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", ["School.example"]

    @pytest.mark.parametrize("address", ["a@school.example", "A@SCHOOL.EXAMPLE"])
    def test_its_addresses_may_sign_up(self, client, db, address):
        assert sign_up(client, address).url == CONFIRM_EMAIL

    @pytest.mark.parametrize(
        "address", ["a@other.example", "a@x.school.example", "a@school.example.org"]
    )
    def test_other_addresses_may_not_sign_up(self, client, db, address):
        page = sign_up(client, address).content.decode()
        assert "Use an email address that ends in School.example" in page
        assert not User.objects.exists()

    def test_starting_again_does_not_evade_the_rule(self, client, db, mailoutbox):
        sign_up(client)
        client.post("/accounts/signup/again/")
        client.post(CONFIRM_EMAIL, {"action": "change", "email": "a@other.example"})
        assert "ends in" in sign_up(client, "a@other.example").content.decode()
        assert not User.objects.exists()

    def test_the_page_names_the_domain(self, client, db):
        assert "ends in School.example" in client.get(SIGN_UP).content.decode()

    def test_users_with_other_addresses_still_get_codes(self, client, user, mailoutbox):
        client.post("/accounts/password/reset/", {"email": user.email})
        assert code_in(mailoutbox[0])


class TestInvitation:
    @pytest.fixture(autouse=True)
    def invited_only(self, settings):
        settings.SIGN_UP = "invitation"

    def test_an_invited_address_may_sign_up_once(self, client, db, mailoutbox):
        invitation = Invitation.objects.create(address="new@school.example")
        assert sign_up(client, "New@School.example").url == CONFIRM_EMAIL
        invitation.refresh_from_db()
        assert invitation.used_at is None
        client.post(CONFIRM_EMAIL, {"code": code_in(mailoutbox[0])})
        assert client.get("/").context["user"].email == "new@school.example"
        invitation.refresh_from_db()
        assert invitation.used_at is not None

    def test_other_addresses_may_not_sign_up(self, client, db):
        page = sign_up(client).content.decode()
        assert "There is no open invitation for this email address" in page
        assert not User.objects.exists()

    def test_a_visitor_who_ticks_a_step_signs_in_or_learns_how_to_get_an_account(
        self, client, fry, settings
    ):
        settings.CONTACT_EMAIL = "help@example.org"
        path = f"/progress/{fry.pk}/done/"
        page = client.post(path, headers={"Origin": "http://testserver"}, follow=True)
        assert page.redirect_chain[0][0].startswith(LOGIN)
        assert "Sign in to track your progress" in page.text
        assert "You need an invitation to create an account" in page.text
        assert "mailto:help@example.org" in page.text
        assert f'href="{SIGN_UP}?next=' in page.text

    def test_an_address_with_an_account_gets_the_same_answer(
        self, client, user, mailoutbox
    ):
        known = sign_up(client, user.email).content.decode()
        assert "There is no open invitation for this email address" in known
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

    def test_the_page_says_that_an_invitation_is_needed(self, client, db):
        assert "You need an invitation" in client.get(SIGN_UP).content.decode()

    def test_the_link_fills_in_the_address(self, client, db):
        page = client.get(SIGN_UP, {"email": "new@school.example"}).content.decode()
        assert 'value="new@school.example"' in page

    def test_the_admin_sends_an_invitation_again(self, admin_client, mailoutbox):
        used = "2026-05-03T00:00:00Z"
        invitation = Invitation.objects.create(
            address="new@school.example", used_at=used
        )
        admin_client.post(
            ADMIN, {"action": "send_again", "_selected_action": [invitation.pk]}
        )
        invitation.refresh_from_db()
        assert invitation.used_at is None
        assert len(mailoutbox) == 1

    def test_an_address_with_an_account_cannot_be_invited(
        self, admin_client, user, mailoutbox
    ):
        response = admin_client.post(f"{ADMIN}add/", {"address": user.email})
        assert "already has an account" in response.content.decode()
        assert not Invitation.objects.exists()
        assert mailoutbox == []

    def test_saves_nothing_if_the_mail_cannot_be_sent(self, admin_client):
        admin_client.raise_request_exception = False
        with mail_server_down():
            response = admin_client.post(f"{ADMIN}add/", {"address": "a@b.example"})
        assert response.status_code == 503
        assert not Invitation.objects.exists()

    def test_an_invitation_cannot_be_changed(self, admin_client):
        invitation = Invitation.objects.create(address="new@school.example")
        path = f"{ADMIN}{invitation.pk}/change/"
        response = admin_client.post(path, {"address": "sly@example.com"})
        assert response.status_code == 403
        invitation.refresh_from_db()
        assert invitation.address == "new@school.example"
        assert admin_client.get(ADMIN).status_code == 200

    def test_staff_without_the_permission_cannot_invite(self, client, db):
        editor = UserFactory(is_staff=True)
        client.force_login(editor)
        assert client.get(f"{ADMIN}add/").status_code == 403
