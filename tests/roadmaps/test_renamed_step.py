"""/roadmaps/<roadmap>/<an old slug of a step>/"""

import pytest

from progress.notes import Note
from tests.factories import RoadmapFactory, StepFactory


@pytest.fixture
def step(db):
    step = StepFactory(roadmap=RoadmapFactory(slug="cooking"), slug="boil")
    step.slug = "boil-water"
    step.save()
    return step


def test_an_old_address_redirects_to_the_step(client, step):
    response = client.get("/roadmaps/cooking/boil/")
    assert response.status_code == 302
    assert response.url == "/roadmaps/cooking/boil-water/"


def test_every_older_address_does_too(client, step):
    step.slug = "heat-water"
    step.save()
    for old in ("boil", "boil-water"):
        response = client.get(f"/roadmaps/cooking/{old}/")
        assert response.url == "/roadmaps/cooking/heat-water/"


def test_a_page_opened_before_still_saves_its_note(signed_in, step):
    data = {"text": "Salt first.", "page": "a" * 32, "base": ""}
    signed_in.post("/roadmaps/cooking/boil/", data)
    assert Note.objects.get().step == step


@pytest.mark.parametrize("path", ["/roadmaps/cooking/never/", "/roadmaps/baking/boil/"])
def test_a_slug_that_no_step_ever_had_is_404(client, step, path):
    RoadmapFactory(slug="baking")
    assert client.get(path).status_code == 404


def test_a_retired_step_is_404(client, step):
    step.is_retired = True
    step.save()
    assert client.get("/roadmaps/cooking/boil/").status_code == 404


def test_a_draft_is_404(client, step):
    type(step.roadmap).objects.update(is_published=False)
    assert client.get("/roadmaps/cooking/boil/").status_code == 404
