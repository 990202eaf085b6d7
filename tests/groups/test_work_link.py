"""GET and POST /groups/work/<step id>/, and the link on the step's page."""

import pytest
from django.urls import reverse

from editing import step_operations
from editing.step_copying import copy_everybody
from groups.confirmations import WorkLink
from groups.member_work import get_links, with_work
from groups.models import Membership, SharedRoadmap
from progress.step_copies import StepCopy
from tests.factories import (
    AssignmentFactory,
    CommentFactory,
    ConfirmationFactory,
    MembershipFactory,
    StepFactory,
    StepProgressFactory,
    WorkLinkFactory,
)
from tests.html import read_html

URL = "https://example.org/my-work"
pytestmark = pytest.mark.django_db


@pytest.fixture
def step():
    return StepFactory()


@pytest.fixture
def assignment(step):
    return AssignmentFactory(roadmap=step.roadmap, group__name="Spring cohort")


@pytest.fixture
def membership(assignment, user):
    return MembershipFactory(user=user, group=assignment.group, showing=[assignment])


def address(step):
    return reverse("groups:work_link", args=[step.pk])


def page(client, step):
    return " ".join(read_html(client.get(step.get_absolute_url())).split())


class TestStepPage:
    def test_a_member_is_asked_for_it_and_told_who_sees_it(
        self, signed_in, membership, step
    ):
        html = page(signed_in, step)
        assert "Link to your work" in html
        assert "Mentors of Spring cohort can see it." in html
        assert "Only you can see it." not in html

    def test_a_member_who_shows_nothing_is_told_so(self, signed_in, membership, step):
        SharedRoadmap.objects.all().delete()
        html = page(signed_in, step)
        assert "Only you can see it." in html
        assert "Mentors of Spring cohort can see it." not in html

    @pytest.mark.parametrize("role", ["mentor", "owner"])
    def test_a_mentor_is_not_asked(self, signed_in, user, assignment, step, role):
        MembershipFactory(user=user, group=assignment.group, role=role)
        assert "Link to your work" not in page(signed_in, step)

    def test_nobody_else_is_asked(self, client, signed_in, user, step):
        MembershipFactory(user=user, group=AssignmentFactory().group)
        for other in (client, signed_in):
            assert "step_groups" not in page(other, step)

    def test_a_former_member_can_only_remove_theirs(
        self, signed_in, user, membership, step
    ):
        WorkLinkFactory(user=user, step=step, url=URL)
        membership.delete()
        html = page(signed_in, step)
        assert f'href="{URL}"' in html
        assert "Remove link" in html
        assert "Save link" not in html
        assert "Only you can see it." in html


