"""Groups by the claim of the organisation, with which people sign in."""

import pytest
from django.db import IntegrityError
from django.test import Client

from accounts.audit import AuditAction, AuditEvent
from accounts.models import User
from groups.models import Group, Membership, SharedRoadmap, Suggestion
from groups.roles import Role
from tests.accounts.actions import is_signed_in, sign_in_with_organisation
from tests.accounts.second_factors import add_authenticator_app, totp_code
from tests.factories import AssignmentFactory, GroupFactory, MembershipFactory
from tests.html import read_html

INDEX = "/groups/"


@pytest.fixture
def group(db):
    """A group that follows the claim, with an owner."""
    group = GroupFactory(
        name="Class 7", purpose="We cook.", member_claim="7b", mentor_claim="teachers"
    )
    MembershipFactory(group=group, role=Role.OWNER, user__name="Olga")
    return group


@pytest.fixture
def path(group):
    return f"/groups/{group.pk}/join/"


@pytest.fixture
def sign_in(organisation):
    """A function that signs Ada in with a claim, and returns the browser."""

    def sign_in(claim):
        organisation.person["groups"] = claim
        browser = Client()
        sign_in_with_organisation(browser, organisation)
        assert is_signed_in(browser)
        return browser

    return sign_in


def get_role(group):
    found = group.memberships.filter(user__email="ada@school.example").first()
    return found and found.role


class TestSuggestion:
    def test_is_on_the_next_page_and_makes_no_member(self, sign_in, organisation, path):
        organisation.person["groups"] = ["7b"]
        browser = Client()
        sign_in_with_organisation(browser, organisation)
        page = read_html(browser.get("/"))
        assert "Your organisation suggests a group:" in page
        assert f'<a href="{path}">Class 7</a>.' in page
        assert "suggests a group" not in read_html(browser.get("/"))
        assert Membership.objects.count() == 1

    def test_several_lead_to_the_list(self, sign_in, organisation, group):
        GroupFactory(name="Club", member_claim="7b")
        organisation.person["groups"] = ["7b"]
        browser = Client()
        sign_in_with_organisation(browser, organisation)
        page = read_html(browser.get("/"))
        assert 'Your organisation suggests groups: see <a href="/groups/">' in page

    def test_is_in_the_list_until_it_is_answered(self, sign_in, path):
        sign_in(["7b"])
        page = read_html(sign_in(["7b"]).get(INDEX))
        assert "Suggested by your organisation" in page
        assert f'<a href="{path}">Class 7</a>' in page
        assert "We cook." in page

    def test_is_only_for_the_value_as_it_is_written(self, sign_in, group):
        GroupFactory(name="Without a value")
        assert "Suggested" not in read_html(sign_in(["7B", "7", ""]).get(INDEX))

    @pytest.mark.parametrize("claim", [[], None, ["8a"]])
    def test_goes_with_the_claim(self, sign_in, path, claim):
        sign_in(["7b"])
        browser = sign_in(claim)
        assert not Suggestion.objects.exists()
        assert browser.get(path).status_code == 404

    def test_stays_if_the_claim_makes_no_sense(self, sign_in, group):
        sign_in(["7b"])
        assert "Class 7" in read_html(sign_in(7).get(INDEX))

    def test_goes_with_the_group(self, sign_in, group, path):
        browser = sign_in(["7b"])
        group.disband(group.memberships.get().user)
        assert browser.get(path).status_code == 404
        assert browser.post(path).status_code == 404
        assert "Suggested" not in read_html(browser.get(INDEX))
        sign_in(["7b"])

    def test_goes_for_somebody_who_joined_another_way(self, sign_in, group, path):
        browser = sign_in(["7b"])
        user = User.objects.get(email="ada@school.example")
        group.admit(user, group.invite(Role.MEMBER, actor=user))
        assert "Suggested" not in read_html(browser.get(INDEX))
        assert browser.get(path).url == f"/groups/{group.pk}/"
        sign_in([])
        assert get_role(group) == Role.MEMBER  # it did not come by the claim

    def test_can_be_dismissed(self, sign_in, group, path):
        browser = sign_in(["7b"])
        response = browser.post(f"/groups/{group.pk}/dismiss/", follow=True)
        page = read_html(response)
        assert "is no longer suggested to you." in page
        assert f'href="{path}"' not in page
        again = browser.post(f"/groups/{group.pk}/dismiss/", follow=True)
        assert "no longer" not in read_html(again)
        browser = sign_in(["7b"])
        assert "Suggested" not in read_html(browser.get(INDEX))
        assert browser.get(path).status_code == 404

    def test_is_of_nobody_else(self, sign_in, group, path, signed_in):
        sign_in(["7b"])
        assert signed_in.get(path).status_code == 404
        assert signed_in.post(path).status_code == 404
        signed_in.post(f"/groups/{group.pk}/dismiss/")
        assert Suggestion.objects.get().answered_at is None

    def test_mentors_see_nothing_before_somebody_joins(self, sign_in, group, client_of):
        AssignmentFactory(group=group)
        sign_in(["7b"])
        owner = client_of(group.memberships.get().user)
        for page in ("", "settings/", "progress.csv"):
            response = owner.get(f"/groups/{group.pk}/{page}")
            text = response.getvalue().decode()
            assert "Ada" not in text
            assert "ada@" not in text

    def test_visitors_sign_in_first(self, client, group, path):
        assert client.get(path).url.startswith("/accounts/login/")
        assert client.post(f"/groups/{group.pk}/dismiss/").status_code == 302
        assert client.put(path).status_code == 302

    def test_other_methods(self, signed_in, group, path):
        assert signed_in.put(path).status_code == 405
        assert signed_in.get(f"/groups/{group.pk}/dismiss/").status_code == 405

    def test_survives_a_second_factor(self, organisation, sign_in, group):
        sign_in([])
        add_authenticator_app(User.objects.get(email="ada@school.example"))
        organisation.person["groups"] = ["7b"]
        browser = Client()
        sign_in_with_organisation(browser, organisation)
        assert not is_signed_in(browser)
        assert not Suggestion.objects.exists()
        browser.post("/accounts/2fa/authenticate/", {"code": totp_code()})
        assert is_signed_in(browser)
        assert Suggestion.objects.get().group == group


