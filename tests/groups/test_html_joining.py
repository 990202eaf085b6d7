"""The HTML of the pages for joining, sharing and leaving."""

from datetime import timedelta

import pytest
from django.utils import timezone

from groups.invitations import Invitation
from groups.roles import Role
from progress.models import StepProgress
from tests.accounts.test_all_pages import assert_complete_page
from tests.factories import AssignmentFactory, GroupFactory, TopicFactory


@pytest.fixture
def mentors_invitation(group, group_owner):
    return group.invite(Role.MENTOR, actor=group_owner.user)


@pytest.fixture
def two_roadmaps(user, group, assignment, fry):
    """One is due and has marks and ticked topics, the other has none."""
    assignment.due_on = timezone.localdate() + timedelta(weeks=2)
    assignment.save()
    StepProgress.objects.check_topic(user, TopicFactory(step=fry).pk, True)
    AssignmentFactory(group=group)


def test_invitations(client, signed_in, two_roadmaps, invitation, mentors_invitation):
    for each in (invitation, mentors_invitation):
        assert_complete_page(client.get(each.get_absolute_url()))
        assert_complete_page(signed_in.get(each.get_absolute_url()))
    Invitation.objects.update(revoked_at=timezone.now())
    assert_complete_page(signed_in.get(invitation.get_absolute_url()))


@pytest.mark.parametrize("role", [Role.MEMBER, Role.MENTOR])
def test_suggestions(signed_in, user, two_roadmaps, group, role):
    user.group_suggestions.create(group=group, role=role)
    user.group_suggestions.create(group=GroupFactory(), role=role)
    assert_complete_page(signed_in.get(f"/groups/{group.pk}/join/"))
    assert_complete_page(signed_in.get("/groups/"))


def test_the_form_for_a_code(signed_in):
    assert_complete_page(signed_in.get("/groups/join/"))
    assert_complete_page(signed_in.post("/groups/join/", {"code": "x"}))


def test_the_pages_of_a_member(signed_in, membership, assignment, two_roadmaps):
    membership.show(assignment)
    for path in ("", "sharing/"):
        assert_complete_page(signed_in.get(f"/groups/{membership.group_id}/{path}"))


def test_the_last_owner_who_leaves(client_of, group_owner, two_roadmaps):
    client = client_of(group_owner.user)
    assert_complete_page(client.post(f"/groups/{group_owner.group_id}/leave/"))
