"""Every text of the frame and of the list of roadmaps can be translated."""

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from core.fragments import render_fragment
from progress.models import Completion
from roadmaps.card import Card
from roadmaps.models import Roadmap
from tests.factories import RoadmapFactory, StepFactory, StepProgressFactory
from tests.pseudo_language import (
    assert_page_is_translated,
    find_bare_english,
    pseudo_language,
)

GREEK = {"title": "Δρόμος", "summary": "Όλα.", "category": "Τέχνη"}


@pytest.fixture
def many(greek):
    for number in range(60):
        RoadmapFactory(**GREEK, slug=f"dromos-{number}")


def get_translated(client, path):
    with pseudo_language():
        response = client.get(path)
    assert_page_is_translated(response)
    return response.content.decode()


def test_a_visitors_first_view(client, greek):
    get_translated(client, "/")


def test_a_learner_with_a_roadmap_in_progress(greek_learner):
    assert "Βήμα" in get_translated(greek_learner, "/")


def test_a_completed_roadmap_and_what_to_follow_next(greek_learner, user, greek):
    StepProgressFactory(user=user, step=StepFactory(roadmap=greek, title="Βήμα"))
    Completion.objects.create(user=user, roadmap=greek, completed_at=timezone.now())
    shares = RoadmapFactory(**GREEK)
    StepFactory(roadmap=shares, same_as="odos/step-1")
    RoadmapFactory(**GREEK)
    assert "✓" in get_translated(greek_learner, "/")


def test_a_long_list_and_its_filter(client, greek_learner, many):
    for path in ("/", "/?page=2", "/?q=δρόμος", "/?q=ξ"):
        get_translated(client, path)
        get_translated(greek_learner, path)


def test_staff_see_drafts_and_what_is_not_for_everybody(greek_learner, user, greek):
    user.is_staff = user.is_superuser = True
    user.save()
    RoadmapFactory(**GREEK, is_published=False)
    for visibility in ("signed-in", "groups"):
        RoadmapFactory(**GREEK, visibility=visibility)
    get_translated(greek_learner, "/")


@pytest.mark.parametrize("is_superuser", [True, False])
def test_an_empty_list(signed_in, user, settings, is_superuser):
    settings.SITE_NAME, user.name = "Πέτρα", "Ελένη"
    user.is_staff = user.is_superuser = is_superuser
    user.save()
    get_translated(signed_in, "/")


@pytest.mark.parametrize("change", [{"is_published": False}, {"visibility": "groups"}])
def test_a_hidden_roadmap(greek_learner, change):
    Roadmap.objects.update(**change)
    for path in ("/", "/roadmaps/odos/", "/roadmaps/odos/step-1/"):
        get_translated(greek_learner, path)


@pytest.mark.parametrize("on_step", [True, False])
def test_the_list_of_shortcuts(on_step):
    with pseudo_language():
        html = render_fragment("fragments/keyboard_shortcuts.html", on_step=on_step)
    texts = html.replace("<kbd>Ctrl K</kbd>", "").replace("<kbd>Esc</kbd>", "")
    assert "⟦" in texts
    assert ">Keyboard" not in texts
    assert ">Search" not in texts


def test_the_theme_switch():
    with pseudo_language():
        html = render_to_string("theme.html", {"theme": "dark", "next": "/"})
    assert html.count("⟦") == 4


def test_the_texts_of_social_cards():
    with pseudo_language():
        for card in (Card.for_site(), Card("Οδός", "Τέχνη", (True, False))):
            assert find_bare_english(card.alt) == []