class TestJoining:
    def test_shows_what_mentors_will_see_first(self, sign_in, group, path):
        AssignmentFactory(group=group, roadmap__title="Cooking")
        page = read_html(sign_in(["7b"]).get(path))
        assert "Suggested by your organisation" in page
        assert "What mentors will see" in page
        assert "for as long as your organisation assigns you to it" in page
        assert get_role(group) is None

    def test_is_the_persons_own_act(self, sign_in, group, path):
        assignment = AssignmentFactory(group=group)
        browser = sign_in(["7b"])
        response = browser.post(path, {"show": assignment.pk})
        assert response.url == f"/groups/{group.pk}/"
        membership = group.memberships.get(role=Role.MEMBER)
        assert membership.by_claim
        assert SharedRoadmap.objects.get().membership == membership
        event = AuditEvent.objects.get(action=AuditAction.GROUP_JOINED)
        assert event.actor_id == membership.user_id
        assert browser.post(path).url == f"/groups/{group.pk}/"  # the second press

    def test_as_a_mentor(self, sign_in, group, path):
        browser = sign_in(["teachers", "7b"])
        assert "You’re invited as a mentor." in read_html(browser.get(INDEX))
        assert "Join as a mentor" in read_html(browser.get(path))
        browser.post(path)
        assert get_role(group) == Role.MENTOR

    def test_a_member_becomes_a_mentor_by_their_own_act(self, sign_in, group, path):
        assignment = AssignmentFactory(group=group)
        sign_in(["7b"]).post(path, {"show": assignment.pk})
        browser = sign_in(["7b", "teachers"])
        assert get_role(group) == Role.MEMBER
        assert "you stop showing your progress" in read_html(browser.get(path))
        browser.post(path)
        assert get_role(group) == Role.MENTOR
        assert not SharedRoadmap.objects.exists()


