"""Access to the admin, and its page for second factors."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from accounts.models import User
from tests.accounts.actions import is_signed_in, sign_in
from tests.accounts.second_factors import (
    SECRET,
    add_authenticator_app,
    add_passkey,
    add_recovery_codes,
    secret_in,
    totp_code,
)
from tests.factories import PASSWORD, UserFactory
from tests.html import read_html

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
        assert "signed in without two-factor authentication" in html

    def test_with_a_second_factor_there_is_no_warning(
        self, client, administrator, stopped_clock
    ):
        add_authenticator_app(administrator)
        sign_in(client, administrator.email)
        client.post("/accounts/2fa/authenticate/", {"code": totp_code()})
        html = client.get(ADMIN).content.decode()
        assert "without two-factor authentication" not in html


@pytest.mark.usefixtures("second_factor_required")
class TestInProduction:
    @pytest.mark.django_db(transaction=True)
    def test_staff_without_a_second_factor_set_one_up_first(
        self, client, administrator, stopped_clock
    ):
        sign_in(client, administrator.email)
        response = client.get(ADMIN, follow=True)
        assert response.request["PATH_INFO"] == MFA_INDEX
        assert "The admin requires two-factor" in response.content.decode()
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


def test_a_group_needs_a_name_that_can_be_seen(client, administrator):
    client.force_login(administrator)
    for name in ("\u200b", "a\u202eb"):
        response = client.post("/admin/auth/group/add/", {"name": name})
        assert response.status_code == 200
        assert list(response.context["adminform"].form.errors) == ["name"]


class TestGroups:
    def test_the_models_are_in_three_groups(self, admin_client):
        page = admin_client.get(ADMIN)
        models = {
            group["name"]: {model["object_name"] for model in group["models"]}
            for group in page.context["app_list"]
        }
        assert list(models) == ["Content", "People", "System"]
        assert models["Content"] == {"Roadmap", "Step", "Synonym"}
        assert {"User", "Group", "EmailAddress", "Authenticator"} < models["People"]
        assert models["System"] == {"DBTaskResult"}

    def test_each_model_has_an_id_of_its_own(self, admin_client):
        ids = re.findall('<th scope="row" id="(.*?)"', admin_client.get(ADMIN).text)
        assert "accounts-user" in ids
        assert len(ids) == len(set(ids))

    @pytest.mark.parametrize("label", ["accounts", "auth", "account", "mfa"])
    def test_the_page_of_an_app_shows_its_group(self, admin_client, label):
        html = read_html(admin_client.get(f"{ADMIN}{label}/"))
        assert "People administration" in html
        assert "Two-factor methods" in html
        assert "Invitations" in html
        assert 'class="app-roadmaps' not in html.partition("<main")[2]

    def test_an_app_that_is_not_in_the_admin_has_no_page(self, admin_client):
        assert admin_client.get(f"{ADMIN}progress/").status_code == 404

    def test_a_group_without_permissions_has_no_page(self, sign_in_staff):
        editor = sign_in_staff("Editors")
        assert editor.get(f"{ADMIN}accounts/").status_code == 404


def test_the_admin_has_the_theme_of_the_site(admin_client, admin_user):
    assert "theme-" not in body_class(admin_client.get(ADMIN))
    data = {"theme": "dark", "next": ADMIN}
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert admin_client.post("/theme/", data, headers=headers).url == ADMIN
    for path in (ADMIN, f"{ADMIN}accounts/user/", f"{ADMIN}roadmaps/roadmap/import/"):
        assert "theme-dark" in body_class(admin_client.get(path)).split()


def body_class(response):
    return re.search(r'<body class="(.*?)"', response.content.decode())[1]


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


class TestOnesOwnAccount:
    """Its pages ask for the password, count tries and send mails."""

    @pytest.fixture
    def own(self, administrator, client):
        """The path of the signed-in administrator's own account."""
        client.force_login(administrator)
        return f"/admin/accounts/user/{administrator.pk}/"

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("path", ["/admin/password_change/", "password/"])
    def test_its_password_is_changed_on_the_account_page(
        self, client, own, administrator, method, path
    ):
        path = path if path.startswith("/") else own + path
        data = {"password1": "a whole new secret", "password2": "a whole new secret"}
        response = getattr(client, method)(path, {**data, "old_password": PASSWORD})
        assert response.url == "/accounts/password/change/"
        administrator.refresh_from_db()
        assert administrator.check_password(PASSWORD)

    def test_the_page_after_a_password_change_is_the_settings(self, client, own):
        url = client.get("/admin/password_change/done/").url
        assert url == "/accounts/settings/"

    def test_it_is_deleted_on_the_account_page(self, client, own, administrator):
        assert client.post(f"{own}delete/", {"post": "yes"}).url == "/accounts/delete/"
        data = {
            "action": "delete_selected",
            "_selected_action": [administrator.pk],
            "post": "yes",
        }
        page = client.post("/admin/accounts/user/", data)
        assert "your own account" in page.content.decode()
        assert User.objects.filter(pk=administrator.pk).exists()

    def test_its_address_cannot_be_changed(self, client, own, administrator):
        client.post(f"{own}change/", {"email": "other@example.com", "is_staff": "on"})
        administrator.refresh_from_db()
        assert administrator.email != "other@example.com"

    def test_its_addresses_and_second_factors_cannot_be_removed(
        self, client, own, administrator
    ):
        factor = add_authenticator_app(administrator)
        address = administrator.emailaddress_set.get()
        for path in (
            f"/admin/mfa/authenticator/{factor.pk}/delete/",
            f"/admin/account/emailaddress/{address.pk}/delete/",
        ):
            assert client.post(path, {"post": "yes"}).status_code == 403
        assert Authenticator.objects.exists()
        assert EmailAddress.objects.exists()

    def test_signing_out_drops_the_session(self, client, own):
        assert client.post("/admin/logout/").url == "/"
        assert not is_signed_in(client)


