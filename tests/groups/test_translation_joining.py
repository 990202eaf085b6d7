"""Everything on the pages for joining, sharing and leaving can be translated."""

from datetime import timedelta

import pytest
from django.utils import timezone

from groups.invitations import Invitation
from groups.models import Suggestion
from groups.roles import Role
from roadmaps.models import Roadmap
from tests.accounts.actions import sign_in_with_organisation
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    RoadmapFactory,
    StepFactory,
)
from tests.pseudo_language import assert_page_is_translated, pseudo_language


@pytest.fixture(autouse=True)
def translated():
    with pseudo_language():
        yield


@pytest.fixture
def group(greek):
    """A Greek group: one roadmap is due, another is hidden, and a third has no date."""
    group = GroupFactory(name="Ομάδα", purpose="Μαζί.")
    due_on = timezone.localdate() + timedelta(weeks=4)
    AssignmentFactory(group=group, roadmap=greek, due_on=due_on)
    hidden = RoadmapFactory(title="Κρυφό", is_published=False)
    AssignmentFactory(group=group, roadmap=hidden)
    step = StepFactory(roadmap__title="Άλλο", title="Βήμα")
    AssignmentFactory(group=group, roadmap=step.roadmap)
    for name in ("Άννα", "Νίκος"):
        MembershipFactory(group=group, role=Role.OWNER, user__name=name)
    return group


@pytest.mark.parametrize("role", [Role.MEMBER, Role.MENTOR])
def test_an_invitation(client, greek_learner, group, role):
    path = Invitation.objects.create(group=group, role=role).get_absolute_url()
    assert_page_is_translated(client.get(path))
    assert_page_is_translated(greek_learner.get(path))


@pytest.mark.parametrize("role", [Role.MEMBER, Role.MENTOR])
def test_a_suggestion(greek_learner, user, group, role):
    user.group_suggestions.create(group=group, role=role)
    path = f"/groups/{group.pk}/"
    for page in ("/groups/", f"{path}join/"):
        assert_page_is_translated(greek_learner.get(page))
    assert_page_is_translated(greek_learner.post(f"{path}dismiss/", follow=True))


def test_the_message_about_suggestions(client, organisation, group):
    organisation.person |= {"name": "Άννα", "groups": "7"}
    for number in (1, 2):
        group.pk, group.member_claim = None, "7"
        group.save()
        Suggestion.objects.all().delete()
        sign_in_with_organisation(client, organisation)
        page = client.get("/groups/join/")
        assert ("/join/" if number == 1 else 'href="/groups/"') in page.text
        assert_page_is_translated(page)
        client.post("/accounts/logout/")


def test_an_invitation_for_somebody_without_a_name(signed_in, user, group):
    path = Invitation.objects.create(group=group, role=Role.MEMBER).get_absolute_url()
    assert_page_is_translated(signed_in.get(path), user.email)


def test_an_invitation_that_does_not_work(client, signed_in, user):
    for each in (client, signed_in):
        response = each.get("/groups/join/x/")
        assert_page_is_translated(response, "Cairn", user.email)


@pytest.mark.parametrize("code", ["", "QQQQQQ"])
def test_the_form_for_a_code(greek_learner, code):
    assert_page_is_translated(greek_learner.get("/groups/join/"))
    assert_page_is_translated(greek_learner.post("/groups/join/", {"code": code}))


def test_the_pages_of_a_member(greek_learner, user, greek, group):
    assignment = group.assignments.get(roadmap=greek)
    MembershipFactory(group=group, user=user, showing=[assignment])
    for path in ("", "sharing/"):
        assert_page_is_translated(greek_learner.get(f"/groups/{group.pk}/{path}"))
    assert_page_is_translated(greek_learner.get(greek.get_absolute_url()))
    path = f"/groups/{group.pk}/sharing/"
    for choice in ("hide", "show"):
        data = {choice: assignment.pk}
        assert_page_is_translated(greek_learner.post(path, data, follow=True))
    assert_page_is_translated(greek_learner.post(path, {"show": 0}, follow=True))
    greek_learner.post(path, {"hide": assignment.pk})
    assert_page_is_translated(greek_learner.get(greek.get_absolute_url()))


def test_the_pages_of_a_mentor(greek_learner, user, group):
    MembershipFactory(group=group, user=user, role=Role.MENTOR)
    assert_page_is_translated(greek_learner.get(f"/groups/{group.pk}/sharing/"))


def test_leaving(greek_learner, user, group):
    group.memberships.all().delete()
    MembershipFactory(group=group, user=user, role=Role.OWNER)
    path = f"/groups/{group.pk}/leave/"
    assert_page_is_translated(greek_learner.post(path))
    MembershipFactory(group=group, role=Role.OWNER)
    assert_page_is_translated(greek_learner.post(path, follow=True))


def test_joining_says_so(greek_learner, user, group):
    path = Invitation.objects.create(group=group, role=Role.MEMBER).get_absolute_url()
    Roadmap.objects.update(is_published=True)
    assert_page_is_translated(greek_learner.post(path, follow=True))