class TestLoss:
    @pytest.mark.parametrize("claim", [[], None, ["8a"]])
    def test_ends_the_membership_at_the_next_sign_in(self, sign_in, group, path, claim):
        assignment = AssignmentFactory(group=group)
        sign_in(["7b"]).post(path, {"show": assignment.pk})
        browser = sign_in(claim)
        assert get_role(group) is None
        assert not SharedRoadmap.objects.exists()
        assert browser.get(f"/groups/{group.pk}/").status_code == 404
        event = AuditEvent.objects.get(action=AuditAction.MEMBER_REMOVED)
        assert event.actor_id is None
        assert event.person.email == "ada@school.example"

    @pytest.mark.parametrize(("claim", "is_told"), [("8a", True), ("7b", False)])
    def test_tells_the_person_on_the_next_page(
        self, sign_in, organisation, path, claim, is_told
    ):
        sign_in(["teachers"]).post(path)
        organisation.person["groups"] = [claim]
        browser = Client()
        sign_in_with_organisation(browser, organisation)
        told = "Your organisation no longer assigns you to Class 7, so"
        assert (told in read_html(browser.get("/"))) == is_told

    def test_a_mentor_becomes_a_member_at_once(self, sign_in, group, path):
        sign_in(["teachers"]).post(path)
        browser = sign_in(["7b"])
        assert get_role(group) == Role.MEMBER
        assert browser.get(f"/groups/{group.pk}/progress.csv").status_code == 404
        sign_in([])
        assert get_role(group) is None

    def test_a_role_that_was_changed_by_hand_stays(self, sign_in, group, path):
        sign_in(["7b"]).post(path)
        owner = group.memberships.owners().get().user
        membership = group.memberships.get(role=Role.MEMBER)
        membership.change_role(Role.MENTOR, actor=owner)
        sign_in(["7b"])
        assert get_role(group) == Role.MENTOR
        sign_in([])
        assert get_role(group) == Role.MENTOR

    def test_the_last_owner_stays(self, sign_in, group, path):
        sign_in(["teachers"]).post(path)
        former = group.memberships.owners().get()
        mine = group.memberships.get(role=Role.MENTOR)
        mine.change_role(Role.OWNER, actor=former.user)
        former.end(former.user)
        sign_in([])
        assert get_role(group) == Role.OWNER
        with pytest.raises(IntegrityError):
            Membership.objects.update(by_claim=True)

    def test_a_promotion_at_the_same_time_wins(self, sign_in, group, path):
        sign_in(["7b"]).post(path)
        stale = group.memberships.get(role=Role.MEMBER)
        owner = group.memberships.owners().get().user
        group.memberships.get(pk=stale.pk).change_role(Role.OWNER, actor=owner)
        stale.follow_claim(None)
        assert get_role(group) == Role.OWNER

    def test_one_that_has_just_ended(self, sign_in, group, path):
        sign_in(["7b"]).post(path)
        membership = group.memberships.get(role=Role.MEMBER)
        Membership.objects.filter(pk=membership.pk).delete()
        membership.follow_claim(None)
        assert get_role(group) is None

    def test_a_group_without_values_no_longer_follows_the_claim(
        self, sign_in, group, path
    ):
        sign_in(["7b"]).post(path)
        Group.objects.update(member_claim="", mentor_claim="")
        sign_in([])
        assert get_role(group) == Role.MEMBER

    def test_who_was_removed_is_not_asked_again(self, sign_in, group, path):
        sign_in(["7b"]).post(path)
        owner = group.memberships.owners().get().user
        group.memberships.get(role=Role.MEMBER).end(owner)
        browser = sign_in(["7b"])
        assert browser.get(path).status_code == 404
        assert browser.post(path).status_code == 404

    def test_who_gets_the_claim_again_is_asked_again(self, sign_in, group, path):
        sign_in(["7b"]).post(path)
        sign_in([])
        assert sign_in(["7b"]).get(path).status_code == 200


def test_an_error_does_not_block_the_sign_in(sign_in, group, monkeypatch):
    def fail(*args):
        User.objects.raw("SELECT 1 / 0 AS id")[0]

    monkeypatch.setattr("groups.claims.announce", fail)
    sign_in(["7b"])
    assert not Suggestion.objects.exists()


def test_a_sign_in_without_the_organisation_changes_nothing(sign_in, group, path):
    sign_in(["7b"]).post(path)
    Client().force_login(User.objects.get(email="ada@school.example"))
    assert get_role(group) == Role.MEMBER


@pytest.mark.parametrize("number", [1, 12])
def test_the_number_of_queries_does_not_grow(
    sign_in, group, number, assert_max_queries
):
    """With a second sign-in, which changes nothing."""
    from groups.claims import follow_claim

    for _ in range(number):
        GroupFactory(member_claim="7b")
    sign_in(["7b"])
    user = User.objects.get(email="ada@school.example")
    with assert_max_queries(7):
        follow_claim(None, user, frozenset(["7b"]))
