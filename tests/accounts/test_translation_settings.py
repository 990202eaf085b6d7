"""Everything about a person's settings and data can be translated, in each state."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client

from accounts.audit import AuditAction, AuditEvent
from accounts.models import Device, Invitation
from config.context_processors import site_context
from groups.models import Comment, Confirmation, Membership, WorkLink
from progress.models import Completion
from tests.accounts.actions import reauthenticate, signed_in_browser
from tests.accounts.second_factors import (
    add_authenticator_app,
    add_passkey,
    add_recovery_codes,
)
from tests.factories import MembershipFactory, UserFactory
from tests.pseudo_language import (
    assert_page_is_translated,
    pseudo_language,
)

SETTINGS = "/accounts/settings/"
MFA = "/accounts/2fa/"
# Names of products and time zones, the name of a passkey, and an unknown host.
NAMES = ["Firefox", "Windows", "GitHub", "Google", "Cairn", "Laptop", "UTC", "IP"]
NAMES += ["Markdown", "JSON", "CSV", "TOTP", "PIN", "HTTPS", "MB", "QR", "testserver"]

# Texts of the header, the footer and other pages.
OTHERS = [
    "Follow a learning roadmap one step at a time, and see how far you are",
    "asks for it: ",
    "set it up",
    "signed in without two-factor authentication, which development allows",
    "In production the admin",
    "You’re",
    *("Skip to the content", "Site", "one stone at a time", "Sign in", "Sign out"),
    *("Roadmaps", "Search", "Progress", "Settings", "Privacy", "View site", "Steps"),
    *("Theme", "System", "Light", "Dark", "Content"),
]


@pytest.fixture(autouse=True)
def translated(greek):
    with pseudo_language():
        yield


@pytest.fixture
def person(greek_learner):
    reauthenticate(greek_learner)
    return greek_learner


@pytest.fixture
def full(person, user, greek, settings):
    """A client of a user who has everything that the pages can show."""
    signed_in_browser(user)
    settings.SOCIALACCOUNT_PROVIDERS = {"github": {}, "google": {}}
    for email in ("second@example.com", "third@example.com"):
        verified = email.startswith("second")
        EmailAddress.objects.create(user=user, email=email, verified=verified)
    add_authenticator_app(user)
    add_recovery_codes(user)
    add_passkey(user)
    SocialAccount.objects.create(user=user, provider="github", uid="42")
    Completion.objects.create(
        user=user, roadmap=greek, completed_at="2026-05-03T00:00Z"
    )
    Authenticator.objects.update(last_used_at="2026-05-03T00:00Z")
    add_group_data(user, greek)
    return person


def assert_translated(response, *expected):
    assert_page_is_translated(response, *expected, *NAMES, *OTHERS)


def add_group_data(user, greek):
    step = greek.steps.first()
    group = MembershipFactory(user=user, role="owner", group__name="Ομάδα").group
    Membership.objects.create(user=UserFactory(name="Νίκος"), group=group)
    url = "https://nero.example/"
    WorkLink.objects.create(user=user, step=step, url=url)
    for learner in (user, UserFactory()):
        row = {"user": learner, "step": step, "group_name": "Ομάδα"}
        Confirmation.objects.create(confirmed_by=user, **row)
    comment = {"group": group, "member": user, "step": step, "text": "Ναι"}
    Comment.objects.create(author=user, **comment)
    AuditEvent.objects.create(action=AuditAction.GROUP_CREATED, person=user)


def check(client, path, *expected):
    response = client.get(path, follow=True)
    assert response.status_code == 200
    assert_translated(response, *expected)


def time_zones(response):
    choices = response.context["time_zone_form"].fields["time_zone"].choices
    groups = [group for group in choices if isinstance(group[1], list)]
    labels = [label for _, zones in groups for _, label in zones]
    # The longest first, since each is taken out of the page's text.
    return sorted([*(region for region, _ in groups), *labels], key=len, reverse=True)


@pytest.mark.parametrize("kind", ["person", "full"])
def test_the_settings(kind, request):
    client = request.getfixturevalue(kind)
    zones = time_zones(client.get(SETTINGS))
    check(client, SETTINGS, *zones)
    user = client.get(SETTINGS).context["user"]
    user.set_unusable_password()
    user.save()
    client = Client()
    client.force_login(user)
    check(client, SETTINGS, *zones)


@pytest.mark.parametrize("kind", ["person", "full"])
@pytest.mark.parametrize(
    "path",
    [
        "/accounts/email/",
        "/accounts/delete/",
        "/accounts/data/",
        "/accounts/3rdparty/",
        MFA,
        f"{MFA}webauthn/add/",
    ],
)
def test_the_pages_that_the_settings_link_to(kind, path, request):
    check(request.getfixturevalue(kind), path)


def test_saving_and_errors(person):
    zones = time_zones(person.get(SETTINGS))
    for fields in (
        {"section": "name", "name": "Α"},
        {"section": "name", "name": "\u202e"},
        {"section": "time-zone", "time_zone": "Ατλαντίς"},
    ):
        response = person.post(SETTINGS, fields, follow=True)
        assert_translated(response, *zones)
    for email in ("", "λάθος"):
        fields = {"email": email, "action_add": ""}
        assert_translated(person.post("/accounts/email/", fields))


@pytest.mark.parametrize("path", ["devices/sign-out-others/", "devices/{}/sign-out/"])
def test_signing_out_devices(full, user, path):
    zones = time_zones(full.get(SETTINGS))
    session = user.usersession_set.get(user_agent__contains="Firefox")
    response = full.post(f"{SETTINGS}{path.format(session.pk)}", follow=True)
    assert_translated(response, *zones)


def test_a_new_browser_has_the_same_name_in_every_language(user):
    signed_in_browser(user)
    assert Device.objects.get().name == "Firefox on Windows"


class TestTwoFactorAuthentication:
    def test_setting_up_an_app(self, person):
        path = f"{MFA}totp/activate/"
        check(person, path)
        assert_translated(person.post(path, {"code": "000000"}))

    @pytest.mark.parametrize(
        "path",
        ["totp/deactivate/", "recovery-codes/", "recovery-codes/generate/"],
    )
    def test_the_pages_of_an_app(self, full, path):
        check(full, f"{MFA}{path}")

    def test_new_recovery_codes(self, full):
        response = full.post(f"{MFA}recovery-codes/generate/", follow=True)
        assert_translated(response)

    @pytest.mark.parametrize("action", ["edit", "remove"])
    def test_the_pages_of_a_passkey(self, full, user, action):
        passkey = user.authenticator_set.get(type="webauthn")
        check(full, f"{MFA}webauthn/keys/{passkey.pk}/{action}/")

    def test_without_https(self, person, settings):
        settings.MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
        check(person, MFA)


class TestDeletion:
    def test_of_the_last_administrator(self, person, user):
        user.is_superuser = True
        user.save()
        check(person, "/accounts/delete/")

    def test_a_deleted_account(self, person):
        response = person.post("/accounts/delete/", follow=True)
        assert_translated(response)


@pytest.mark.parametrize("contact", ["", "help@example.org"])
def test_the_privacy_page(client, settings, contact):
    settings.CONTACT_EMAIL = contact
    check(client, "/privacy/")


@pytest.mark.parametrize("code", [403, 404, 405, 413, 500, 503])
def test_the_error_pages(code):
    page = render_to_string(f"{code}.html", site_context() | {"request_id": "7"})
    assert_translated(HttpResponse(page))


class TestAdmin:
    USERS, INVITATIONS = "/admin/accounts/user/", "/admin/accounts/invitation/"
    AUTHENTICATORS = "/admin/mfa/authenticator/"
    ADDRESSES = "/admin/account/emailaddress/"
    GROUPS = ["Editors", "Publishers"]

    @pytest.fixture
    def admin(self, admin_client, user):
        add_authenticator_app(user)
        Invitation.objects.create(address="new@example.com")
        return admin_client

    def test_lists(self, admin):
        for path in (
            self.USERS,
            self.INVITATIONS,
            self.AUTHENTICATORS,
            self.ADDRESSES,
        ):
            check(admin, path, *self.GROUPS)

    def test_the_audit_trail(self, admin, user):
        details = {"group": "Ομάδα", "group_id": 7, "roadmap": "odos", "step": "Βήμα"}
        details |= {"way": "password", "factor": "totp", "reason": "wrong"}
        for action in AuditAction:
            for number in (user.pk, user.pk + 1000):
                AuditEvent.objects.create(
                    action=action, actor_id=number, details={**details, "role": "owner"}
                )
        path = "/admin/accounts/auditevent/"
        admin.get(f"{path}audit-trail.csv")
        check(admin, path, "odos", "CSV")
        check(admin, f"{path}?kind=accounts", "odos")
        event = AuditEvent.objects.last()
        check(admin, f"{path}{event.pk}/change/", "odos")
        for path in ("/admin/", "/admin/auth/group/"):
            check(admin, path, *self.GROUPS)

    def test_forms(self, admin, user):
        for path in (
            f"{self.USERS}add/",
            f"{self.INVITATIONS}add/",
            f"{self.AUTHENTICATORS}{user.authenticator_set.get().pk}/change/",
        ):
            check(admin, path)

    def test_inviting(self, admin):
        invitation = Invitation.objects.get()
        again = {"action": "send_again", "_selected_action": [invitation.pk]}
        page = admin.post(self.INVITATIONS, again, follow=True)
        assert_translated(page)
        UserFactory(email="ada@example.com")
        for address in ("ada@example.com", "λάθος"):
            page = admin.post(f"{self.INVITATIONS}add/", {"address": address})
            assert_translated(page)