class TestSaving:
    def test_it_is_saved_changed_and_removed(self, signed_in, membership, step):
        for url in (URL, URL, "http://example.org/other"):
            response = signed_in.post(address(step), {"url": url})
            assert response.url == f"{step.get_absolute_url()}#work_link"
            assert WorkLink.objects.get().url == url
        assert "http://example.org/other" in page(signed_in, step)
        for data in ({"remove": "1", "url": URL}, {"url": ""}):
            signed_in.post(address(step), data)
            assert not WorkLink.objects.exists()

    def test_a_host_alone_gets_https(self, signed_in, membership, step):
        signed_in.post(address(step), {"url": "example.org/work"})
        assert WorkLink.objects.get().url == "https://example.org/work"

    @pytest.mark.parametrize(
        "url",
        [
            *("javascript:alert(1)", "ftp://example.org/", "nonsense", "a\x00b"),
            *("https://example.org/" + "a" * 500, "data:text/html,x"),
        ],
    )
    def test_a_wrong_one_is_refused_with_what_was_typed(
        self, signed_in, membership, step, url
    ):
        response = signed_in.post(address(step), {"url": url})
        assert response.status_code == 422
        html = read_html(response)
        assert 'class="errorlist"' in html
        assert f'value="{url}"' in html or "\x00" in url
        assert not WorkLink.objects.exists()

    def test_the_page_has_the_stored_link(self, signed_in, user, membership, step):
        WorkLinkFactory(user=user, step=step, url=URL)
        assert f'value="{URL}"' in read_html(signed_in.get(address(step)))

    def test_others_cannot(self, client, signed_in, user, assignment, step):
        assert client.post(address(step), {"url": URL}).status_code == 302
        assert signed_in.post(address(step), {"url": URL}).status_code == 404
        assert signed_in.post(address(step), {"remove": "1"}).status_code == 404
        assert signed_in.get(address(step)).status_code == 404
        MembershipFactory(user=user, group=assignment.group, role="mentor")
        assert signed_in.post(address(step), {"url": URL}).status_code == 404
        assert not WorkLink.objects.exists()

    def test_a_former_member_removes_theirs_and_no_other(
        self, signed_in, user, membership, step
    ):
        WorkLinkFactory(user=user, step=step, url=URL)
        other = WorkLinkFactory(step=step)
        membership.delete()
        assert (
            signed_in.post(address(step), {"url": "https://b.org"}).status_code == 404
        )
        assert WorkLink.objects.get(user=user).url == URL
        for status in (302, 404):
            response = signed_in.post(address(step), {"remove": "1"})
            assert response.status_code == status
        assert list(WorkLink.objects.all()) == [other]

    def test_it_stays_on_a_step_that_was_merged_and_brought_back(
        self, signed_in, membership, step
    ):
        into = StepFactory(roadmap=step.roadmap)
        step_operations.merge(step, into, copies_later=True)
        step_operations.bring_back(step)
        signed_in.post(address(step), {"url": URL})
        copy_everybody(StepCopy.objects.get())
        assert WorkLink.objects.get().step == step

    def test_a_retired_step_and_an_unknown_one_are_404(
        self, signed_in, membership, step
    ):
        step.is_retired = True
        step.save()
        for path in (address(step), "/groups/work/999999/"):
            assert signed_in.post(path, {"url": URL}).status_code == 404


class TestQueries:
    def test_people_without_groups_take_one_more(
        self, signed_in, client, step, assert_max_queries
    ):
        for each, count in ((signed_in, 5), (client, 1)):
            each.get(step.get_absolute_url())
            with assert_max_queries(count):
                each.get(step.get_absolute_url())

    def test_a_members_page_takes_nine_at_most(
        self, signed_in, user, membership, step, assert_max_queries, full_feedback
    ):
        full_feedback(membership, step)
        html = page(signed_in, step)
        assert "Well done." in html
        assert "Confirmed by" in html
        assert URL in html
        step.save()  # the content is not cached any more
        with assert_max_queries(9):
            signed_in.get(step.get_absolute_url())
        with assert_max_queries(6):
            signed_in.get(step.get_absolute_url())


@pytest.fixture
def full_feedback():
    """A function that gives a member everything that a step's page can show."""

    def fill(membership, step):
        user, group = membership.user, membership.group
        mentor = MembershipFactory(group=group, role="mentor").user
        StepProgressFactory(user=user, step=step)
        StepProgressFactory(user=user)
        WorkLinkFactory(user=user, step=step, url=URL)
        for each in (group, None):
            ConfirmationFactory(user=user, step=step, group=each, confirmed_by=mentor)
        CommentFactory.create_batch(
            3, member=user, step=step, group=group, author=mentor
        )
        other = AssignmentFactory(roadmap=step.roadmap)
        MembershipFactory(user=user, group=other.group)
        CommentFactory(member=user, step=step, group=other.group, author=user)

    return fill


def test_a_link_is_shown_to_the_mentors_of_nobody_else(step, assignment, membership):
    WorkLinkFactory(user=membership.user, step=step, url=URL)
    WorkLinkFactory(step=step)
    other = MembershipFactory(group=assignment.group)
    elsewhere = AssignmentFactory(group=assignment.group)

    def read_links(membership, assignment):
        people = with_work(Membership.objects.all(), assignment)
        return get_links(people.get(pk=membership.pk))

    assert read_links(membership, assignment) == {step.pk: URL}
    assert read_links(other, assignment) == {}
    assert read_links(membership, elsewhere) == {}
