"""A group with a person of each role, and a client of each."""

from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import Client

from groups.roles import Role
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    UserFactory,
)

NOT_OWNERS = ["stranger", "member", "mentor", "owner of another group"]


def sign_in(user):
    client = Client()
    client.force_login(user)
    # The session was seen just now, so that its visit costs no query.
    cache.set(f"seen:{client.session.session_key}", True)
    return client


@pytest.fixture
def cooks(db):
    """The group "Cooks" with an owner, a mentor and a member who shows a roadmap."""
    assignment = AssignmentFactory(group__name="Cooks", roadmap__title="Cooking")
    group = assignment.group
    return SimpleNamespace(
        group=group,
        assignment=assignment,
        owner=MembershipFactory(group=group, role=Role.OWNER, user__name="Olga"),
        mentor=MembershipFactory(group=group, role=Role.MENTOR, user__name="Mona"),
        member=MembershipFactory(group=group, user__name="Ada", showing=[assignment]),
    )


@pytest.fixture
def owner(cooks):
    """A client of the owner."""
    return sign_in(cooks.owner.user)


@pytest.fixture(params=NOT_OWNERS)
def not_an_owner(request, cooks):
    """A client of each person who may not manage the group."""
    people = {
        "stranger": UserFactory,
        "member": lambda: cooks.member.user,
        "mentor": lambda: cooks.mentor.user,
        "owner of another group": lambda: MembershipFactory(role=Role.OWNER).user,
    }
    return sign_in(people[request.param]())


@pytest.fixture
def client_of():
    """A function that returns a client in which the person is signed in."""
    return sign_in


# A group that `user`, whom the client `signed_in` belongs to, joins and leaves.


@pytest.fixture
def group(db):
    return GroupFactory(name="Spring cohort", purpose="To learn to cook.")


@pytest.fixture
def assignment(group, cooking):
    return AssignmentFactory(group=group, roadmap=cooking)


@pytest.fixture
def group_owner(group):
    return MembershipFactory(group=group, role=Role.OWNER, user__name="Owner O")


@pytest.fixture
def group_mentor(group):
    return MembershipFactory(group=group, role=Role.MENTOR, user__name="Mentor M")


@pytest.fixture
def membership(group, group_owner, user):
    return MembershipFactory(group=group, user=user)


@pytest.fixture
def invitation(group, group_owner):
    return group.invite(Role.MEMBER, actor=group_owner.user)
