"""Leaving a group."""

import pytest

from accounts.audit import AuditAction, AuditEvent
from groups.models import Confirmation, Group, Membership, SharedRoadmap
from groups.roles import Role
from progress.models import StepProgress
from tests.factories import MembershipFactory
from tests.html import read_html


@pytest.fixture
def url(group):
    return f"/groups/{group.pk}/leave/"


def test_mentors_stop_seeing_progress_at_once(
    signed_in, user, membership, assignment, fry, group_owner, url
):
    StepProgress.objects.mark(user, fry.pk, "done")
    membership.show(assignment)
    Confirmation.objects.create(
        group=assignment.group,
        group_name=assignment.group.name,
        user=user,
        step=fry,
        confirmed_by=group_owner.user,
    )
    response = signed_in.post(url)
    assert response["Location"] == "/groups/"
    assert not Membership.objects.filter(user=user).exists()
    assert not SharedRoadmap.objects.exists()
    # The learner keeps their progress, and what was confirmed.
    assert StepProgress.objects.filter(user=user, step=fry).exists()
    assert Confirmation.objects.filter(user=user, step=fry).exists()
    event = AuditEvent.objects.first()
    assert (event.action, event.actor) == (AuditAction.GROUP_LEFT, user)


def test_joining_again_starts_with_nothing_shown(
    signed_in, user, membership, assignment, invitation, url
):
    membership.show(assignment)
    signed_in.post(url)
    signed_in.post(invitation.get_absolute_url())
    assert Membership.objects.filter(user=user).exists()
    assert not Membership.objects.showing(assignment).exists()


def test_a_mentor_leaves(signed_in, user, group_owner, group, url):
    MembershipFactory(user=user, group=group, role=Role.MENTOR)
    assert signed_in.post(url).status_code == 302
    assert not Membership.objects.filter(user=user).exists()


def test_the_last_owner_stays(client_of, group_owner, assignment, url):
    response = client_of(group_owner.user).post(url)
    assert response.status_code == 409
    html = read_html(response)
    assert "You’re the only owner of this group." in html
    assert f"/groups/{group_owner.group_id}/settings/" in html
    assert Membership.objects.filter(pk=group_owner.pk).exists()


def test_one_of_two_owners_leaves(client_of, group_owner, group, url):
    MembershipFactory(group=group, role=Role.OWNER)
    assert client_of(group_owner.user).post(url).status_code == 302
    assert not Membership.objects.filter(pk=group_owner.pk).exists()


def test_a_second_press_changes_nothing(signed_in, membership, url):
    for _ in range(2):
        assert signed_in.post(url)["Location"] == "/groups/"
    assert AuditEvent.objects.count() == 1


def test_a_stranger_learns_nothing(signed_in, group, group_owner, url):
    for path in (url, "/groups/999999999999/leave/"):
        response = signed_in.post(path, follow=True)
        assert response.redirect_chain == [("/groups/", 302)]
        assert "You’ve left" not in read_html(response)
    assert Group.objects.get().memberships.get() == group_owner


def test_a_visitor_signs_in_first(client, url):
    response = client.post(url)
    assert response["Location"] == f"/accounts/login/?next={url}"


def test_other_methods(signed_in, membership, url):
    assert signed_in.get(url).status_code == 405
    assert signed_in.put(url).status_code == 405
    assert Membership.objects.filter(pk=membership.pk).exists()
