"""The HTML of the pages that manage groups, empty and with errors."""

import pytest

from groups.roles import Role
from tests.accounts.test_all_pages import assert_complete_page
from tests.factories import RoadmapFactory


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/groups/", None),
        ("/groups/new/", {}),
        ("{settings}", {"section": "group"}),
        ("{settings}", {"section": "roadmaps", "due_on": "x"}),
        ("{settings}", {"section": "invitations", "max_uses": "x", "last_day": "x"}),
        ("{settings}roadmaps/{assignment}/", {"due_on": "x"}),
        ("{settings}people/{member}/", {"role": "x"}),
        ("{settings}people/{owner}/", {"role": "member"}),
        ("{settings}delete/", None),
    ],
)
def test_is_complete(owner, cooks, path, fields):
    cooks.group.invite(Role.MEMBER, actor=cooks.owner.user)
    cooks.group.invite(Role.MENTOR, actor=cooks.owner.user)
    RoadmapFactory()
    path = path.format(
        settings=f"/groups/{cooks.group.pk}/settings/",
        assignment=cooks.assignment.pk,
        member=cooks.member.pk,
        owner=cooks.owner.pk,
    )
    assert_complete_page(owner.get(path))
    if fields is not None:
        response = owner.post(path, fields)
        assert response.status_code == 422
        assert_complete_page(response)
