"""What the audit trail says about sign-ins, accounts and administration."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import sign_in_events
from accounts.audit import KINDS, AuditAction, AuditEvent
from accounts.models import Invitation, User
from core.rate_limit import Limit
from tests.accounts.actions import (
    CONFIRM_EMAIL,
    NEW_PASSWORD,
    REAUTHENTICATE,
    SIGN_UP,
    code_in,
    mail_server_down,
    reauthenticate,
    sign_in,
    sign_in_with_github,
    sign_in_with_organisation,
)
from tests.accounts.second_factors import (
    add_authenticator_app,
    secret_in,
    totp_code,
)
from tests.factories import PASSWORD, UserFactory

USERS, GROUPS = "/admin/accounts/user/", "/admin/auth/group/"
LOGIN_CODE = "/accounts/login/code/"
SECOND_FACTOR = "/accounts/2fa/authenticate/"


def events():
    """The new events: each with its action and details, the oldest first."""
    rows = list(AuditEvent.objects.order_by("pk"))
    shown = [(row.action, row.details) for row in rows[events.seen :]]
    events.seen = len(rows)
    return shown


@pytest.fixture(autouse=True)
def nothing_seen():
    events.seen = 0


@pytest.fixture
def boss(db):
    return UserFactory(email="boss@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def admin(boss):
    client = Client()
    client.force_login(boss)
    return client


def last():
    return AuditEvent.objects.order_by("pk").last()


def test_each_action_is_of_one_kind():
    actions = [action for _label, each in KINDS.values() for action in each]
    assert sorted(actions) == sorted(AuditAction)


def test_no_event_has_an_address(client, user, mailoutbox):
    client.post(SIGN_UP, {"email": "new@example.com", "password1": PASSWORD})
    client.post(CONFIRM_EMAIL, {"code": code_in(mailoutbox[0])})
    sign_in(Client(), user.email)
    sign_in(Client(), user.email, "wrong")
    sign_in(Client(), "nobody@example.com", "wrong")
    trail = str(list(AuditEvent.objects.values()))
    assert "example.com" not in trail
    assert "127.0.0.1" not in trail


class TestSignIn:
    def test_with_a_password(self, client, user):
        sign_in(client, user.email)
        assert events() == [("signed_in", {"way": "password"})]
        assert last().actor == last().person == user

    def test_takes_one_statement_more(self, client, user):
        with CaptureQueriesContext(connection) as queries:
            sign_in(client, user.email)
        own = [query["sql"] for query in queries if "auditevent" in query["sql"]]
        assert len(own) == 1

    def test_with_a_second_factor(self, client, user):
        add_authenticator_app(user)
        sign_in(client, user.email)
        assert events() == []
        client.post(SECOND_FACTOR, {"code": totp_code()})
        assert events() == [("signed_in", {"way": "password", "factor": "totp"})]

    def test_with_an_emailed_code(self, client, user, mailoutbox):
        client.post(LOGIN_CODE, {"email": user.email})
        client.post(f"{LOGIN_CODE}confirm/", {"code": code_in(mailoutbox[0])})
        assert ("signed_in", {"way": "code"}) in events()

    def test_with_a_passkey(self, rf, user):
        request = rf.get("/")
        request.session = {}
        passkey = {"method": "mfa", "type": "webauthn", "passwordless": True}
        request.session["account_authentication_methods"] = [passkey]
        request.session["account_authentication_methods_user"] = str(user.pk)
        assert sign_in_events.find_way(request, user) == {"way": "webauthn"}

    def test_with_github(self, client, github, user):
        SocialAccount.objects.create(user=user, provider="github", uid="1815")
        sign_in_with_github(client)
        assert ("signed_in", {"way": "github"}) in events()

    def test_with_the_organisation(self, client, db, organisation):
        sign_in_with_organisation(client, organisation)
        assert events() == [
            ("account_created", {}),
            ("signed_in", {"way": "organisation"}),
        ]

    def test_with_a_new_account(self, client, db, mailoutbox):
        client.post(SIGN_UP, {"email": "new@example.com", "password1": PASSWORD})
        client.post(CONFIRM_EMAIL, {"code": "wrong"})
        client.post(CONFIRM_EMAIL, {"code": code_in(mailoutbox[0])})
        assert events() == [
            ("account_created", {}),
            ("sign_in_failed", {"way": "address_code", "reason": "wrong"}),
            ("address_confirmed", {}),
            ("signed_in", {}),
        ]

    def test_is_undone_if_it_cannot_be_recorded(self, client, user, monkeypatch):
        def fail(*_):
            raise RuntimeError

        monkeypatch.setattr("accounts.events.record_sign_in", fail)
        client.raise_request_exception = False
        assert sign_in(client, user.email).status_code == 500
        user.refresh_from_db()
        assert user.last_login is None
        assert not client.get("/").context["user"].is_authenticated


class TestFailure:
    def test_of_a_password(self, client, user):
        sign_in(client, user.email, "wrong")
        failed = {"way": "password", "reason": "wrong"}
        assert events() == [("sign_in_failed", failed)]
        assert (last().actor, last().person) == (None, user)

    def test_with_another_address_of_the_user(self, client, user):
        other = EmailAddress.objects.create(user=user, email="b@example.com")
        sign_in(client, other.email, "wrong")
        assert last().person == user

    def test_of_an_unknown_address_is_not_recorded(self, client, db, mailoutbox):
        sign_in(client, "nobody@example.com", "wrong")
        client.post(LOGIN_CODE, {"email": "nobody@example.com"})
        client.post(f"{LOGIN_CODE}confirm/", {"code": "wrong"})
        assert events() == []

    def test_of_an_emailed_code(self, client, user):
        client.post(LOGIN_CODE, {"email": user.email})
        client.post(f"{LOGIN_CODE}confirm/", {"code": "wrong"})
        assert events() == [("sign_in_failed", {"way": "code", "reason": "wrong"})]

    def test_of_a_second_factor(self, client, user):
        add_authenticator_app(user)
        sign_in(client, user.email)
        client.post(SECOND_FACTOR, {"code": "123123"})
        client.post(SECOND_FACTOR, {"credential": "[1]"})
        assert events() == [
            ("sign_in_failed", {"way": "totp", "reason": "wrong"}),
            ("sign_in_failed", {"way": "webauthn", "reason": "wrong"}),
        ]

    def test_of_an_identity_check(self, signed_in, user):
        signed_in.post(REAUTHENTICATE, {"password": "wrong"})
        failed = {"way": "password", "reason": "wrong"}
        assert events() == [("identity_check_failed", failed)]

    def test_of_a_deactivated_account(self, client, user):
        User.objects.update(is_active=False)
        sign_in(client, user.email)
        failed = {"way": "password", "reason": "deactivated"}
        assert events() == [("sign_in_failed", failed)]

    def test_of_a_deactivated_account_at_the_organisation(
        self, client, db, organisation
    ):
        sign_in_with_organisation(client, organisation)
        events()
        User.objects.update(is_active=False)
        sign_in_with_organisation(Client(), organisation)
        failed = {"way": "organisation", "reason": "deactivated"}
        assert events() == [("sign_in_failed", failed)]

    @pytest.mark.usefixtures("organisation")
    def test_where_only_the_organisation_is_allowed(self, client, user, settings):
        settings.PASSWORD_SIGN_IN = "administrators"
        settings.PASSWORD_SIGN_IN_ADDRESSES = ["boss@example.com"]
        sign_in(client, user.email)
        failed = {"way": "password", "reason": "organisation_only"}
        assert events() == [("sign_in_failed", failed)]

    def test_many_in_one_hour_are_left_out(self, client, user, monkeypatch):
        monkeypatch.setattr(sign_in_events, "FAILURES", Limit("test", 2, 10**9))
        for _ in range(4):
            sign_in(client, user.email, "wrong")
        reasons = [details["reason"] for _action, details in events()]
        assert reasons == ["wrong", "wrong", "too_many"]


class TestOwnAccount:
    @pytest.fixture(autouse=True)
    def reauthenticated(self, client, user):
        sign_in(client, user.email)
        reauthenticate(client)
        events()

    def test_a_new_password(self, client):
        data = {"oldpassword": PASSWORD, **NEW_PASSWORD}
        client.post("/accounts/password/change/", data)
        assert events() == [("password_changed", {})]

    def test_a_new_password_without_a_mail_is_no_event(self, client, user):
        client.raise_request_exception = False
        data = {"oldpassword": PASSWORD, **NEW_PASSWORD}
        with mail_server_down():
            client.post("/accounts/password/change/", data)
        user.refresh_from_db()
        is_changed = not user.check_password(PASSWORD)
        assert bool(events()) == is_changed

    def test_a_reset_password(self, user, mailoutbox):
        client = Client()
        confirm = client.post("/accounts/password/reset/", {"email": user.email}).url
        complete = client.post(confirm, {"code": code_in(mailoutbox[0])}).url
        client.post(complete, NEW_PASSWORD)
        assert [event for event in events() if event[0] != "address_confirmed"] == [
            ("password_reset", {}),
            ("signed_in", {"way": "password_reset"}),
        ]

    def test_addresses(self, client, user, mailoutbox):
        client.post("/accounts/email/", {"action_add": "", "email": "b@example.com"})
        client.post(CONFIRM_EMAIL, {"code": code_in(mailoutbox[-1])})
        data = {"email": "b@example.com"}
        client.post("/accounts/email/", {"action_primary": "", **data})
        client.post("/accounts/email/", {"action_remove": "", "email": user.email})
        actions = [action for action, _details in events()]
        assert actions[-3:] == [
            *("address_confirmed", "address_changed", "address_removed")
        ]

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("stopped_clock")
    def test_second_factors(self, client):
        secret = secret_in(client.get("/accounts/2fa/totp/activate/"))
        client.post("/accounts/2fa/totp/activate/", {"code": totp_code(secret)})
        client.post("/accounts/2fa/recovery-codes/generate/")
        client.post("/accounts/2fa/totp/deactivate/")
        assert events() == [
            ("factor_added", {"factor": "totp"}),
            ("factor_added", {"factor": "recovery_codes"}),
            ("factor_renewed", {"factor": "recovery_codes"}),
            ("factor_removed", {"factor": "totp"}),
            ("factor_removed", {"factor": "recovery_codes"}),
        ]

    def test_a_provider(self, client, github, user):
        sign_in_with_github(client, process="connect")
        client.post("/accounts/3rdparty/", {"account": user.socialaccount_set.get().pk})
        assert events() == [
            ("provider_linked", {"way": "github"}),
            ("provider_unlinked", {"way": "github"}),
        ]

    def test_own_data(self, client):
        file = client.get("/accounts/data/cairn.json").content
        client.post(
            "/accounts/data/upload/", {"file": SimpleUploadedFile("a.json", file)}
        )
        assert events() == [
            ("data_downloaded", {"file": "JSON"}),
            ("data_imported", {}),
        ]

    def test_deletion_leaves_the_number(self, client, user):
        number = user.pk
        client.post("/accounts/delete/")
        assert ("account_deleted", {}) in events()
        assert last().person_id == last().actor_id == number
        assert not User.objects.exists()


@pytest.mark.parametrize("has_password", [True, False])
def test_a_provider_after_an_identity_check(
    signed_in, github, user, mailoutbox, has_password
):
    if not has_password:
        user.set_unusable_password()
        user.save()
        signed_in.force_login(user)
    sign_in_with_github(signed_in, process="connect")
    assert events() == []
    if has_password:
        reauthenticate(signed_in)
    else:
        path = f"{REAUTHENTICATE}code/"
        signed_in.post(path, {"send": ""})
        signed_in.post(path, {"code": code_in(mailoutbox[-1])})
    assert events() == [("provider_linked", {"way": "github"})]


class TestPeopleInTheAdmin:
    def save(self, client, person, **changes):
        data = {"email": person.email, "name": "", "is_active": "on"} | changes
        data = {key: value for key, value in data.items() if value is not None}
        response = client.post(f"{USERS}{person.pk}/change/", data)
        assert response.status_code == 302

    def test_two_administrators_change_what_a_person_may_do(self, admin, boss, user):
        editors = Group.objects.get(name="Editors")
        view = Permission.objects.get(codename="view_auditevent")
        second = UserFactory(is_staff=True, is_superuser=True)
        other = Client()
        other.force_login(second)
        self.save(admin, user, is_staff="on", groups=[editors.pk])
        change = {"before": "", "after": "staff, group Editors"}
        assert events() == [("permissions_changed", change)]
        assert (last().actor, last().person) == (boss, user)
        self.save(other, user, is_superuser="on", user_permissions=[view.pk])
        after = "administrator, accounts.view_auditevent"
        change = {"before": "staff, group Editors", "after": after}
        assert events() == [("permissions_changed", change)]
        assert last().actor == second

    def test_saving_without_a_change_is_no_event(self, admin, user):
        self.save(admin, user)
        self.save(admin, user, name="Ada")
        assert events() == []

    def test_active_and_address(self, admin, boss, user):
        self.save(admin, user, is_active=None)
        self.save(admin, user)
        self.save(admin, user, email="other@example.com")
        assert events() == [
            ("account_deactivated", {}),
            ("account_activated", {}),
            ("address_changed", {}),
        ]
        assert (last().actor, last().person) == (boss, user)

    def test_a_new_person(self, admin, boss):
        password = {"password1": NEW_PASSWORD["password1"]}
        password |= {"password2": password["password1"], "usable_password": "true"}
        admin.post(f"{USERS}add/", {"email": "new@example.com", **password})
        assert events() == [("account_created", {})]
        person = User.objects.get(email="new@example.com")
        assert (last().actor, last().person) == (boss, person)

    def test_a_new_password(self, admin, boss, user):
        data = {**NEW_PASSWORD, "usable_password": "true"}
        admin.post(f"{USERS}{user.pk}/password/", data)
        assert events() == [("password_changed", {})]
        assert (last().actor, last().person) == (boss, user)

    def test_deactivation_and_deletion_of_many(self, admin, boss, user):
        data = {"_selected_action": [user.pk]}
        deactivate = {"action": "deactivate_selected", "confirmed": "yes"}
        admin.post(USERS, data | deactivate)
        admin.post(USERS, data | {"action": "delete_selected", "post": "yes"})
        assert events() == [("account_deactivated", {}), ("account_deleted", {})]
        assert (last().actor, last().person_id) == (boss, user.pk)

    def test_a_removed_second_factor_address_and_provider(self, admin, boss, user):
        address = EmailAddress.objects.create(user=user, email="b@example.com")
        linked = SocialAccount.objects.create(user=user, provider="github", uid="1")
        for path, row in (
            ("mfa/authenticator", add_authenticator_app(user)),
            ("account/emailaddress", address),
            ("socialaccount/socialaccount", linked),
        ):
            admin.post(f"/admin/{path}/{row.pk}/delete/", {"post": "yes"})
            assert (last().actor, last().person) == (boss, user)
        assert events() == [
            ("factor_removed", {"factor": "totp"}),
            ("address_removed", {}),
            ("provider_unlinked", {"way": "github"}),
        ]

    def test_permission_groups(self, admin, boss):
        view = Permission.objects.get(codename="view_auditevent")
        admin.post(f"{GROUPS}add/", {"name": "Auditors", "permissions": [view.pk]})
        group = Group.objects.get(name="Auditors")
        admin.post(f"{GROUPS}{group.pk}/change/", {"name": "Auditors"})
        admin.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"})
        name = {"permission_group": "Auditors"}
        permission = "accounts.view_auditevent"
        action = "group_permissions_changed"
        assert events() == [
            (action, {**name, "before": "", "after": permission}),
            (action, {**name, "before": permission, "after": ""}),
            (action, {**name, "before": "", "after": ""}),
        ]
        assert last().actor == boss

    def test_an_invitation(self, admin, boss):
        admin.post("/admin/accounts/invitation/add/", {"address": "new@example.com"})
        number = Invitation.objects.get().pk
        assert events() == [("person_invited", {"invitation": number})]
        assert last().actor == boss


class TestCommands:
    def run(self, *arguments):
        call_command(*arguments, stdout=StringIO())

    def test_a_new_administrator(self, db):
        self.run("make_administrator", "boss@example.com")
        change = {"before": "", "after": "administrator, staff"}
        assert events() == [
            ("account_created", {}),
            ("permissions_changed", change),
        ]
        assert last().actor is None
        assert last().person.email == "boss@example.com"

    def test_an_existing_person_becomes_the_administrator(self, user):
        self.run("make_administrator", user.email)
        change = {"before": "", "after": "administrator, staff"}
        assert events() == [("permissions_changed", change)]

    def test_people_who_leave(self, boss, user, tmp_path):
        file = tmp_path / "leavers.csv"
        file.write_text(user.email)
        for _ in range(2):
            self.run("deactivate_people", file)
        assert events() == [("account_deactivated", {})]
        assert (last().actor, last().person) == (None, user)

    def test_accounts_that_were_never_confirmed(self, db):
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        user = User.objects.create_user("a@example.com", date_joined=long_ago)
        self.run("cleanup")
        assert events() == [("account_deleted", {})]
        assert last().person_id == user.pk
