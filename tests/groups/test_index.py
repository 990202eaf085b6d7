"""/groups/"""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from groups.roles import Role
from roadmaps.visibility import Visibility
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    RoadmapFactory,
    UserFactory,
)
from tests.html import read_html

PATH = "/groups/"
CREATE = '<a class="button quiet" href="/groups/new/">'


def test_redirects_visitors_to_sign_in(client, db):
    assert client.get(PATH).url == f"/accounts/login/?next={PATH}"


def test_refuses_other_methods(signed_in):
    assert signed_in.post(PATH).status_code == 405


def test_without_a_group_says_what_groups_are_for(signed_in):
    MembershipFactory()  # of somebody else
    response = signed_in.get(PATH)
    page = read_html(response)
    assert (
        "People in a group, such as a class or a team, follow roadmaps together" in page
    )
    assert "<h2 dir" not in page
    assert 'action="/groups/join/"' in page
    assert response["Cache-Control"] == "no-store"


def test_lists_own_groups_with_role_roadmaps_and_number_of_members(signed_in, user):
    assignment = AssignmentFactory(
        group__name="Cooks", roadmap__title="Cooking", due_on="2027-05-28"
    )
    AssignmentFactory(group=assignment.group, roadmap__title="Baking")
    MembershipFactory(user=user, group=assignment.group, role=Role.MENTOR)
    MembershipFactory(group=assignment.group, role=Role.OWNER)
    for name in ("Ada", "Grace"):
        MembershipFactory(group=assignment.group, user__name=name)
    MembershipFactory(group__name="Others")
    page = read_html(signed_in.get(PATH))
    assert f'<a href="/groups/{assignment.group.pk}/">Cooks</a>' in page
    assert "You are a mentor" in page
    assert "2 members" in page
    assert "Cooking, due 28 May 2027" in page
    assert "<li>Baking</li>" in page
    for hidden in ("Others", "Ada", "Grace"):
        assert hidden not in page


def test_names_no_roadmap_that_the_person_may_not_open(signed_in, user):
    draft = RoadmapFactory(title="Secret plan", is_published=False)
    own = RoadmapFactory(title="Company way", visibility=Visibility.GROUPS)
    group = MembershipFactory(user=user).group
    for roadmap in (draft, own):
        AssignmentFactory(group=group, roadmap=roadmap)
    page = read_html(signed_in.get(PATH))
    assert "Company way" in page
    assert "Secret plan" not in page


def test_the_number_of_queries_does_not_grow(signed_in, user, assert_max_queries):
    for _ in range(5):
        assignment = AssignmentFactory()
        AssignmentFactory(group=assignment.group)
        MembershipFactory(user=user, group=assignment.group)
        MembershipFactory.create_batch(3, group=assignment.group)
    with assert_max_queries(5):
        signed_in.get(PATH)


@pytest.mark.parametrize("setting", ["open", "staff", "permitted"])
def test_offers_to_create_a_group_to_those_who_may(db, settings, setting):
    settings.NEW_GROUPS = setting
    permitted = UserFactory()
    permission = Permission.objects.get(
        codename="add_group", content_type__app_label="groups"
    )
    permitted.user_permissions.add(permission)
    people = {
        "open": UserFactory(),
        "staff": UserFactory(is_staff=True),
        "permitted": permitted,
    }
    offered = {}
    for name, person in people.items():
        client = Client()
        client.force_login(person)
        offered[name] = CREATE in read_html(client.get(PATH))
        assert offered[name] == (client.get("/groups/new/").status_code == 200)
    assert offered == {name: setting in ("open", name) for name in people}
