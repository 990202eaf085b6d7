"""The admin's lists of people and of what belongs to them: there may be millions."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import Invitation, User
from core import large_tables
from tests.factories import UserFactory
from tests.html import read_html
from tests.plans import read_plans

USERS = "/admin/accounts/user/"
ADDRESSES = "/admin/account/emailaddress/"
ACCOUNTS = "/admin/socialaccount/socialaccount/"
INVITATIONS = "/admin/accounts/invitation/"
FACTORS = "/admin/mfa/authenticator/"
EVENTS = "/admin/accounts/auditevent/"
TASKS = "/admin/django_tasks_database/dbtaskresult/"


@pytest.fixture
def ada(db):
    return UserFactory(email="ada@example.com", name="Ada Lovelace")


def listed(client, path):
    return list(client.get(path).context["cl"].result_list)


@pytest.mark.parametrize(
    ("term", "finds"),
    [
        ("ada@", True),
        (" ADA@example.com ", True),
        ("lovel", True),
        ("love ada", True),
        ("'!:*&", False),
        ("example.com", False),
        ("velace", False),
    ],
)
def test_users_are_found_by_the_beginning_of_words(admin_client, ada, term, finds):
    assert (
        ada in listed(admin_client, f"{USERS}?q={term.replace('&', '%26')}")
    ) is finds


def test_rows_of_people_are_found_by_their_address(admin_client, ada):
    other = EmailAddress.objects.create(user=ada, email="countess@example.com")
    account = SocialAccount.objects.create(user=ada, provider="github", uid="815")
    assert other in listed(admin_client, f"{ADDRESSES}?q=Ada@")
    assert listed(admin_client, f"{ADDRESSES}?q=COUNT") == [other]
    assert listed(admin_client, f"{ADDRESSES}?q={ada.pk}") == list(
        ada.emailaddress_set.order_by("-pk")
    )
    assert listed(admin_client, f"{ACCOUNTS}?q=ada@") == [account]
    assert listed(admin_client, f"{ACCOUNTS}?q=nobody") == []


def test_accounts_are_found_by_their_number_at_the_provider(
    admin_client, ada, settings
):
    settings.SOCIALACCOUNT_PROVIDERS = {"github": {}}
    account = SocialAccount.objects.create(user=ada, provider="github", uid="a815")
    assert listed(admin_client, f"{ACCOUNTS}?q=a815") == [account]
    assert listed(admin_client, f"{ACCOUNTS}?provider=github") == [account]
    assert listed(admin_client, f"{ACCOUNTS}?provider=google") == []


def test_invitations_are_found_by_the_beginning_of_the_address(admin_client):
    invitation = Invitation.objects.create(address="eve@example.com")
    assert listed(admin_client, f"{INVITATIONS}?q=EVE@") == [invitation]
    assert listed(admin_client, f"{INVITATIONS}?q=example") == []


def test_a_long_list_shows_the_first_rows_and_says_so(admin_client, ada, monkeypatch):
    assert "2 users" in read_html(admin_client.get(USERS))
    monkeypatch.setattr(large_tables, "MAX_LISTED", 1)
    page = admin_client.get(USERS)
    assert "More than 1 users. The list shows only the first 1" in read_html(page)
    assert page.context["cl"].result_count == 1


@pytest.mark.parametrize("path", [USERS, ADDRESSES, EVENTS])
def test_an_address_cannot_ask_for_an_order_without_an_index(admin_client, ada, path):
    ordered = [listed(admin_client, f"{path}?o={sign}3") for sign in ("", "-")]
    assert ordered[0] == ordered[1] == listed(admin_client, path)


@pytest.mark.parametrize(
    ("path", "table", "index"),
    [
        (f"{USERS}?q=ada", "accounts_user", "user_name_words"),
        (f"{USERS}?is_staff__exact=1", "accounts_user", "user_is_staff"),
        (f"{USERS}?is_superuser__exact=1", "accounts_user", "user_is_staff"),
        (f"{USERS}?is_active__exact=0", "accounts_user", "user_is_deactivated"),
        (f"{EVENTS}?q=ada", "accounts_user", "accounts_user_email_"),
        (f"{EVENTS}?action__exact=group_left", "accounts_auditevent", "audit_action"),
        (f"{EVENTS}?kind=administration", "accounts_auditevent", "audit_action"),
        (f"{INVITATIONS}?q=ada", "accounts_invitation", "accounts_invitation_address_"),
        (INVITATIONS, "accounts_invitation", "invitation_date"),
        (
            f"{INVITATIONS}?used_at__isempty=1",
            "accounts_invitation",
            "invitation_is_open",
        ),
        (
            f"{ADDRESSES}?verified__exact=0",
            "account_emailaddress",
            "cairn_address_unconfirmed",
        ),
        (
            f"{ADDRESSES}?primary__exact=0",
            "account_emailaddress",
            "cairn_address_secondary",
        ),
        (f"{FACTORS}?type__exact=webauthn", "mfa_authenticator", "cairn_factor_type"),
        (
            f"{ACCOUNTS}?q=ada",
            "socialaccount_socialaccount",
            "cairn_provider_address",
        ),
        (TASKS, "django_tasks_database_dbtaskresult", "cairn_task_date"),
        ("/admin/", "django_admin_log", "cairn_admin_log_user"),
        (
            f"{USERS}1/history/",
            "django_admin_log",
            "cairn_admin_log_object",
        ),
    ],
)
def test_lists_read_along_an_index(admin_client, path, table, index):
    if path.endswith("1/history/"):
        path = f"{USERS}{User.objects.get().pk}/history/"
    with read_plans(table) as plans:
        assert admin_client.get(path).status_code == 200
    assert any(index in plan for plan in plans), "\n\n".join(plans)
    assert not any(f"Seq Scan on {table}" in plan for plan in plans[-1:])


def test_the_sign_in_page_looks_for_passkeys_along_an_index(db):
    with read_plans("mfa_authenticator") as plans:
        Client().get("/accounts/login/")
    assert len(plans) == 1
    assert "cairn_factor_type" in plans[0]
