"""Roles, leaving and removal, also at the same moment."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.audit import AuditAction, AuditEvent
from accounts.models import User
from groups.errors import InvitationUsedError, LastOwnerError, LimitReachedError
from groups.models import Group, Membership, SharedRoadmap
from groups.roles import Role
from tests.factories import AssignmentFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


def events():
    """The audit trail, oldest first: action, actor and person."""
    rows = AuditEvent.objects.order_by("pk")
    return list(rows.values_list("action", "actor", "person"))


@pytest.fixture
def owner():
    return MembershipFactory(role=Role.OWNER)


@pytest.fixture
def member(owner):
    return MembershipFactory(group=owner.group)


def admit(invitation, user):
    return invitation.group.admit(user, invitation)


def test_a_new_mentor_stops_showing_progress(owner):
    assignment = AssignmentFactory(group=owner.group)
    member = MembershipFactory(group=owner.group, showing=[assignment])
    member.change_role(Role.MENTOR, actor=owner.user)
    assert not SharedRoadmap.objects.exists()
    assert events() == [(AuditAction.ROLE_CHANGED, owner.user.pk, member.user.pk)]
    member.change_role(Role.MENTOR, actor=owner.user)  # changes nothing
    assert len(events()) == 1
    member.change_role(Role.MEMBER, actor=owner.user)
    assert not Membership.objects.showing(assignment).exists()


def test_a_removed_person_is_gone(owner, member):
    assignment = AssignmentFactory(group=owner.group)
    SharedRoadmap.objects.create(membership=member, assignment=assignment)
    member.end(owner.user)
    assert not owner.group.memberships.filter(user=member.user).exists()
    assert events() == [(AuditAction.MEMBER_REMOVED, owner.user.pk, member.user.pk)]


def test_leaving_is_recorded_once(member):
    again = Membership.objects.get(pk=member.pk)
    member.end(member.user)
    again.end(member.user)
    assert events() == [(AuditAction.GROUP_LEFT, member.user.pk, member.user.pk)]


def test_the_last_owner_stays(owner, member):
    MembershipFactory(group=owner.group, role=Role.MENTOR)
    for change in (
        lambda: owner.end(owner.user),
        lambda: owner.change_role(Role.MEMBER, actor=owner.user),
        lambda: owner.change_role(Role.MENTOR, actor=owner.user),
    ):
        with pytest.raises(LastOwnerError):
            change()
    assert Membership.objects.get(pk=owner.pk).is_owner
    assert events() == []
    member.change_role(Role.OWNER, actor=owner.user)
    owner.end(owner.user)
    assert owner.group.memberships.owners().get() == member


def test_ending_a_membership_of_a_deleted_group_changes_nothing(owner, member):
    Group.objects.all().delete()
    member.end(owner.user)
    assert events() == []


def test_a_removed_roadmap_is_shown_to_nobody(owner):
    assignment = AssignmentFactory(group=owner.group)
    MembershipFactory(group=owner.group, showing=[assignment])
    roadmap = assignment.roadmap
    assignment.unassign(owner.user)
    assert not SharedRoadmap.objects.exists()
    again = owner.group.assign(roadmap, None, actor=owner.user)
    assert not Membership.objects.showing(again).exists()
    assert [action for action, *_ in events()] == [
        AuditAction.ROADMAP_UNASSIGNED,
        AuditAction.ROADMAP_ASSIGNED,
    ]


def test_an_invitation_is_counted_once_per_person(owner):
    invitation = owner.group.invite(Role.MEMBER, actor=owner.user, max_uses=1)
    newcomer = UserFactory()
    membership = admit(invitation, newcomer)
    assert admit(invitation, newcomer) == membership  # used up, but they are in
    assert admit(invitation, owner.user) == owner
    assert owner.group.memberships.owners().get() == owner
    invitation.refresh_from_db()
    assert invitation.uses == 1
    with pytest.raises(InvitationUsedError):
        admit(invitation, UserFactory())
    assert [action for action, *_ in events()] == [
        AuditAction.INVITATION_CREATED,
        AuditAction.GROUP_JOINED,
    ]


@pytest.mark.parametrize("end", ["revoke", "expire"])
def test_an_ended_invitation_lets_nobody_in(owner, member, end):
    invitation = owner.group.invite(Role.MENTOR, actor=owner.user)
    if end == "revoke":
        invitation.revoke(owner.user)
        invitation.revoke(owner.user)
        assert len(events()) == 2
    else:
        invitation.expires_at = timezone.now() - timedelta(seconds=1)
        invitation.save()
    for user in (UserFactory(), member.user):
        with pytest.raises(InvitationUsedError):
            admit(invitation, user)
    member.refresh_from_db()
    assert member.role == Role.MEMBER


def test_a_deleted_account_cannot_join(owner):
    invitation = owner.group.invite(Role.MEMBER, actor=owner.user)
    user = UserFactory()
    User.objects.filter(pk=user.pk).delete()
    with pytest.raises(User.DoesNotExist):
        admit(invitation, user)


def test_an_invitation_for_mentors_makes_a_member_a_mentor(owner, member):
    invitation = owner.group.invite(Role.MENTOR, actor=owner.user, max_uses=1)
    assert admit(invitation, member.user).role == Role.MENTOR
    assert invitation.uses == 1
    admit(invitation, member.user)
    admit(owner.group.invite(Role.MEMBER, actor=owner.user), member.user)
    member.refresh_from_db()
    assert member.role == Role.MENTOR


@pytest.mark.parametrize("typed", ["abcdef", "ABC-DEF", " abc def\t", "a_b–c d e f"])
def test_a_code_is_found_however_it_is_typed(owner, typed):
    invitation = owner.group.invite(Role.MEMBER, actor=owner.user)
    invitation.code = "ABCDEF"
    invitation.save()
    found = type(invitation).objects.find_code(typed)
    assert found == invitation
    invitation.revoke(owner.user)
    assert type(invitation).objects.find_code(typed) is None


def test_limits(owner, monkeypatch):
    group, user = owner.group, owner.user
    monkeypatch.setattr("groups.models.MAX_OWN_GROUPS", 2)
    monkeypatch.setattr("groups.models.MAX_INVITATIONS", 1)
    monkeypatch.setattr("groups.invitations.MAX_ENDED_INVITATIONS", 1)
    monkeypatch.setattr("groups.models.MAX_ROADMAPS", 1)
    Group.objects.start(user, "Second")
    with pytest.raises(LimitReachedError):
        Group.objects.start(user, "Third")
    roadmap = AssignmentFactory(group=group).roadmap
    group.assign(roadmap, None, actor=user)  # has it already
    with pytest.raises(LimitReachedError):
        group.assign(AssignmentFactory().roadmap, None, actor=user)
    first = group.invite(Role.MEMBER, actor=user)
    for _ in range(2):
        with pytest.raises(LimitReachedError):
            group.invite(Role.MEMBER, actor=user)
        group.invitations.usable().get().revoke(user)
        group.invite(Role.MEMBER, actor=user)
    assert group.invitations.count() == 2
    assert not group.invitations.filter(pk=first.pk).exists()


def in_thread(work):
    def run():
        try:
            work()
        except (LastOwnerError, InvitationUsedError):
            pass
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


OWNERS_GO = {
    "both leave": lambda own, other: own.end(own.user),
    "each demotes the other": lambda own, other: other.change_role(
        Role.MEMBER, actor=own.user
    ),
    "each removes the other": lambda own, other: other.end(own.user),
    "both delete their accounts": lambda own, other: own.user.delete(),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("go", OWNERS_GO.values(), ids=OWNERS_GO)
def test_a_group_has_an_owner_after_two_owners_go_at_the_same_time(go):
    first = MembershipFactory(role=Role.OWNER)
    second = MembershipFactory(role=Role.OWNER, group=first.group)
    MembershipFactory(role=Role.MENTOR, group=first.group)
    with transaction.atomic():
        go(first, second)
        later = in_thread(lambda: go(second, first))
        later.join(0.2)
        assert later.is_alive()  # it waits
    later.join()
    assert first.group.memberships.owners().count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_last_use_of_an_invitation_goes_to_one_person():
    owner = MembershipFactory(role=Role.OWNER)
    invitation = owner.group.invite(Role.MEMBER, actor=owner.user, max_uses=1)
    first, second = UserFactory.create_batch(2)
    same = type(invitation).objects.get(pk=invitation.pk)
    with transaction.atomic():
        admit(invitation, first)
        later = in_thread(lambda: admit(same, second))
        later.join(0.2)
        assert later.is_alive()
    later.join()
    assert owner.group.memberships.filter(role=Role.MEMBER).get().user == first
    invitation.refresh_from_db()
    assert invitation.uses == 1


def test_a_mentor_inherits_the_group_of_a_deleted_account(owner, member):
    mentors = [MembershipFactory(group=owner.group, role=Role.MENTOR) for _ in "ab"]
    mentors[0].user.is_active = False
    mentors[0].user.save()
    owner.user.delete()
    assert owner.group.memberships.owners().get() == mentors[1]
    assert owner.group.memberships.count() == 3


def test_a_group_without_mentors_goes_with_its_last_owner(owner, member):
    owner.user.delete()
    assert not Group.objects.exists()
    assert User.objects.filter(pk=member.user.pk).exists()
    assert events()[-1][0] == AuditAction.GROUP_DELETED


def test_owners_who_are_deleted_together_leave_no_group_without_an_owner(owner):
    MembershipFactory(group=owner.group, role=Role.OWNER)
    mentor = MembershipFactory(group=owner.group, role=Role.MENTOR)
    User.objects.exclude(pk=mentor.user.pk).delete()
    mentor.refresh_from_db()
    assert mentor.is_owner
    User.objects.all().delete()
    assert not Group.objects.exists()
