"""GET /groups/<id>/ for a mentor"""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from groups import step_summaries
from groups.member_rows import MAX_TO_CONFIRM
from groups.models import SharedRoadmap
from groups.roles import Role
from groups.step_chart import StepChart
from groups.stuck import StepSummary
from groups.views.mentor import MEMBERS_PER_PAGE
from progress.models import StepProgress
from progress.route import State
from roadmaps.models import Section
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
)
from tests.html import read_html
from tests.progress.test_route import required


@pytest.fixture
def assignment(user):
    """A roadmap with three required steps and an optional one, in `user`'s group."""
    roadmap = RoadmapFactory(slug="cooking", title="Cooking")
    for title in ("Boil", "Fry", "Bake"):
        StepFactory(roadmap=roadmap, title=title, slug=title.lower())
    StepFactory(roadmap=roadmap, title="Braise", slug="braise", is_optional=True)
    group = GroupFactory(name="Kitchen")
    user.name = "Mo"
    user.save()
    MembershipFactory(user=user, group=group, role=Role.MENTOR)
    return AssignmentFactory(group=group, roadmap=roadmap)


@pytest.fixture
def join(assignment):
    """A function that adds a member who shows the roadmap, or does not."""

    def join(name, *, shows=True):
        showing = [assignment] if shows else []
        return MembershipFactory(
            group=assignment.group, user__name=name, showing=showing
        )

    return join


@pytest.fixture
def get_page(signed_in, assignment):
    """A function that gets the page as a mentor."""

    def get_page(query=""):
        response = signed_in.get(f"/groups/{assignment.group_id}/{query}")
        assert response.status_code == HTTPStatus.OK
        return read_html(response)

    return get_page


def mark(membership, slug, state=State.DONE, days_ago=0, took=0):
    at = timezone.now() - timedelta(days=days_ago)
    StepProgressFactory(
        user=membership.user,
        step=membership.group.assignments.get().roadmap.steps.get(slug=slug),
        state=state,
        started_at=at - timedelta(days=took),
        done_at=at if state == State.DONE else None,
    )


def names(html):
    return re.findall(r"<h3><a[^>]*>([^<]+)</a>", html)


