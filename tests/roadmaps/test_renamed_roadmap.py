"""The old addresses of a roadmap that has another slug now"""

import pytest

from progress.models import StepProgress
from progress.notes import Note
from tests.factories import StepProgressFactory


@pytest.fixture
def renamed(cooking):
    cooking.slug = "kitchen"
    cooking.save()
    return cooking


@pytest.mark.parametrize("path", ["", "boil/", "card.png"])
def test_an_old_address_leads_to_the_page(client, renamed, path):
    response = client.get(f"/roadmaps/cooking/{path}")
    if path != "card.png":
        assert response.status_code == 302
        assert response.url == f"/roadmaps/kitchen/{path}"
        response = client.get(response.url)
    assert response.status_code == 200


def test_the_old_address_of_a_renamed_step_does_too(client, renamed):
    step = renamed.steps.get(slug="boil")
    step.slug = "boil-water"
    step.save()
    response = client.get("/roadmaps/cooking/boil/")
    assert response.url == "/roadmaps/kitchen/boil-water/"


def test_a_page_opened_before_still_saves_its_note(signed_in, renamed):
    data = {"text": "Salt first.", "page": "a" * 32, "base": ""}
    signed_in.post("/roadmaps/cooking/boil/", data)
    assert Note.objects.get().step.slug == "boil"


def test_a_page_opened_before_still_resets_the_progress(signed_in, user, renamed):
    StepProgressFactory(user=user, step=renamed.steps.first())
    signed_in.post("/progress/reset/cooking/")
    assert not StepProgress.objects.exists()


def test_a_draft_is_404(client, renamed):
    type(renamed).objects.update(is_published=False)
    for path in ("", "boil/", "card.png"):
        assert client.get(f"/roadmaps/cooking/{path}").status_code == 404
