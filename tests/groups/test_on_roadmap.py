"""What a roadmap's page says to the members of groups that follow it."""

import pytest
from django.template.loader import render_to_string

from groups.roles import Role
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    UserFactory,
)
from tests.html import read_html

URL = "/roadmaps/cooking/"
SEES = (
    "can see the steps and topics you have marked on this roadmap, with dates, and the "
    "links to your work. They never see your notes."
)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ("A", "<bdi>A</bdi> can see the"),
        ("AB", "<bdi>A</bdi> and <bdi>B</bdi> can see the"),
        ("ABC", "<bdi>A</bdi>, <bdi>B</bdi> and <bdi>C</bdi> can see the"),
        ("ABCDE", "<bdi>A</bdi>, <bdi>B</bdi> and 3 others can see the"),
    ],
)
def test_the_sentence_names_at_most_three_mentors(names, sentence):
    context = {"mentors": list(names)}
    text = render_to_string("groups/what_mentors_see.html", context).strip()
    assert text.startswith(sentence)
    assert text.endswith(SEES.removeprefix("can see the "))


def test_a_member_reads_who_sees_what(
    signed_in, membership, assignment, group_mentor, group_owner
):
    membership.show(assignment)
    html = read_html(signed_in.get(URL))
    assert f"Mentor M and Owner O {SEES}" in html
    assert f'href="/groups/{assignment.group_id}/sharing/"' in html
    assert "can’t see" not in html


def test_a_member_can_show_a_roadmap_that_is_hidden_from_mentors(
    signed_in, membership, assignment
):
    html = read_html(signed_in.get(URL))
    assert "Mentors of Spring cohort can’t see your progress on Cooking." in html
    assert SEES not in html
    data = {"show": assignment.pk, "at": "roadmap"}
    response = signed_in.post(f"/groups/{assignment.group_id}/sharing/", data)
    assert response["Location"] == URL
    assert SEES in read_html(signed_in.get(URL))


def test_each_group_has_a_line(signed_in, user, membership, assignment):
    other = AssignmentFactory(
        group=GroupFactory(name="Team kitchen"), roadmap=assignment.roadmap
    )
    MembershipFactory(
        group=other.group, role=Role.OWNER, user=UserFactory(name="Chef C")
    )
    MembershipFactory(group=other.group, user=user, showing=[other])
    html = read_html(signed_in.get(URL))
    assert f"Chef C {SEES}" in html
    assert "What mentors of Team kitchen see" in html
    assert "Mentors of Spring cohort can’t see" in html


@pytest.mark.parametrize("role", [Role.MENTOR, Role.OWNER, None])
def test_others_read_nothing_of_groups(
    signed_in, user, group_owner, assignment, group, role
):
    if role:
        MembershipFactory(user=user, group=group, role=role)
    MembershipFactory(group=group, showing=[assignment])
    MembershipFactory(user=user)
    html = read_html(signed_in.get(URL))
    assert "/sharing/" not in html
    assert SEES not in html


def test_a_visitor_reads_nothing_of_groups(client, assignment):
    assert "/sharing/" not in read_html(client.get(URL))


def test_it_costs_one_query(signed_in, membership, assignment, assert_max_queries):
    signed_in.get(URL)
    with assert_max_queries(4):
        signed_in.get(URL)
    with assert_max_queries(3):
        signed_in.get(URL, headers={"HX-Request": "true"})