class TestTheAccountOfSomebodyElse:
    @pytest.fixture
    def path(self, user):
        return f"/admin/accounts/user/{user.pk}/"

    def test_gets_a_mail_about_a_new_password(
        self, admin_client, user, path, mailoutbox
    ):
        data = {"password1": "a whole new secret", "password2": "a whole new secret"}
        admin_client.post(f"{path}password/", {"usable_password": "true", **data})
        user.refresh_from_db()
        assert user.check_password("a whole new secret")
        assert mailoutbox[0].to == [user.email]

    @pytest.mark.parametrize("several", [True, False])
    def test_is_deleted_as_by_themselves(
        self, admin_client, user, path, mailoutbox, several
    ):
        if several:
            data = {"action": "delete_selected", "_selected_action": [user.pk]}
            admin_client.post("/admin/accounts/user/", {**data, "post": "yes"})
        else:
            admin_client.post(f"{path}delete/", {"post": "yes"})
        assert not User.objects.filter(pk=user.pk).exists()
        assert mailoutbox[0].to == [user.email]

    def test_gets_a_mail_about_a_removed_second_factor(
        self, admin_client, user, mailoutbox
    ):
        for factor in (add_authenticator_app(user), add_passkey(user)):
            path = f"/admin/mfa/authenticator/{factor.pk}/delete/"
            admin_client.post(path, {"post": "yes"})
        assert [mail.to for mail in mailoutbox] == [[user.email]] * 2

    def test_gets_no_address_or_provider_that_was_not_confirmed(
        self, admin_client, user
    ):
        row = EmailAddress.objects.create(user=user, email="x@example.com")
        for model in ("account/emailaddress", "socialaccount/socialaccount"):
            assert admin_client.get(f"/admin/{model}/").status_code == 200
            assert admin_client.get(f"/admin/{model}/add/").status_code == 403
        data = {"action": "make_verified", "_selected_action": [row.pk]}
        admin_client.post("/admin/account/emailaddress/", data)
        row.refresh_from_db()
        assert not row.verified


def test_what_no_page_sends_is_refused(admin_client, user, cooking):
    for path in (
        f"/admin/accounts/user/{user.pk}/change/",
        f"/admin/roadmaps/roadmap/{cooking.pk}/change/",
        f"/admin/roadmaps/step/{cooking.steps.first().pk}/change/",
    ):
        response = admin_client.post(path, {"_saveasnew": "1", "title": ""})
        assert response.status_code == 400
        assert admin_client.post(path, {"_to_field": ""}).status_code == 400
    assert User.objects.count() == 2
