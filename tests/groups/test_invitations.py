"""The invitations of a group: in its settings, and revoking one."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from accounts.audit import AuditAction, AuditEvent
from groups.invitations import Invitation
from groups.roles import Role
from tests.factories import MembershipFactory, UserFactory
from tests.html import read_html


@pytest.fixture
def path(cooks):
    return f"/groups/{cooks.group.pk}/settings/"


def invite(client, path, **fields):
    fields = {"section": "invitations", "role": "member", **fields}
    return client.post(path, fields, follow=True)


def test_others_cannot_invite(not_an_owner, path):
    assert invite(not_an_owner, path).status_code == 404
    assert not Invitation.objects.exists()


def test_a_link_and_a_code_for_members(owner, path, cooks):
    page = read_html(invite(owner, path))
    invitation = Invitation.objects.get()
    assert invitation.created_by == cooks.owner.user
    assert (invitation.role, invitation.expires_at) == (Role.MEMBER, None)
    assert "The invitation was created." in page
    assert f'readonly value="http://testserver/groups/join/{invitation.token}/"' in page
    assert f"Code: <b>{invitation.code}</b>" in page
    assert "For members" in page
    assert "Used 0 times · Never expires" in page
    event = AuditEvent.objects.get()
    assert event.action == AuditAction.INVITATION_CREATED
    assert event.details["role"] == Role.MEMBER


def test_an_invitation_for_mentors_with_limits(owner, path, cooks):
    owner_of_invitation = cooks.owner.user
    owner_of_invitation.time_zone = "Pacific/Auckland"
    owner_of_invitation.save()
    with timezone.override("Pacific/Auckland"):
        tomorrow = timezone.localdate() + timedelta(days=1)
    page = read_html(
        invite(owner, path, role="mentor", last_day=tomorrow.isoformat(), max_uses=2)
    )
    invitation = Invitation.objects.get()
    with timezone.override("Pacific/Auckland"):
        end = timezone.localtime(invitation.expires_at)
    assert end.date() == tomorrow + timedelta(days=1)  # at its very beginning
    assert (end.hour, end.minute) == (0, 0)
    assert "For mentors" in page
    assert "Used 0 of 2 times" in page
    assert f"Last day: {date_format(tomorrow)}" in page


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "owner"},
        {"role": ""},
        {"last_day": "2020-01-01"},
        {"last_day": "9999-12-31"},
        {"max_uses": "0"},
        {"max_uses": "10001"},
        {"max_uses": "many"},
        {"max_uses": "\x00"},
    ],
)
def test_errors_are_beside_their_fields(owner, path, fields):
    response = invite(owner, path, **fields)
    assert response.status_code == 422
    [name] = fields
    assert f'id="id_{name}_error"' in read_html(response)
    assert not Invitation.objects.exists()


def test_the_limit(owner, path, monkeypatch):
    monkeypatch.setattr("groups.models.MAX_INVITATIONS", 1)
    invite(owner, path)
    response = invite(owner, path, max_uses=7)
    assert response.status_code == 422
    page = read_html(response)
    assert "invitations that still work. Revoke one first." in page
    assert 'value="7"' in page


def test_ended_ones_are_listed_with_why(owner, path, cooks):
    user = cooks.owner.user
    used = cooks.group.invite(Role.MEMBER, actor=user, max_uses=1)
    used.group.admit(UserFactory(), used)
    expired = timezone.now() - timedelta(seconds=1)
    cooks.group.invite(Role.MENTOR, actor=user, expires_at=expired)
    page = read_html(owner.get(path))
    assert "2 invitations that no longer work" in page
    assert f"Used up · Used 1 of 1 time · {used.code}" in page
    assert "Expired · Used 0 times" in page
    assert used.token not in page


class TestRevoking:
    @pytest.fixture
    def invitation(self, cooks):
        return cooks.group.invite(Role.MEMBER, actor=cooks.owner.user)

    @pytest.fixture
    def revoke_path(self, path, invitation):
        return f"{path}invitations/{invitation.pk}/revoke/"

    def test_ends_it_at_once(self, owner, path, revoke_path, invitation):
        for _ in range(2):
            assert owner.post(revoke_path).url == f"{path}#invitations"
        assert not Invitation.objects.usable().exists()
        page = read_html(owner.get(path))
        assert (
            "The invitation was revoked. People who joined with it stay in the group."
            in page
        )
        assert f"Revoked · Used 0 times · {invitation.code}" in page
        events = AuditEvent.objects.filter(action=AuditAction.INVITATION_REVOKED)
        assert events.count() == 1

    def test_is_for_owners_of_its_group(self, not_an_owner, client, revoke_path):
        assert not_an_owner.post(revoke_path).status_code == 404
        assert client.post(revoke_path).url.startswith("/accounts/login/")
        other = MembershipFactory(role=Role.OWNER)
        elsewhere = Client()
        elsewhere.force_login(other.user)
        pk = Invitation.objects.get().pk
        path = f"/groups/{other.group_id}/settings/invitations/{pk}/revoke/"
        assert elsewhere.post(path).status_code == 404
        assert Invitation.objects.usable().exists()

    def test_refuses_other_methods(self, owner, revoke_path):
        assert owner.get(revoke_path).status_code == 405
