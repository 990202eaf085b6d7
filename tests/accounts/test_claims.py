"""The claim of the organisation: how it is read, and the roles on the site by it."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.audit import AuditAction, AuditEvent
from accounts.models import User
from accounts.openid_connect.claims import read_values
from tests.accounts.actions import is_signed_in, sign_in_with_organisation

SITE_ROLES = {
    "staff": ["editors", "office"],
    "Editors": ["editors"],
    "Publishers": ["publishers"],
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def site_roles(organisation, settings):
    """Settings for all three roles."""
    app = organisation.app(site_roles=SITE_ROLES)
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APP": app}}


def sign_in(organisation, claim):
    """Sign in in a new browser, and return the user."""
    organisation.person["groups"] = claim
    browser = Client()
    sign_in_with_organisation(browser, organisation)
    assert is_signed_in(browser)
    return User.objects.get(email="ada@school.example")


def roles(user):
    names = set(user.groups.values_list("name", flat=True))
    return names | ({"staff"} if user.is_staff else set())


SITE_ROLE_ACTIONS = [AuditAction.SITE_ROLE_GIVEN, AuditAction.SITE_ROLE_TAKEN]


def events():
    found = AuditEvent.objects.filter(action__in=SITE_ROLE_ACTIONS).order_by("pk")
    return [(e.action, e.actor_id, e.details["role"]) for e in found]


GUID = "0b3c7d5e-0000-4a6b-9c1d-2e3f4a5b6c7d"


class TestReading:
    @pytest.mark.parametrize(
        ("path", "claims", "values"),
        [
            # Keycloak: groups with their paths, roles of the realm and of a client
            ("groups", {"groups": ["/school/7b", "/staff"]}, ["/school/7b", "/staff"]),
            ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, ["a"]),
            (
                "resource_access.my.client.roles",
                {"resource_access": {"my": {}, "my.client": {"roles": ["a"]}}},
                ["a"],
            ),
            # Entra
            ("groups", {"groups": [GUID]}, [GUID]),
            ("roles", {"roles": ["Cairn.Editor"]}, ["Cairn.Editor"]),
            # Auth0
            ("https://a.example/groups", {"https://a.example/groups": ["a"]}, ["a"]),
            ("groups", {"groups": "a"}, ["a"]),
            ("groups", {"groups": ["b", "a", "b"]}, ["a", "b"]),
            ("groups", {"groups": []}, []),
            ("groups", {"groups": None}, []),
            ("groups", {}, []),  # Google
            ("realm_access.roles", {"realm_access": ["roles"]}, []),
            ("groups", {"groups": ["a", "", "b\0", "c\nd", "x" * 201]}, ["a"]),
        ],
    )
    def test_shapes(self, path, claims, values):
        assert read_values(claims, path) == values

    @pytest.mark.parametrize("claim", [7, True, {"a": 1}, ["a", 7], [["a"]], [None]])
    def test_anything_else_is_ignored_and_logged(self, claim, capture_logs):
        assert read_values({"groups": claim}, "groups") is None
        [line] = capture_logs
        assert line["event"] == "claim_ignored"
        assert line["claim"] == "groups"

    def test_a_claim_that_is_kept_elsewhere(self, capture_logs):
        """Entra's answer for somebody in more than 200 groups."""
        claims = {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}}
        assert read_values(claims, "groups") is None
        assert capture_logs[0]["reason"] == "is kept elsewhere"


class TestSiteRoles:
    def test_are_given_at_the_sign_in(self, site_roles, organisation):
        user = sign_in(organisation, ["editors", "publishers"])
        assert roles(user) == {"staff", "Editors", "Publishers"}
        assert events() == [
            (AuditAction.SITE_ROLE_GIVEN, None, "staff"),
            (AuditAction.SITE_ROLE_GIVEN, None, "editors"),
            (AuditAction.SITE_ROLE_GIVEN, None, "publishers"),
        ]

    @pytest.mark.parametrize("claim", [["office"], [], None, "office"])
    def test_are_taken_at_the_next_sign_in(self, site_roles, organisation, claim):
        sign_in(organisation, ["editors", "publishers"])
        user = sign_in(organisation, claim)
        assert roles(user) == ({"staff"} if claim and "office" in claim else set())
        assert AuditEvent.objects.filter(action=AuditAction.SITE_ROLE_TAKEN).exists()

    def test_a_role_that_was_given_by_hand_is_taken_too(self, site_roles, organisation):
        user = sign_in(organisation, [])
        user.groups.add(Group.objects.get(name="Editors"))
        assert roles(sign_in(organisation, [])) == set()

    def test_a_claim_that_makes_no_sense_changes_nothing(
        self, site_roles, organisation
    ):
        sign_in(organisation, ["editors"])
        assert roles(sign_in(organisation, 7)) == {"staff", "Editors"}

    def test_a_role_without_a_setting_is_untouched(self, organisation):
        user = sign_in(organisation, ["editors", "staff", "Editors"])
        assert roles(user) == set()
        user.groups.add(Group.objects.get(name="Publishers"))
        User.objects.update(is_staff=True)
        assert roles(sign_in(organisation, [])) == {"staff", "Publishers"}
        assert events() == []

    def test_a_superuser_is_untouched(self, site_roles, organisation):
        sign_in(organisation, [])
        User.objects.update(is_staff=True, is_superuser=True)
        user = sign_in(organisation, ["publishers"])
        assert user.is_superuser
        assert roles(user) == {"staff"}

    def test_another_sign_in_changes_nothing(self, site_roles, organisation):
        sign_in(organisation, ["editors"])
        recorded = events()
        assert roles(sign_in(organisation, ["editors"])) == {"staff", "Editors"}
        assert events() == recorded

    def test_a_permission_group_that_was_deleted(
        self, site_roles, organisation, capture_logs
    ):
        Group.objects.get(name="Editors").delete()
        assert roles(sign_in(organisation, ["editors"])) == {"staff"}
        assert "permission_group_missing" in [line["event"] for line in capture_logs]

    def test_an_error_does_not_block_the_sign_in(
        self, site_roles, organisation, monkeypatch
    ):
        def fail(*args):
            User.objects.raw("SELECT 1 / 0 AS id")[0]

        monkeypatch.setattr("accounts.openid_connect.site_roles.record", fail)
        assert roles(sign_in(organisation, ["editors"])) == set()  # nothing half done


def test_the_claim_may_be_in_the_user_info(site_roles, organisation):
    organisation.claims_in_id_token = False
    assert roles(sign_in(organisation, "office")) == {"staff"}


def test_the_claim_of_the_id_token_holds_if_only_the_address_is_elsewhere(
    site_roles, organisation
):
    organisation.claims_in_id_token = False
    organisation.id_token_changes["groups"] = ["office"]
    organisation.user_info_changes["name"] = "Ada"
    organisation.person.pop("groups", None)
    browser = Client()
    sign_in_with_organisation(browser, organisation)
    assert roles(User.objects.get()) == {"staff"}


def test_an_address_from_the_user_info_is_not_verified_by_the_id_token(organisation):
    organisation.claims_in_id_token = False
    organisation.id_token_changes["email_verified"] = True
    del organisation.person["email_verified"]
    assert sign_in_with_organisation(Client(), organisation).status_code == 403
    assert not User.objects.exists()
