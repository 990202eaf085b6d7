"""A step done in one roadmap is offered as done in others, and never marked unasked."""

from datetime import UTC, datetime

import pytest

from progress.models import StepProgress
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
)
from tests.html import read_html
from tests.progress.test_mark import HTMX

MAY = datetime(2026, 5, 3, 12, tzinfo=UTC)
OFFER = "You marked this done in"


@pytest.fixture
def git(db):
    return StepFactory(
        roadmap=RoadmapFactory(slug="backend", title="Backend"), slug="git"
    )


@pytest.fixture
def equivalent(git):
    roadmap = RoadmapFactory(slug="frontend", title="Frontend")
    return StepFactory(roadmap=roadmap, slug="git-too", same_as="backend/git")


@pytest.fixture(params=["route", "step"])
def page_of(request, signed_in):
    def page_of(step):
        is_own = request.param == "step"
        path = step.get_absolute_url() if is_own else step.roadmap.get_absolute_url()
        return read_html(signed_in.get(path))

    return page_of


def test_the_page_offers_it_and_stores_nothing(page_of, user, git, equivalent):
    StepProgressFactory(user=user, step=git, started_at=MAY)
    page = page_of(equivalent)
    assert f"{OFFER} Backend on 3 May 2026." in page
    assert StepProgress.objects.count() == 1


def test_it_works_in_both_directions(page_of, user, git, equivalent):
    StepProgressFactory(user=user, step=equivalent, started_at=MAY)
    assert f"{OFFER} Frontend on 3 May 2026." in page_of(git)


def test_two_steps_with_the_same_reference_are_equivalent(page_of, user, equivalent):
    third = StepFactory(slug="git-again", same_as="backend/git")
    StepProgressFactory(user=user, step=third, started_at=MAY)
    assert f"{OFFER} {third.roadmap.title} on" in page_of(equivalent)


def test_accepting_the_offer_keeps_the_date(page_of, signed_in, user, git, equivalent):
    StepProgressFactory(user=user, step=git, started_at=MAY)
    page = page_of(equivalent)
    url = page[page.index(OFFER) :].split('formaction="')[1].split('"')[0]
    signed_in.post(url, headers=HTMX)
    assert StepProgress.objects.get(step=equivalent).done_at == MAY


@pytest.mark.parametrize("state", ["learning", "skipped"])
def test_only_a_step_that_is_done_is_offered(page_of, user, git, equivalent, state):
    StepProgressFactory(user=user, step=git, state=state)
    assert OFFER not in page_of(equivalent)


@pytest.mark.parametrize("state", ["learning", "skipped", "done"])
def test_a_step_with_a_status_of_its_own_has_no_offer(
    page_of, user, git, equivalent, state
):
    StepProgressFactory(user=user, step=git)
    StepProgressFactory(user=user, step=equivalent, state=state)
    assert OFFER not in page_of(equivalent)


def test_progress_of_others_is_not_offered(page_of, git, equivalent):
    StepProgressFactory(step=git)
    assert OFFER not in page_of(equivalent)


def test_a_step_of_a_draft_is_not_offered(page_of, user, git, equivalent):
    git.roadmap.is_published = False
    git.roadmap.save()
    StepProgressFactory(user=user, step=git)
    assert OFFER not in page_of(equivalent)


def test_a_step_that_the_person_may_no_longer_see_is_not_offered(
    page_of, user, git, equivalent
):
    git.roadmap.visibility = "groups"
    git.roadmap.save()
    StepProgressFactory(user=user, step=git, started_at=MAY)
    assert OFFER not in page_of(equivalent)
    MembershipFactory(user=user, group=AssignmentFactory(roadmap=git.roadmap).group)
    assert OFFER in page_of(equivalent)


def test_a_visitor_gets_no_offer(client, git, equivalent):
    StepProgressFactory(step=git)
    assert OFFER not in read_html(client.get(equivalent.get_absolute_url()))
