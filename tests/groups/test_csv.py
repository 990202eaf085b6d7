"""GET /groups/<id>/progress.csv"""

import csv
from datetime import timedelta
from http import HTTPStatus
from io import StringIO

import pytest
from django.test import Client
from django.utils import timezone

from groups.roles import Role
from groups.views import mentor
from progress.route import State
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
)


@pytest.fixture
def assignment(user):
    roadmap = RoadmapFactory(slug="cooking", title="Cooking")
    for title in ("Boil", "Fry"):
        StepFactory(roadmap=roadmap, title=title, slug=title.lower())
    StepFactory(roadmap=roadmap, title="Bake", slug="bake", is_optional=True)
    StepFactory(roadmap=roadmap, title="Steam", is_retired=True)
    group = GroupFactory(name="Κουζίνα 2027")
    MembershipFactory(user=user, group=group, role=Role.MENTOR)
    return AssignmentFactory(group=group, roadmap=roadmap)


@pytest.fixture
def join(assignment):
    """A function that adds a member who shows the roadmap."""

    def join(name, **user):
        return MembershipFactory(
            group=assignment.group,
            showing=[assignment],
            user__name=name,
            **{f"user__{key}": value for key, value in user.items()},
        )

    return join


@pytest.fixture
def download(signed_in, assignment):
    """A function that returns the rows of the file, as dictionaries."""

    def download(query=""):
        response = signed_in.get(f"/groups/{assignment.group_id}/progress.csv{query}")
        assert response.status_code == HTTPStatus.OK
        text = response.content.decode()
        assert text.startswith("\ufeff")
        return list(csv.DictReader(StringIO(text[1:], newline="")))

    return download


def mark(membership, assignment, slug, state=State.DONE, days_ago=0):
    StepProgressFactory(
        user=membership.user,
        step=assignment.roadmap.steps.get(slug=slug),
        state=state,
        started_at=timezone.now() - timedelta(days=days_ago),
    )


def test_a_row_has_what_the_page_shows(download, join, assignment):
    ada = join("Ada")
    mark(ada, assignment, "boil", days_ago=9)
    mark(ada, assignment, "fry", State.LEARNING, days_ago=3)
    mark(ada, assignment, "bake", State.SKIPPED, days_ago=5)
    assert download() == [
        {
            "Name": "Ada",
            "Required steps done": "1",
            "Required steps": "2",
            "Optional steps done": "0",
            "Optional steps": "0",
            "Skipped steps": "1",
            "Last active": str(timezone.localdate() - timedelta(days=3)),
            "Current step": "Fry",
            "Days on this step": "3",
            "Stuck": "No",
            "1. Boil": "Done",
            "2. Fry": "In progress",
            "3. Bake": "Skipped",
        }
    ]


def test_a_member_who_has_not_begun(download, join):
    join("", email="ada@example.com")
    [row] = download()
    assert row["Name"] == "ada@example.com"
    assert row["Last active"] == row["Current step"] == row["Stuck"] == ""
    assert row["1. Boil"] == "Not started"


def test_it_has_all_pages_with_the_filter_and_the_order(
    download, join, assignment, monkeypatch
):
    monkeypatch.setattr(mentor, "MEMBERS_PER_PAGE", 1)
    monkeypatch.setattr(mentor, "MEMBERS_AT_ONCE", 2)
    for days, name in enumerate(["Cy", "Ada", "Bob"]):
        mark(join(name), assignment, "boil", State.LEARNING, days)
    join("Dan")
    assert [row["Name"] for row in download()] == ["Ada", "Bob", "Cy", "Dan"]
    query = "?step=boil&state=learning&sort=time&page=2"
    assert [row["Name"] for row in download(query)] == ["Bob", "Ada", "Cy"]


def test_those_who_do_not_show_the_roadmap_are_not_in_it(download, join, assignment):
    MembershipFactory(group=assignment.group, user__name="Bob")
    MembershipFactory(showing=[AssignmentFactory(roadmap=assignment.roadmap)])
    former = join("Cy")
    join("Ada")
    former.delete()
    assert [row["Name"] for row in download()] == ["Ada"]


def test_a_name_cannot_run_as_a_formula(download, join):
    join('=HYPERLINK("http://evil.example")')
    [row] = download()
    assert row["Name"] == """'=HYPERLINK("http://evil.example")"""


def test_its_name_and_type(signed_in, assignment):
    response = signed_in.get(f"/groups/{assignment.group_id}/progress.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == (
        "attachment; filename=\"2027-cooking.csv\"; filename*=UTF-8''"
        "%CE%9A%CE%BF%CF%85%CE%B6%CE%AF%CE%BD%CE%B1%202027%20Cooking.csv"
    )
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ['"; x="', "a/b\\c", "…", "a" * 80])
def test_any_name_of_a_group_is_safe_in_the_header(signed_in, assignment, name):
    assignment.group.name = name
    assignment.group.save()
    response = signed_in.get(f"/groups/{assignment.group_id}/progress.csv")
    header = response["Content-Disposition"]
    assert header.isascii()
    assert header.count('"') == 2
    assert "/" not in header


def test_only_mentors_may_download_it(assignment, join):
    path = f"/groups/{assignment.group_id}/progress.csv"
    former = join("Cy")
    former.delete()
    others = [
        join("Ada").user,
        former.user,
        UserFactory(is_staff=True),
        MembershipFactory(role=Role.OWNER).user,
    ]
    for user in others:
        client = Client()
        client.force_login(user)
        assert client.get(path).status_code == HTTPStatus.NOT_FOUND
    assert Client().get(path).status_code == HTTPStatus.FOUND


def test_it_takes_only_get_and_a_known_roadmap(signed_in, assignment):
    path = f"/groups/{assignment.group_id}/progress.csv"
    assert signed_in.post(path).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert signed_in.get(f"{path}?roadmap=x").status_code == HTTPStatus.NOT_FOUND
    assignment.delete()
    assert signed_in.get(path).status_code == HTTPStatus.NOT_FOUND


def test_it_takes_at_most_eight_queries(
    signed_in, assignment, join, assert_max_queries
):
    for number in range(60):
        member = join(f"Member {number}")
        mark(member, assignment, "boil", State.LEARNING, days_ago=20)
    path = f"/groups/{assignment.group_id}/progress.csv"
    signed_in.get(path)
    with assert_max_queries(8):
        signed_in.get(path)
