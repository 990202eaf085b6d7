"""The way into the admin."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn

from tests.accounts.test_mfa import SECRET, code, one_half_minute, secret_on
from tests.accounts.test_sign_in import sign_in
from tests.factories import PASSWORD, UserFactory

__all__ = ["code", "one_half_minute"]

ADMIN = "/admin/"
FACTORS = "/accounts/2fa/"


@pytest.fixture
def boss(db):
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def production(settings):
    settings.ADMIN_NEEDS_SECOND_FACTOR = True


@pytest.mark.parametrize("path", [ADMIN, "/admin/login/", "/admin/accounts/user/"])
def test_there_is_no_form_to_sign_in_by(client, db, path):
    response = client.get(path, follow=True)
    assert response.request["PATH_INFO"] == "/accounts/login/"
    posted = client.post("/admin/login/", {"username": "x", "password": "y"})
    assert posted.url.startswith("/accounts/login/?next=")


def test_it_leads_back_to_the_page_that_was_asked_for(client, boss):
    path = "/admin/accounts/user/?q=ada"
    login = client.get(path, follow=True)
    assert sign_in(client, boss.email, next=login.context["redirect_field_value"])
    assert client.get(path).status_code == 200


def test_who_is_no_staff_is_refused(signed_in):
    assert signed_in.get(ADMIN, follow=True).status_code == 403


class TestInDevelopment:
    def test_it_opens_and_says_what_production_asks(self, client, boss):
        sign_in(client, boss.email)
        html = client.get(ADMIN).content.decode()
        assert "You are in without a second factor" in html

    def test_with_one_it_says_nothing(self, client, boss, code):
        TOTP.activate(boss, SECRET)
        sign_in(client, boss.email)
        client.post("/accounts/2fa/authenticate/", {"code": code(SECRET)})
        assert "without a second factor" not in client.get(ADMIN).content.decode()


@pytest.mark.usefixtures("production")
class TestInProduction:
    @pytest.mark.django_db(transaction=True)
    def test_who_has_none_is_taken_to_set_one_up_and_is_in(self, client, boss, code):
        sign_in(client, boss.email)
        response = client.get(ADMIN, follow=True)
        assert response.request["PATH_INFO"] == FACTORS
        assert "The admin asks for a second factor" in response.content.decode()
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        secret = secret_on(client.get("/accounts/2fa/totp/activate/"))
        client.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
        assert client.get(ADMIN).status_code == 200

    def test_signed_in_with_one_they_are_in(self, client, boss, code):
        TOTP.activate(boss, SECRET)
        sign_in(client, boss.email)
        client.post("/accounts/2fa/authenticate/", {"code": code(SECRET)})
        assert client.get(ADMIN).status_code == 200
        assert client.get("/admin/login/").url == ADMIN

    def test_a_session_from_before_it_is_asked_to_use_it(self, client, boss, code):
        sign_in(client, boss.email)
        TOTP.activate(boss, SECRET)
        response = client.get(ADMIN, follow=True)
        assert response.request["PATH_INFO"] == "/accounts/2fa/reauthenticate/"
        data = {"code": code(SECRET), "next": ADMIN}
        assert client.post("/accounts/2fa/reauthenticate/", data).url == ADMIN
        assert client.get(ADMIN).status_code == 200

    def test_with_a_passkey_alone_it_is_the_passkey(self, client, boss):
        sign_in(client, boss.email)
        WebAuthn.add(boss, "Key", {"clientExtensionResults": {}})
        RecoveryCodes.activate(boss)
        way = client.get(client.get(ADMIN).url).url
        assert way == "/accounts/2fa/webauthn/reauthenticate/?next=/admin/"

    def test_without_it_any_more_they_are_out(self, client, boss, code):
        TOTP.activate(boss, SECRET)
        sign_in(client, boss.email)
        client.post("/accounts/2fa/authenticate/", {"code": code(SECRET)})
        Authenticator.objects.all().delete()
        assert client.get(ADMIN, follow=True).request["PATH_INFO"] == FACTORS

    def test_nothing_is_changed_without_it(self, client, boss):
        other = UserFactory()
        sign_in(client, boss.email)
        path = f"/admin/accounts/user/{other.pk}/delete/"
        assert client.post(path, {"post": "yes"}).status_code == 302
        other.refresh_from_db()


class TestFactors:
    PATH = "/admin/mfa/authenticator/"

    def test_a_lost_one_is_taken_away(self, admin_client):
        factor = TOTP.activate(UserFactory(), SECRET).instance
        page = admin_client.get(f"{self.PATH}{factor.pk}/change/")
        assert SECRET not in page.content.decode()
        admin_client.post(f"{self.PATH}{factor.pk}/delete/", {"post": "yes"})
        assert not Authenticator.objects.exists()

    def test_several_are(self, admin_client):
        factor = TOTP.activate(UserFactory(), SECRET).instance
        data = {
            "action": "delete_selected",
            "_selected_action": [factor.pk],
            "post": "yes",
        }
        admin_client.post(self.PATH, data)
        assert not Authenticator.objects.exists()

    def test_none_is_added_or_changed(self, admin_client):
        factor = TOTP.activate(UserFactory(), SECRET).instance
        assert admin_client.get(f"{self.PATH}add/").status_code == 403
        path = f"{self.PATH}{factor.pk}/change/"
        assert admin_client.post(path, {"type": "webauthn"}).status_code == 403

    @pytest.mark.parametrize(
        "path", ["socialaccount/socialapp", "socialaccount/socialtoken", "usersessions"]
    )
    def test_what_is_nobodys_business_is_not_there(self, admin_client, path):
        assert admin_client.get(f"/admin/{path}/").status_code == 404
