"""/groups/<group>/settings/people/<membership>/: roles and removal."""

import re

import pytest

from accounts.audit import AuditAction, AuditEvent
from groups.models import Membership, SharedRoadmap
from groups.roles import Role
from tests.factories import MembershipFactory
from tests.html import read_html


@pytest.fixture
def path_of(cooks):
    def path_of(membership):
        return f"/groups/{cooks.group.pk}/settings/people/{membership.pk}/"

    return path_of


@pytest.fixture
def people_path(cooks):
    return f"/groups/{cooks.group.pk}/settings/#people"


def get_role(membership):
    return Membership.objects.get(pk=membership.pk).role


def test_others_change_nothing(not_an_owner, path_of, cooks):
    for membership in (cooks.member, cooks.mentor, cooks.owner):
        path = path_of(membership)
        assert not_an_owner.get(path).status_code == 404
        assert not_an_owner.post(path, {"role": "owner"}).status_code == 404
        assert not_an_owner.post(f"{path}remove/").status_code == 404
        assert get_role(membership) == membership.role


def test_redirects_visitors_to_sign_in(client, path_of, cooks):
    path = path_of(cooks.member)
    assert client.get(path).url == f"/accounts/login/?next={path}"
    assert client.post(f"{path}remove/").url.startswith("/accounts/login/")


def test_refuses_other_methods(owner, path_of, cooks):
    assert owner.put(path_of(cooks.member)).status_code == 405
    assert owner.get(f"{path_of(cooks.member)}remove/").status_code == 405


def test_people_of_another_group_do_not_exist(owner, path_of):
    stranger = MembershipFactory()
    assert owner.get(path_of(stranger)).status_code == 404
    assert owner.post(f"{path_of(stranger)}remove/").status_code == 404
    assert get_role(stranger) == Role.MEMBER


def test_shows_the_role_and_what_removal_means(
    owner, path_of, cooks, assert_max_queries
):
    with assert_max_queries(4):
        page = read_html(owner.get(path_of(cooks.member)))
    assert "<h1>Ada</h1>" in page
    assert re.findall('value="(\\w+)" [^>]*checked', page) == ["member"]
    assert "Mentors of this group stop seeing the progress of Ada at once." in page
    assert "They keep their progress, their notes" in page


@pytest.mark.parametrize("role", [Role.MENTOR, Role.OWNER])
def test_changes_a_role(owner, path_of, people_path, cooks, role):
    response = owner.post(path_of(cooks.member), {"role": role}, follow=True)
    assert response.redirect_chain == [(people_path, 302)]
    assert "The role was saved." in read_html(response)
    assert get_role(cooks.member) == role
    assert not SharedRoadmap.objects.exists()
    event = AuditEvent.objects.get()
    assert event.action == AuditAction.ROLE_CHANGED
    assert (event.actor, event.person) == (cooks.owner.user, cooks.member.user)
    assert event.details["role"] == role


@pytest.mark.parametrize("role", ["", "admin", "\x00"])
def test_refuses_an_unknown_role(owner, path_of, cooks, role):
    response = owner.post(path_of(cooks.member), {"role": role})
    assert response.status_code == 422
    assert 'class="errorlist"' in read_html(response)
    assert get_role(cooks.member) == Role.MEMBER


def test_the_last_owner_hands_over_first(owner, path_of, cooks):
    path = path_of(cooks.owner)
    message = "You are the only owner. Make someone else an owner first."
    for request in ({"role": "mentor"}, {"role": "member"}):
        response = owner.post(path, request)
        assert response.status_code == 422
        assert message in read_html(response)
    response = owner.post(f"{path}remove/")
    assert response.status_code == 422
    assert message in read_html(response)
    assert get_role(cooks.owner) == Role.OWNER

    owner.post(path_of(cooks.mentor), {"role": "owner"})
    response = owner.post(path, {"role": "member"})
    assert response.url == f"/groups/{cooks.group.pk}/"
    assert get_role(cooks.owner) == Role.MEMBER
    assert owner.get(path).status_code == 404


def test_removes_a_person_at_once(owner, path_of, people_path, cooks):
    path = f"{path_of(cooks.member)}remove/"
    response = owner.post(path, follow=True)
    assert response.redirect_chain == [(people_path, 302)]
    assert "Ada was removed from the group." in read_html(response)
    assert not Membership.objects.showing(cooks.assignment).exists()
    assert not Membership.objects.filter(pk=cooks.member.pk).exists()
    event = AuditEvent.objects.get()
    assert event.action == AuditAction.MEMBER_REMOVED
    assert owner.post(path).status_code == 404


def test_an_owner_leaves_by_the_page_for_leaving(owner, path_of, cooks):
    page = read_html(owner.get(path_of(cooks.owner)))
    assert "Remove person" not in page
    assert f'href="/groups/{cooks.group.pk}/sharing/#leave"' in page
    MembershipFactory(group=cooks.group, role=Role.OWNER)
    response = owner.post(f"{path_of(cooks.owner)}remove/")
    assert response.url == "/groups/"
    assert AuditEvent.objects.get().action == AuditAction.GROUP_LEFT


def test_a_group_that_is_deleted_meanwhile_is_gone(owner, path_of, cooks, monkeypatch):
    def raise_missing(*args, **kwargs):
        raise Membership.DoesNotExist

    monkeypatch.setattr(Membership, "change_role", raise_missing)
    response = owner.post(path_of(cooks.member), {"role": "mentor"})
    assert response.status_code == 404
