"""A step that was ticked in one roadmap is offered in others, never ticked silently."""

from datetime import UTC, datetime

import pytest

from progress.models import StepProgress
from tests.factories import RoadmapFactory, StepFactory, StepProgressFactory
from tests.progress.test_mark import HTMX

MAY = datetime(2026, 5, 3, 12, tzinfo=UTC)
ASKED = "You ticked this in the"


@pytest.fixture
def git(db):
    return StepFactory(
        roadmap=RoadmapFactory(slug="backend", title="Backend"), slug="git"
    )


@pytest.fixture
def twin(git):
    roadmap = RoadmapFactory(slug="frontend", title="Frontend")
    return StepFactory(roadmap=roadmap, slug="git-too", same_as="backend/git")


@pytest.fixture(params=["route", "step"])
def page_of(request, signed_in):
    def page_of(step):
        own = request.param == "step"
        path = step.get_absolute_url() if own else step.roadmap.get_absolute_url()
        return signed_in.get(path).content.decode()

    return page_of


def test_it_is_asked_and_nothing_is_ticked_yet(page_of, user, git, twin):
    StepProgressFactory(user=user, step=git, started_at=MAY)
    page = page_of(twin)
    assert f"{ASKED} Backend on 3 May 2026." in page
    assert StepProgress.objects.count() == 1


def test_it_is_asked_the_other_way_as_well(page_of, user, git, twin):
    StepProgressFactory(user=user, step=twin, started_at=MAY)
    assert f"{ASKED} Frontend on 3 May 2026." in page_of(git)


def test_two_steps_that_are_the_same_as_a_third_are_twins(page_of, user, twin):
    third = StepFactory(slug="git-again", same_as="backend/git")
    StepProgressFactory(user=user, step=third, started_at=MAY)
    assert f"{ASKED} {third.roadmap.title} on" in page_of(twin)


def test_carrying_it_over_keeps_the_date(page_of, signed_in, user, git, twin):
    StepProgressFactory(user=user, step=git, started_at=MAY)
    page = page_of(twin)
    address = page[page.index(ASKED) :].split('formaction="')[1].split('"')[0]
    signed_in.post(address, headers=HTMX)
    assert StepProgress.objects.get(step=twin).done_at == MAY


@pytest.mark.parametrize("state", ["learning", "skipped"])
def test_only_what_is_done_there_is_offered(page_of, user, git, twin, state):
    StepProgressFactory(user=user, step=git, state=state)
    assert ASKED not in page_of(twin)


@pytest.mark.parametrize("state", ["learning", "skipped", "done"])
def test_it_is_not_asked_of_a_step_that_has_a_state(page_of, user, git, twin, state):
    StepProgressFactory(user=user, step=git)
    StepProgressFactory(user=user, step=twin, state=state)
    assert ASKED not in page_of(twin)


def test_it_is_not_asked_for_somebody_elses_tick(page_of, git, twin):
    StepProgressFactory(step=git)
    assert ASKED not in page_of(twin)


def test_a_draft_is_not_spoken_of(page_of, user, git, twin):
    git.roadmap.is_published = False
    git.roadmap.save()
    StepProgressFactory(user=user, step=git)
    assert ASKED not in page_of(twin)


def test_a_visitor_is_not_asked(client, git, twin):
    StepProgressFactory(step=git)
    assert ASKED not in client.get(twin.get_absolute_url()).content.decode()
