"""Every text of /progress/ can be translated."""

from datetime import timedelta

import pytest
from django.utils import timezone

from progress.models import Completion, State, StepProgress
from progress.views import NOTES_PER_PAGE
from roadmaps.models import Step
from tests.factories import NoteFactory, StepFactory, StepProgressFactory
from tests.pseudo_language import assert_page_is_translated, pseudo_language

PATH = "/progress/"


def assert_translated(client, query="", **kwargs):
    with pseudo_language():
        assert_page_is_translated(client.get(f"{PATH}{query}", **kwargs))


def test_an_empty_page(signed_in, settings):
    settings.SITE_NAME = "Πέτρα"
    assert_translated(signed_in)


def test_a_page_before_the_first_done_step(signed_in, user, greek):
    StepProgress.objects.mark(user, greek.steps.first().pk, State.LEARNING)
    assert_translated(signed_in)


def test_a_page_without_a_step_of_the_last_year(signed_in, user, greek):
    old = timezone.now() - timedelta(days=400)
    StepProgressFactory(user=user, step=greek.steps.first(), started_at=old)
    assert_translated(signed_in)


def test_a_full_page(greek_learner, user, greek):
    NoteFactory(user=user, step=greek.steps.last(), text="Σημείωση " * 100)
    assert_translated(greek_learner)


def test_a_completed_roadmap_and_steps_without_links(signed_in, user, greek):
    completed_at = timezone.now() - timedelta(days=1)
    Step.objects.update(added_at=completed_at)
    for step in greek.steps.all():
        StepProgressFactory(user=user, step=step, started_at=completed_at)
    Completion.objects.create(user=user, roadmap=greek, completed_at=completed_at)
    StepFactory(roadmap=greek, title="Νέο")
    Step.objects.filter(pk=greek.steps.first().pk).update(is_retired=True)
    greek.is_published = False
    greek.save()
    assert_translated(signed_in)


@pytest.mark.parametrize("query", ["", "?q=σημείωση", "?q=λάθος", "?page=2"])
@pytest.mark.parametrize("target", [None, "div#notes_found"])
def test_a_search_and_pages_of_notes(signed_in, user, greek, query, target):
    for step in StepFactory.create_batch(
        NOTES_PER_PAGE + 1, roadmap=greek, title="Βήμα"
    ):
        NoteFactory(user=user, step=step, text="Σημείωση")
    headers = {"HX-Request": "true", "HX-Target": target} if target else {}
    assert_translated(signed_in, query, headers=headers)
