"""Everything about managing a group can be translated, in each state."""

from datetime import timedelta

import pytest
from django.utils import timezone

from groups.models import Assignment, Membership
from groups.roles import Role
from roadmaps.models import Roadmap
from tests.accounts.actions import reauthenticate
from tests.factories import (
    GroupFactory,
    MembershipFactory,
    RoadmapFactory,
    StepFactory,
    UserFactory,
)
from tests.pseudo_language import assert_page_is_translated, pseudo_language

# The header and the footer are tested elsewhere; codes are not words.
OTHERS = [
    "Cairn",
    *("Roadmaps", "Progress", "Groups", "Search", "Settings", "Privacy", "Steps"),
    *("Theme", "System", "Light", "Dark", "Sign in", "Sign out"),
]


@pytest.fixture(autouse=True)
def translated(greek):
    with pseudo_language():
        yield


@pytest.fixture
def group(user, greek):
    """A Greek group that the user owns, with people of each role."""
    user.name = "Ελένη"
    user.save()
    group = GroupFactory(name="Ομάδα", purpose="Μαζί")
    MembershipFactory(group=group, user=user, role=Role.OWNER)
    MembershipFactory(group=group, user__name="Νίκος", role=Role.MENTOR)
    assignment = Assignment.objects.create(group=group, roadmap=greek)
    MembershipFactory(group=group, user__name="Άννα", showing=[assignment])
    return group


def assert_translated(response, *expected):
    assert_page_is_translated(response, *expected, *OTHERS)


def check(client, path, *expected):
    response = client.get(path, follow=True)
    assert response.status_code == 200
    assert_translated(response, *expected)


def test_the_list_of_groups(signed_in, group, user):
    other = MembershipFactory(user=user, group__name="Άλλη", role=Role.MENTOR).group
    roadmap = RoadmapFactory(title="Δρόμος")
    day = timezone.localdate() + timedelta(days=30)
    Assignment.objects.create(group=other, roadmap=roadmap, due_on=day)
    MembershipFactory(user=user, group__name="Τρίτη")
    check(signed_in, "/groups/")
    Membership.objects.all().delete()
    check(signed_in, "/groups/")


def test_creating_a_group(signed_in, greek, user, monkeypatch):
    check(signed_in, "/groups/new/")
    due_on = f"due_{greek.pk}"
    for fields in ({}, {"name": "Α", due_on: "2020-01-01"}, {due_on: "9999-01-01"}):
        assert_translated(signed_in.post("/groups/new/", fields))
    in_time = (timezone.localdate() + timedelta(days=3)).isoformat()
    assert_translated(signed_in.post("/groups/new/", {"name": "Α", due_on: in_time}))
    monkeypatch.setattr("groups.forms.MAX_ROADMAPS", 0)
    fields = {"name": "Α", f"roadmap_{greek.pk}": "on"}
    assert_translated(signed_in.post("/groups/new/", fields))
    monkeypatch.setattr("groups.models.MAX_OWN_GROUPS", 0)
    assert_translated(signed_in.post("/groups/new/", {"name": "Α"}))


def test_the_settings(signed_in, group, user, monkeypatch):
    path = f"/groups/{group.pk}/settings/"
    check(signed_in, path)
    group.assignments.update(due_on="2026-12-24")
    Roadmap.objects.update(is_published=False)
    RoadmapFactory(title="Άλλος")
    soon = timezone.now() + timedelta(days=1)
    group.invite(Role.MENTOR, actor=user, expires_at=soon, max_uses=3)
    group.invite(Role.MEMBER, actor=user).revoke(user)
    used = group.invite(Role.MEMBER, actor=user, max_uses=1)
    group.admit(UserFactory(name="Ήρα"), used)
    group.invite(Role.MEMBER, actor=user, expires_at=timezone.now())
    monkeypatch.setattr("groups.views.settings.PEOPLE_PER_PAGE", 2)
    codes = list(group.invitations.values_list("code", flat=True))
    check(signed_in, path, *codes)
    check(signed_in, f"{path}?page=2", *codes)
    check(signed_in, f"{path}?q=Ω", *codes)
    for fields in (
        {"section": "group", "name": "Β"},
        {"section": "group", "name": ""},
        {"section": "roadmaps", "roadmap": ""},
        {"section": "roadmaps", "roadmap": RoadmapFactory(title="Νέος").pk},
        {"section": "invitations", "role": "", "max_uses": "0"},
        {"section": "invitations", "role": "member"},
    ):
        response = signed_in.post(path, fields, follow=True)
        codes = list(group.invitations.values_list("code", flat=True))
        assert_translated(response, *codes)
    monkeypatch.setattr("groups.models.MAX_INVITATIONS", 0)
    monkeypatch.setattr("groups.models.MAX_ROADMAPS", 0)
    for fields in (
        {"section": "roadmaps", "roadmap": RoadmapFactory(title="Τέλος").pk},
        {"section": "invitations", "role": "member"},
    ):
        assert_translated(signed_in.post(path, fields), *codes)
    revoke = f"{path}invitations/{group.invitations.usable()[0].pk}/revoke/"
    assert_translated(signed_in.post(revoke, follow=True), *codes)


def test_a_roadmap_of_the_group(signed_in, group, greek):
    path = f"/groups/{group.pk}/settings/roadmaps/{group.assignments.get().pk}/"
    check(signed_in, path)
    assert_translated(signed_in.post(path, {"due_on": "2020-01-01"}))
    assert_translated(signed_in.post(path, {"due_on": ""}, follow=True))
    greek.visibility = "groups"
    greek.save()
    group.memberships.get(user__name="Άννα").shared_roadmaps.all().delete()
    check(signed_in, path)
    assert_translated(signed_in.post(f"{path}remove/", follow=True))


def test_a_person_of_the_group(signed_in, group, user):
    base = f"/groups/{group.pk}/settings/people/"
    own = f"{base}{group.memberships.get(user=user).pk}/"
    member = f"{base}{group.memberships.get(user__name='Άννα').pk}/"
    check(signed_in, own)
    check(signed_in, member)
    for fields in ({"role": ""}, {"role": "member"}):
        assert_translated(signed_in.post(own, fields))
    assert_translated(signed_in.post(f"{own}remove/"))
    assert_translated(signed_in.post(member, {"role": "mentor"}, follow=True))
    assert_translated(signed_in.post(f"{member}remove/", follow=True))


def test_deleting_the_group(signed_in, group, user, greek):
    path = f"/groups/{group.pk}/settings/delete/"
    check(signed_in, path)
    group.invite(Role.MEMBER, actor=user)
    group.comments.create(
        member=user, author=user, step=StepFactory(roadmap=greek, title="Α"), text="Α"
    )
    check(signed_in, path)
    assert_translated(signed_in.post(path, follow=True))


def test_the_groups_on_the_page_that_deletes_the_account(signed_in, group, user):
    reauthenticate(signed_in)
    check(signed_in, "/accounts/delete/")
    group.memberships.filter(role=Role.MENTOR).delete()
    check(signed_in, "/accounts/delete/")
