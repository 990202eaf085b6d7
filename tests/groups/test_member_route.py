"""GET /groups/<id>/members/<membership id>/"""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from groups.comments import Comment
from groups.confirmations import Confirmation, WorkLink
from groups.models import SharedRoadmap
from groups.roles import Role
from progress.route import MANY_STEPS, State
from progress.topic_checks import TopicCheck
from roadmaps.models import Section
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    NoteFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    TopicFactory,
    UserFactory,
)
from tests.html import read_html


@pytest.fixture
def assignment(user):
    roadmap = RoadmapFactory(slug="cooking", title="Cooking")
    section = Section.objects.create(roadmap=roadmap, slug="hot", title="Hot")
    for title in ("Boil", "Fry", "Bake"):
        StepFactory(roadmap=roadmap, title=title, slug=title.lower(), section=section)
    group = GroupFactory(name="Kitchen")
    MembershipFactory(user=user, group=group, role=Role.MENTOR)
    return AssignmentFactory(group=group, roadmap=roadmap)


@pytest.fixture
def member(assignment):
    """A member who did a step 20 days ago and started another 9 days ago."""
    member = MembershipFactory(
        group=assignment.group, user__name="Ada", showing=[assignment]
    )
    boil, fry, _ = assignment.roadmap.steps.all()
    now = timezone.now()
    for step, state, days in [(boil, State.DONE, 20), (fry, State.LEARNING, 9)]:
        at = now - timedelta(days=days)
        StepProgressFactory(user=member.user, step=step, state=state, started_at=at)
    return member


def path_of(member):
    return f"/groups/{member.group_id}/members/{member.pk}/"


def get_text(client, path):
    response = client.get(path)
    assert response.status_code == HTTPStatus.OK
    return " ".join(re.sub(r"<[^>]+>", " ", read_html(response)).split())


def test_it_shows_states_dates_and_topics(signed_in, assignment, member):
    fry = assignment.roadmap.steps.get(slug="fry")
    oil, _ = TopicFactory(step=fry, title="Oil"), TopicFactory(step=fry, title="Pans")
    TopicCheck.objects.create(user=member.user, topic=oil)
    text = get_text(signed_in, path_of(member))
    assert "Ada Cooking Active 9 days ago On Fry for 9 days" in text
    assert "1 of 3 required" in text
    assert "Hot" in text
    assert re.search(r"Step 1: Boil Done \d+", text)
    assert re.search(r"Step 2: Fry 1 of 2 topics Fry ✓ Oil Done Pans Not done", text)
    assert re.search(r"In progress since \d+", text)
    assert re.search(r"Step 3: Bake .*Not started", text)


def test_nothing_on_it_can_be_marked_and_no_note_is_shown(
    signed_in, assignment, member
):
    NoteFactory(user=member.user, step=assignment.roadmap.steps.first(), text="Secret")
    html = signed_in.get(path_of(member)).content.decode()
    assert "/progress/" not in re.sub("href=[^ ]+", "", html)
    assert "Secret" not in html
    assert member.user.email not in html


def test_it_shows_work_confirmations_and_comments(signed_in, user, assignment, member):
    boil = assignment.roadmap.steps.get(slug="boil")
    WorkLink.objects.create(user=member.user, step=boil, url="https://ada.example/")
    own = {"group": member.group, "step": boil}
    Confirmation.objects.create(
        user=member.user, confirmed_by=user, sentence="Seen in class.", **own
    )
    Comment.objects.create(member=member.user, author=user, text="Well done.", **own)
    response = signed_in.get(path_of(member))
    text = response.content.decode()
    for shown in ("https://ada.example/", "Seen in class.", "Well done."):
        assert shown in text
    assert response["Cache-Control"] == "no-store"


def test_a_long_route_has_the_forms_of_one_step(signed_in, assignment, member):
    StepFactory.create_batch(MANY_STEPS, roadmap=assignment.roadmap)
    html = signed_in.get(path_of(member)).content.decode()
    assert html.count("<textarea") == 0
    assert 'href="?step=boil#boil"' in html
    html = signed_in.get(f"{path_of(member)}?step=boil").content.decode()
    assert html.count("<textarea") == 1


class TestWhoSeesIt:
    def status(self, user, path):
        client = Client()
        if user:
            client.force_login(user)
        return client.get(path).status_code

    @pytest.mark.parametrize("role", [Role.MENTOR, Role.OWNER])
    def test_mentors_and_owners(self, assignment, member, role):
        mentor = MembershipFactory(group=assignment.group, role=role)
        assert self.status(mentor.user, path_of(member)) == HTTPStatus.OK

    def test_nobody_else(self, assignment, member):
        former = MembershipFactory(group=assignment.group, role=Role.MENTOR)
        former.delete()
        others = [
            member.user,
            MembershipFactory(group=assignment.group).user,
            former.user,
            UserFactory(is_staff=True, is_superuser=True),
            MembershipFactory(role=Role.OWNER).user,
        ]
        for user in others:
            assert self.status(user, path_of(member)) == HTTPStatus.NOT_FOUND
        assert self.status(None, path_of(member)) == HTTPStatus.FOUND

    def test_it_takes_only_get(self, signed_in, member):
        response = signed_in.post(path_of(member))
        assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED


class TestConsent:
    def status(self, client, member, query=""):
        return client.get(f"{path_of(member)}{query}").status_code

    def test_a_member_who_does_not_agree_is_not_found(self, signed_in, member):
        SharedRoadmap.objects.all().delete()
        assert self.status(signed_in, member) == HTTPStatus.NOT_FOUND

    def test_a_former_member_is_not_found(self, signed_in, member):
        path = path_of(member)
        member.delete()
        assert signed_in.get(path).status_code == HTTPStatus.NOT_FOUND

    def test_a_member_of_another_group_is_not_found(self, signed_in, member):
        other = AssignmentFactory(roadmap__slug="knots")
        stranger = MembershipFactory(group=other.group, showing=[other])
        path = f"/groups/{member.group_id}/members/{stranger.pk}/"
        assert signed_in.get(path).status_code == HTTPStatus.NOT_FOUND
        assert self.status(signed_in, stranger) == HTTPStatus.NOT_FOUND

    def test_a_mentor_has_no_page(self, signed_in, member):
        mentor = MembershipFactory(group=member.group, role=Role.MENTOR)
        assert self.status(signed_in, mentor) == HTTPStatus.NOT_FOUND

    def test_each_roadmap_needs_its_own_consent(self, signed_in, assignment, member):
        other = AssignmentFactory(group=assignment.group, roadmap__slug="knots")
        query = "?roadmap=knots"
        assert self.status(signed_in, member, query) == HTTPStatus.NOT_FOUND
        SharedRoadmap.objects.create(membership=member, assignment=other)
        assert self.status(signed_in, member, query) == HTTPStatus.OK
        assert self.status(signed_in, member, "?roadmap=x") == HTTPStatus.NOT_FOUND
        type(other.roadmap).objects.filter(slug="knots").update(is_published=False)
        assert self.status(signed_in, member, query) == HTTPStatus.NOT_FOUND
        assert self.status(signed_in, member) == HTTPStatus.OK


def test_it_takes_at_most_eight_queries(
    signed_in, user, assignment, member, assert_max_queries
):
    for step in assignment.roadmap.steps.all():
        Comment.objects.create(
            group=member.group,
            step=step,
            member=member.user,
            author=user,
            text="Go on.",
        )
    signed_in.get(path_of(member))
    with assert_max_queries(8):
        signed_in.get(path_of(member))
