"""Every text that mentors see can be translated."""

from datetime import timedelta

import pytest
from django.utils import timezone

from groups.comments import Comment
from groups.confirmations import Confirmation
from groups.models import Assignment, SharedRoadmap
from groups.roles import Role
from groups.views import mentor
from progress.route import State
from progress.topic_checks import TopicCheck
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    add_greek_parts,
)
from tests.pseudo_language import (
    assert_page_is_translated,
    find_bare_english,
    pseudo_language,
)

DAYS_AGO = [0, 1, 5, 20, 800]
STATES = [State.LEARNING, State.DONE, State.SKIPPED]


@pytest.fixture
def assignment(user, greek):
    """A roadmap with members who marked a step, some of them long ago."""
    add_greek_parts(greek.steps.first())
    group = GroupFactory(name="Ομάδα")
    user.name = "Ελένη"
    user.save()
    MembershipFactory(user=user, group=group, role=Role.OWNER)
    due_on = timezone.localdate() + timedelta(days=60)
    assignment = AssignmentFactory(group=group, roadmap=greek, due_on=due_on)
    for number, days in enumerate(DAYS_AGO):
        member = join(assignment)
        for step, state in zip(greek.steps.all(), STATES, strict=False):
            StepProgressFactory(
                user=member.user,
                step=step,
                state=State.DONE if number < 3 else state,
                started_at=timezone.now() - timedelta(days=days + 2),
                done_at=timezone.now() - timedelta(days=days)
                if number < 3 or state == State.DONE
                else None,
            )
    MembershipFactory(group=group, user__name="Μαρία")
    join(assignment)
    return assignment


def join(assignment):
    return MembershipFactory(
        group=assignment.group, user__name="Άννα", showing=[assignment]
    )


def assert_translated(client, group, path=""):
    with pseudo_language():
        response = client.get(f"/groups/{group.pk}/{path}")
        assert_page_is_translated(response)
    return response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?sort=time&page=2",
        "?step=step-1&state=done",
        "?step=step-4&state=done",
        "?step=ξ",
    ],
)
def test_the_page_of_a_group(signed_in, assignment, monkeypatch, query):
    monkeypatch.setattr(mentor, "MEMBERS_PER_PAGE", 3)
    other = RoadmapFactory(title="Άλλη", slug="alli")
    AssignmentFactory(group=assignment.group, roadmap=other)
    assert_translated(signed_in, assignment.group, query)


@pytest.mark.parametrize("role", [Role.MENTOR, Role.OWNER])
def test_a_page_without_members_consents_or_roadmaps(signed_in, user, assignment, role):
    group = assignment.group
    user.memberships.update(role=role)
    SharedRoadmap.objects.all().delete()
    assert_translated(signed_in, group)
    group.memberships.exclude(user=user).delete()
    assert_translated(signed_in, group)
    Assignment.objects.all().delete()
    assert_translated(signed_in, group)


def test_a_members_route(signed_in, user, assignment):
    group, step = assignment.group, assignment.roadmap.steps.first()
    for member in group.memberships.filter(user__progress__isnull=False).distinct():
        own = {"group": group, "step": step}
        Comment.objects.create(member=member.user, author=user, text="Μπράβο.", **own)
        Confirmation.objects.create(user=member.user, confirmed_by=user, **own)
        topic = step.topics.first()
        TopicCheck.objects.create(user=member.user, topic=topic)
        assert_translated(signed_in, group, f"members/{member.pk}/")


def test_a_long_route(signed_in, assignment):
    StepFactory.create_batch(40, roadmap=assignment.roadmap, title="Βήμα")
    member = assignment.shared_roadmaps.first().membership
    assert_translated(signed_in, assignment.group, f"members/{member.pk}/")


def test_the_file(signed_in, assignment):
    with pseudo_language():
        response = signed_in.get(f"/groups/{assignment.group_id}/progress.csv")
    assert find_bare_english(response.content.decode()) == []