def text(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


class TestWhoSeesIt:
    def get(self, user, assignment):
        client = Client()
        if user:
            client.force_login(user)
        return client.get(f"/groups/{assignment.group_id}/")

    @pytest.mark.parametrize("role", [Role.MENTOR, Role.OWNER])
    def test_mentors_and_owners(self, assignment, join, role):
        join("Ada")
        mentor = MembershipFactory(group=assignment.group, role=role)
        response = self.get(mentor.user, assignment)
        assert names(read_html(response)) == ["Ada"]
        assert response["Cache-Control"] == "no-store"
        html, url = response.content.decode(), assignment.group.get_absolute_url()
        assert (f'href="{url}settings/"' in html) == (role == Role.OWNER)
        assert (f'href="{url}sharing/#leave"' in html) == (role == Role.MENTOR)

    def test_no_member(self, assignment, join):
        join("Ada")
        response = self.get(join("Bob").user, assignment)
        assert "Ada" not in response.content.decode()

    def test_no_stranger_former_member_or_mentor_of_another_group(
        self, assignment, join
    ):
        former = join("Ada")
        former.delete()
        other = MembershipFactory(role=Role.MENTOR)
        for user in (UserFactory(is_staff=True), former.user, other.user):
            response = self.get(user, assignment)
            assert response.status_code == HTTPStatus.NOT_FOUND

    def test_a_visitor_is_asked_to_sign_in(self, assignment):
        assert self.get(None, assignment).status_code == HTTPStatus.FOUND

    def test_it_takes_only_get(self, signed_in, assignment):
        response = signed_in.post(f"/groups/{assignment.group_id}/")
        assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED


class TestMembers:
    def test_a_row_says_what_a_member_did(self, get_page, join):
        ada = join("Ada")
        mark(ada, "boil", days_ago=2)
        mark(ada, "fry", State.LEARNING, days_ago=2)
        html = get_page()
        assert "1 of 3" in text(html)
        assert "Active 2 days ago On Fry for 2 days" in text(html)
        assert html.count('class="segment') == 4

    def test_they_are_sorted_by_name_whatever_their_progress(self, get_page, join):
        for name, slugs in {"Cy": "boil fry", "ada": "", "Bob": "boil"}.items():
            member = join(name)
            for slug in slugs.split():
                mark(member, slug)
        assert names(get_page()) == ["ada", "Bob", "Cy"]

    def test_they_can_be_sorted_by_time_and_by_activity(self, get_page, join):
        for name, days in {"Ada": 1, "Bob": 5, "Cy": 3}.items():
            mark(join(name), "boil", State.LEARNING, days)
        assert names(get_page("?sort=time")) == ["Bob", "Cy", "Ada"]
        assert names(get_page("?sort=active")) == ["Ada", "Cy", "Bob"]
        assert names(get_page("?sort=progress")) == ["Ada", "Bob", "Cy"]

    @pytest.mark.parametrize(
        ("days", "shown"),
        [
            (0, "Active today"),
            (1, "Active yesterday"),
            (13, "Active 13 days ago"),
            (14, "Active on"),
            (800, "Active on"),
        ],
    )
    def test_when_they_were_active(self, get_page, join, days, shown):
        mark(join("Ada"), "boil", days_ago=days)
        assert shown in text(get_page())

    def test_a_member_who_has_not_begun(self, get_page, join):
        join("Ada")
        assert "0 of 3 Not yet active" in text(get_page())

    def test_who_is_stuck(self, get_page, join):
        for name in "ABC":
            mark(join(name), "boil", took=2)
        mark(join("Ada"), "boil", State.LEARNING, days_ago=12)
        html = get_page()
        assert "Stuck on Boil for 12 days" in text(html)
        assert html.count("Stuck on") == 1

    def test_a_member_who_is_done(self, get_page, join):
        ada = join("Ada")
        for step in ada.group.assignments.get().roadmap.steps.all():
            StepProgress.objects.mark(ada.user, step.pk, State.DONE)
        assert "3 of 3 Active today Completed" in text(get_page())

    def test_those_who_do_not_show_the_roadmap_are_only_counted(self, get_page, join):
        join("Ada")
        mark(hidden := join("Bob", shows=False), "boil")
        html = get_page()
        assert "Bob" not in html
        assert hidden.user.email not in html
        assert "1 member doesn’t show their progress on this roadmap." in text(html)

    def test_one_who_stops_showing_it_disappears(self, get_page, join):
        join("Ada")
        bob = join("Bob")
        assert names(get_page()) == ["Ada", "Bob"]
        SharedRoadmap.objects.filter(membership=bob).delete()
        assert names(get_page()) == ["Ada"]

    def test_what_they_did_elsewhere_does_not_count(self, get_page, join):
        StepProgressFactory(user=join("Ada").user)
        assert "Not yet active" in text(get_page())

    def test_there_are_fifty_on_a_page(self, get_page, join):
        for number in range(MEMBERS_PER_PAGE + 1):
            join(f"Member {number:02}")
        first = get_page("?sort=name")
        assert len(names(first)) == MEMBERS_PER_PAGE
        assert 'href="?sort=name&amp;page=2#members"' in first
        assert names(get_page("?page=2")) == ["Member 50"]
        assert names(get_page("?page=9")) == ["Member 50"]
        assert len(names(get_page("?page=x"))) == MEMBERS_PER_PAGE

    def test_steps_to_confirm(self, get_page, join):
        ada = join("Ada")
        mark(ada, "boil", days_ago=3)
        assert "Confirm 1 step" in text(get_page())
        for slug in ("fry", "bake", "braise"):
            mark(ada, slug)
        html = get_page()
        assert "Confirm 4 steps" in text(html)
        assert "See all 4 steps" in text(html)
        assert html.count("/confirm/") == 2 * MAX_TO_CONFIRM  # as a form, and for htmx


class TestFilter:
    def test_it_finds_members_by_the_state_of_a_step(self, get_page, join):
        mark(join("Ada"), "fry")
        mark(join("Bob"), "fry", State.LEARNING)
        join("Cy")
        html = get_page("?step=fry&state=done")
        assert names(html) == ["Ada"]
        assert "1 of 3 members" in text(html)
        assert names(get_page("?step=fry&state=learning")) == ["Bob"]
        assert names(get_page("?step=fry&state=none&sort=active")) == ["Cy"]
        assert names(get_page("?step=fry")) == ["Cy"]
        assert names(get_page("?step=&state=done")) == ["Ada", "Bob", "Cy"]
        assert "No members match" in text(get_page("?step=fry&state=skipped"))

    @pytest.mark.parametrize("query", ["?step=knit", "?step=fry&state=perfect"])
    def test_an_unknown_choice_is_explained(self, get_page, join, query):
        join("Ada")
        html = get_page(query)
        assert names(html) == ["Ada"]
        assert "Select a valid choice." in html


class TestRoadmaps:
    def test_one_of_several_is_chosen(self, get_page, join, assignment):
        join("Ada")
        other = AssignmentFactory(group=assignment.group, roadmap__slug="knots")
        MembershipFactory(group=assignment.group, user__name="Bob", showing=[other])
        assert names(get_page("?roadmap=cooking")) == ["Ada"]
        assert names(get_page("?roadmap=knots")) == ["Bob"]
        assert 'href="?roadmap=knots"' in get_page()

    def test_an_unknown_one_or_a_draft_is_not_found(self, signed_in, assignment):
        AssignmentFactory(
            group=assignment.group, roadmap__slug="draft", roadmap__is_published=False
        )
        for slug in ("draft", "knots"):
            path = f"/groups/{assignment.group_id}/?roadmap={slug}"
            assert signed_in.get(path).status_code == HTTPStatus.NOT_FOUND

    def test_the_facts(self, get_page, join, assignment):
        join("Ada")
        join("Bob", shows=False)
        assignment.due_on = timezone.localdate() + timedelta(days=21)
        assignment.save()
        assert re.search(
            r"Cooking due \d+ \w+ \d+ needs about 1 required step a week 2 members",
            text(get_page()),
        )


class TestEmptyPage:
    def test_no_members(self, get_page):
        html = text(get_page())
        assert "No members yet Owners of the group can invite people." in html

    def test_an_owner_can_invite_and_assign(self, get_page, assignment, user):
        user.memberships.update(role=Role.OWNER)
        assert "Invite people" in get_page()
        assignment.delete()
        assert "Assign a roadmap" in get_page()

    def test_no_roadmap(self, get_page, join, assignment):
        join("Ada")
        assignment.delete()
        html = text(get_page())
        assert "1 member" in html
        assert "No roadmap yet" in html

    def test_nobody_shows_it(self, get_page, join):
        join("Ada", shows=False)
        html = get_page()
        assert "Nobody shows their progress yet" in html
        assert "1 member doesn’t show their progress on this roadmap." in text(html)
        assert "Ada" not in html


def test_a_large_group_is_sorted_by_name(get_page, join, monkeypatch):
    monkeypatch.setattr(step_summaries, "MAX_LIVE_MARKS", 1)
    mark(join("Ada"), "boil", State.LEARNING, days_ago=1)
    mark(join("Bob"), "boil", days_ago=5)
    html = get_page("?sort=active")
    assert names(html) == ["Ada", "Bob"]
    assert "Time on one step" not in html
    assert "of 2 · counted at" in text(html)
    assert "1. Boil</th> <td>1</td>" in html


def test_it_quotes_what_members_read(get_page, join):
    join("Ada")
    html = get_page()
    assert re.search("“Mo can see the steps .* They never see your notes.”", html)


@pytest.mark.parametrize("query", ["", "?step=fry&state=none&sort=time&page=2"])
def test_it_takes_at_most_eight_queries(
    signed_in, assignment, join, assert_max_queries, query
):
    for number in range(MEMBERS_PER_PAGE + 10):
        mark(join(f"Member {number}"), "boil", days_ago=20)
    signed_in.get(f"/groups/{assignment.group_id}/")
    with assert_max_queries(8):
        signed_in.get(f"/groups/{assignment.group_id}/{query}")


class TestChart:
    def test_it_counts_those_who_did_or_skipped_a_step(self, get_page, join):
        mark(join("Ada"), "boil")
        mark(join("Bob"), "boil", State.SKIPPED)
        mark(join("Cy"), "boil", State.LEARNING)
        html = get_page()
        assert "1. Boil</th> <td>2</td>" in html
        assert "4. Braise" in html
        assert html.count("<rect ") == 4
        assert '<rect y="34" width="1" height="66"' in html

    def test_sections_have_a_heading_over_their_columns(
        self, get_page, join, assignment
    ):
        join("Ada")
        roadmap = assignment.roadmap
        section = Section.objects.create(roadmap=roadmap, slug="hot", title="Hot")
        roadmap.steps.filter(slug__in=["boil", "fry"]).update(section=section)
        assert re.search('colspan="2"><span class="title">Hot</span>.*1–2<', get_page())

    def test_many_steps_are_grouped(self):
        steps = [step.content for step in required(*[State.NONE] * 300)]
        summaries = {step.pk: StepSummary(past=9) for step in steps[:7]}
        chart = StepChart(steps, summaries, 10)
        [section] = chart.sections
        assert [column.past for column in section.columns[:3]] == [9, 0, 0]
        assert len(section.columns) == 60
        assert len(chart.counts) == 300
        assert chart.is_dense
