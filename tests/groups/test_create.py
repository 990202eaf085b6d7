"""/groups/new/"""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit import AuditAction, AuditEvent
from groups.models import Assignment, Group
from groups.roles import Role
from roadmaps.models import Roadmap
from roadmaps.visibility import Visibility
from tests.factories import RoadmapFactory, UserFactory
from tests.html import read_html

PATH = "/groups/new/"


def in_days(days):
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def test_redirects_visitors_to_sign_in(client, db):
    assert client.get(PATH).url == f"/accounts/login/?next={PATH}"
    assert client.post(PATH, {"name": "Cooks"}).status_code == 302
    assert not Group.objects.exists()


def test_refuses_other_methods(signed_in):
    assert signed_in.put(PATH).status_code == 405


def test_refuses_those_who_may_not(signed_in, settings):
    settings.NEW_GROUPS = "staff"
    assert signed_in.post(PATH, {"name": "Cooks"}).status_code == 403
    assert not Group.objects.exists()


def test_the_creator_owns_the_group_with_its_roadmaps(signed_in, user):
    first, second, _ = RoadmapFactory.create_batch(3)
    response = signed_in.post(
        PATH,
        {
            "name": "Cooks",
            "purpose": "For the kitchen",
            f"roadmap_{first.pk}": "on",
            f"due_{first.pk}": in_days(0),
            f"roadmap_{second.pk}": "on",
        },
    )
    group = Group.objects.get()
    assert response.url == f"/groups/{group.pk}/settings/"
    assert (group.name, group.purpose) == ("Cooks", "For the kitchen")
    assert group.memberships.get().user == user
    assert group.memberships.get().role == Role.OWNER
    due = dict(Assignment.objects.values_list("roadmap", "due_on"))
    assert due == {first.pk: timezone.localdate(), second.pk: None}
    actions = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == [
        AuditAction.GROUP_CREATED,
        AuditAction.ROADMAP_ASSIGNED,
        AuditAction.ROADMAP_ASSIGNED,
    ]


@pytest.mark.parametrize(
    ("name", "due", "error"),
    [
        ("", "", "This field is required."),
        ("\u200b", "", "This field is required."),
        ("a\x00b", "", "Null characters are not allowed."),
        ("a\x07b", "", "Use one line of plain text."),
        ("a" * 81, "", "at most 80 characters"),
        (
            "Cooks",
            "2020-01-01",
            "This day is in the past. Choose today or a later day.",
        ),
        ("Cooks", "9999-01-01", "Choose a day within the next ten years."),
        ("Cooks", "soon", "Enter a valid date."),
    ],
)
def test_errors_are_beside_their_fields_and_nothing_is_lost(
    signed_in, name, due, error
):
    roadmap = RoadmapFactory()
    fields = {
        "name": name,
        "purpose": "For the kitchen",
        f"roadmap_{roadmap.pk}": "on",
        f"due_{roadmap.pk}": due,
    }
    response = signed_in.post(PATH, fields)
    page = read_html(response)
    assert response.status_code == 422
    assert error in page
    assert 'value="For the kitchen"' in page
    assert f'id="id_roadmap_{roadmap.pk}" checked' in page
    assert not due or f'value="{due}"' in page
    assert not Group.objects.exists()


def test_a_due_date_without_its_roadmap_is_questioned(signed_in):
    roadmap = RoadmapFactory()
    response = signed_in.post(PATH, {"name": "Cooks", f"due_{roadmap.pk}": in_days(9)})
    assert response.status_code == 422
    assert "Choose this roadmap too, or clear its due date." in read_html(response)


def test_the_number_of_roadmaps_is_limited(signed_in, monkeypatch):
    monkeypatch.setattr("groups.forms.MAX_ROADMAPS", 2)
    chosen = {f"roadmap_{each.pk}": "on" for each in RoadmapFactory.create_batch(3)}
    response = signed_in.post(PATH, {"name": "Cooks", **chosen})
    assert response.status_code == 422
    assert "A group can have at most 2 roadmaps." in read_html(response)


def test_the_number_of_own_groups_is_limited(signed_in, monkeypatch):
    monkeypatch.setattr("groups.models.MAX_OWN_GROUPS", 1)
    signed_in.post(PATH, {"name": "Cooks"})
    response = signed_in.post(PATH, {"name": "Bakers"})
    assert response.status_code == 422
    assert "the most that one person can own" in read_html(response)
    assert Group.objects.count() == 1


def test_only_staff_may_choose_a_roadmap_that_not_everybody_sees(signed_in, db):
    roadmaps = {
        "public": RoadmapFactory(),
        "signed in": RoadmapFactory(visibility=Visibility.SIGNED_IN),
        "groups": RoadmapFactory(visibility=Visibility.GROUPS),
        "draft": RoadmapFactory(is_published=False),
    }

    def choices(user):
        found = set(Roadmap.objects.assignable_by(user))
        return {name for name, roadmap in roadmaps.items() if roadmap in found}

    assert choices(UserFactory()) == {"public", "signed in"}
    assert choices(UserFactory(is_staff=True)) == {"public", "signed in", "groups"}
    company = roadmaps["groups"]
    assert company.title not in read_html(signed_in.get(PATH))
    signed_in.post(PATH, {"name": "Cooks", f"roadmap_{company.pk}": "on"})
    assert not Assignment.objects.exists()


def test_the_number_of_queries_does_not_grow(signed_in, assert_max_queries):
    RoadmapFactory.create_batch(5)
    with assert_max_queries(3):
        signed_in.get(PATH)
