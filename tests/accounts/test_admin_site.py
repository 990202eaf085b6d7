"""Access to the admin, and its page for second factors."""

import pytest
from allauth.mfa.models import Authenticator

from tests.accounts.actions import sign_in
from tests.accounts.second_factors import (
    SECRET,
    add_authenticator_app,
    add_passkey,
    add_recovery_codes,
    secret_in,
    totp_code,
)
from tests.factories import PASSWORD, UserFactory

ADMIN = "/admin/"
MFA_INDEX = "/accounts/2fa/"


@pytest.fixture
def administrator(db):
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def second_factor_required(settings):
    settings.ADMIN_NEEDS_SECOND_FACTOR = True


@pytest.mark.parametrize("path", [ADMIN, "/admin/login/", "/admin/accounts/user/"])
def test_the_admin_has_no_sign_in_form_of_its_own(client, db, path):
    response = client.get(path, follow=True)
    assert response.request["PATH_INFO"] == "/accounts/login/"
    posted = client.post("/admin/login/", {"username": "x", "password": "y"})
    assert posted.url.startswith("/accounts/login/?next=")


def test_sign_in_returns_to_the_requested_page(client, administrator):
    path = "/admin/accounts/user/?q=ada"
    login = client.get(path, follow=True)
    assert sign_in(
        client, administrator.email, next=login.context["redirect_field_value"]
    )
    assert client.get(path).status_code == 200


def test_people_who_are_not_staff_get_403(signed_in):
    assert signed_in.get(ADMIN, follow=True).status_code == 403


class TestInDevelopment:
    def test_staff_enter_without_a_second_factor_and_see_a_warning(
        self, client, administrator
    ):
        sign_in(client, administrator.email)
        html = client.get(ADMIN).content.decode()
        assert "You are in without a second factor" in html

    def test_with_a_second_factor_there_is_no_warning(
        self, client, administrator, stopped_clock
    ):
        add_authenticator_app(administrator)
        sign_in(client, administrator.email)
        client.post("/accounts/2fa/authenticate/", {"code": totp_code()})
        assert "without a second factor" not in client.get(ADMIN).content.decode()


@pytest.mark.usefixtures("second_factor_required")
class TestInProduction:
    @pytest.mark.django_db(transaction=True)
    def test_staff_without_a_second_factor_set_one_up_first(
        self, client, administrator, stopped_clock
    ):
        sign_in(client, administrator.email)
        response = client.get(ADMIN, follow=True)
        assert response.request["PATH_INFO"] == MFA_INDEX
        assert "The admin asks for a second factor" in response.content.decode()
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        secret = secret_in(client.get("/accounts/2fa/totp/activate/"))
        client.post("/accounts/2fa/totp/activate/", {"code": totp_code(secret)})
        assert client.get(ADMIN).status_code == 200

    def test_staff_who_signed_in_with_a_second_factor_enter(
        self, client, administrator, stopped_clock
    ):
        add_authenticator_app(administrator)
        sign_in(client, administrator.email)
        client.post("/accounts/2fa/authenticate/", {"code": totp_code()})
        assert client.get(ADMIN).status_code == 200
        assert client.get("/admin/login/").url == ADMIN

    def test_an_older_session_is_asked_for_the_second_factor(
        self, client, administrator, stopped_clock
    ):
        sign_in(client, administrator.email)
        add_authenticator_app(administrator)
        response = client.get(ADMIN, follow=True)
        assert response.request["PATH_INFO"] == "/accounts/2fa/reauthenticate/"
        data = {"code": totp_code(), "next": ADMIN}
        assert client.post("/accounts/2fa/reauthenticate/", data).url == ADMIN
        assert client.get(ADMIN).status_code == 200

    def test_a_passkey_is_used_if_it_is_the_only_second_factor(
        self, client, administrator
    ):
        sign_in(client, administrator.email)
        add_passkey(administrator)
        add_recovery_codes(administrator)
        login = client.get(ADMIN).url
        assert client.get(login).url == (
            "/accounts/2fa/webauthn/reauthenticate/?next=/admin/"
        )

    def test_removing_the_second_factor_locks_staff_out(
        self, client, administrator, stopped_clock
    ):
        add_authenticator_app(administrator)
        sign_in(client, administrator.email)
        client.post("/accounts/2fa/authenticate/", {"code": totp_code()})
        Authenticator.objects.all().delete()
        assert client.get(ADMIN, follow=True).request["PATH_INFO"] == MFA_INDEX

    def test_nothing_can_be_changed_without_a_second_factor(
        self, client, administrator
    ):
        other = UserFactory()
        sign_in(client, administrator.email)
        path = f"/admin/accounts/user/{other.pk}/delete/"
        assert client.post(path, {"post": "yes"}).status_code == 302
        other.refresh_from_db()


class TestAuthenticators:
    PATH = "/admin/mfa/authenticator/"

    def test_staff_can_remove_a_lost_authenticator(self, admin_client):
        authenticator = add_authenticator_app(UserFactory())
        page = admin_client.get(f"{self.PATH}{authenticator.pk}/change/")
        assert SECRET not in page.content.decode()
        admin_client.post(f"{self.PATH}{authenticator.pk}/delete/", {"post": "yes"})
        assert not Authenticator.objects.exists()

    def test_staff_can_remove_several(self, admin_client):
        authenticator = add_authenticator_app(UserFactory())
        data = {
            "action": "delete_selected",
            "_selected_action": [authenticator.pk],
            "post": "yes",
        }
        admin_client.post(self.PATH, data)
        assert not Authenticator.objects.exists()

    def test_staff_cannot_add_or_change_one(self, admin_client):
        authenticator = add_authenticator_app(UserFactory())
        assert admin_client.get(f"{self.PATH}add/").status_code == 403
        path = f"{self.PATH}{authenticator.pk}/change/"
        assert admin_client.post(path, {"type": "webauthn"}).status_code == 403

    @pytest.mark.parametrize(
        "path", ["socialaccount/socialapp", "socialaccount/socialtoken", "usersessions"]
    )
    def test_sessions_and_providers_are_not_in_the_admin(self, admin_client, path):
        assert admin_client.get(f"/admin/{path}/").status_code == 404
