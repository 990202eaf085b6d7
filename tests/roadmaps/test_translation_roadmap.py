"""Everything on a roadmap's page can be translated, in each of its states."""

from datetime import timedelta
from itertools import batched

import pytest
from django.utils import timezone

from progress.models import Completion, StepProgress
from roadmaps.models import Section, Step
from tests.factories import StepFactory, StepProgressFactory
from tests.progress.test_mark import HTMX, address
from tests.pseudo_language import assert_page_is_translated, pseudo_language

PATH = "/roadmaps/odos/"


@pytest.fixture(autouse=True)
def translated():
    with pseudo_language():
        yield


def test_a_visitors_page(client, greek):
    assert_page_is_translated(client.get(PATH))


@pytest.mark.parametrize("query", ["", "?show=remaining", "?notes=1"])
def test_a_learners_page(greek_learner, query):
    assert_page_is_translated(greek_learner.get(PATH + query))


def test_a_page_without_progress(signed_in, greek):
    assert_page_is_translated(signed_in.get(PATH))


def test_a_draft_that_an_editor_may_edit(admin_client, greek):
    greek.is_published = False
    greek.save()
    assert_page_is_translated(admin_client.get(PATH))


def test_a_page_with_changed_added_and_retired_steps(greek_learner, user, greek):
    now = timezone.now()
    greek.steps.filter(slug="step-1").update(revised_at=now)
    retired = StepFactory(roadmap=greek, title="Παλιό", is_retired=True)
    StepProgressFactory(user=user, step=retired)
    Completion.objects.create(
        user=user, roadmap=greek, completed_at=now - timedelta(days=1)
    )
    assert_page_is_translated(greek_learner.get(PATH))


def test_a_completed_roadmap(greek_learner, greek, cooking):
    cooking.title = "Μαγειρική"
    cooking.save()
    cooking.steps.filter(slug="fry").update(same_as="odos/step-1")
    step = greek.steps.get(slug="step-2")
    response = greek_learner.post(address(step), headers=HTMX)
    assert_page_is_translated(response)
    assert_page_is_translated(greek_learner.get(PATH))


@pytest.fixture
def long_roadmap(greek):
    """The roadmap with 40 steps in three sections, of which one is optional."""
    Step.objects.bulk_create(
        StepFactory.build(
            roadmap=greek, position=position, title="Βήμα", summary="Νερό."
        )
        for position in range(5, 41)
    )
    steps = greek.steps.all()
    for number, part in enumerate(batched(steps, 16), start=1):
        section = Section.objects.create(
            roadmap=greek, slug=f"meros-{number}", title="Μέρος"
        )
        greek.steps.filter(pk__in=[step.pk for step in part]).update(section=section)
    greek.steps.update(hours_min=1, hours_max=2)
    greek.steps.filter(section__slug="meros-3").update(is_optional=True)
    return greek


@pytest.mark.parametrize("query", ["", "?q=νερό", "?q=ζέπελιν", "?q=ζ&show=done"])
def test_a_long_roadmap(client, greek_learner, long_roadmap, query):
    for each in (client, greek_learner):
        response = each.get(PATH + query)
        assert "roadmap_sections_menu" in response.content.decode()
        assert_page_is_translated(response)


def test_the_answer_to_a_mark_on_a_long_roadmap(greek_learner, long_roadmap):
    for step in long_roadmap.steps.filter(slug__in=["step-1", "step-40"]):
        response = greek_learner.post(address(step), headers=HTMX)
        assert "menu_meros" in response.content.decode()
        assert_page_is_translated(response)
    assert_page_is_translated(greek_learner.get(PATH, headers=HTMX))


@pytest.mark.parametrize("slug", ["step-1", "step-2", "step-3", "step-4"])
@pytest.mark.parametrize("state", ["none", "learning", "done", "skipped"])
def test_the_answer_to_a_mark(greek_learner, greek, slug, state):
    step = greek.steps.get(slug=slug)
    response = greek_learner.post(address(step, state), headers=HTMX)
    assert_page_is_translated(response)


def test_an_equivalent_step(signed_in, user, greek, cooking):
    cooking.title = "Μαγειρική"
    cooking.save()
    fry = cooking.steps.get(slug="fry")
    greek.steps.filter(slug="step-1").update(same_as="cooking/fry")
    StepProgress.objects.mark(user, fry.pk, "done")
    assert_page_is_translated(signed_in.get(PATH))


def test_resetting_a_roadmap(greek_learner, greek):
    path = "/progress/reset/odos/"
    assert_page_is_translated(greek_learner.get(path))
    greek_learner.post(path)
    assert_page_is_translated(greek_learner.get(PATH))
    assert_page_is_translated(greek_learner.get(path))
