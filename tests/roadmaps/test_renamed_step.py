"""/roadmaps/<roadmap>/<a slug that the step had>/"""

import pytest

from progress.notes import Note
from tests.factories import RoadmapFactory, StepFactory


@pytest.fixture
def step(db):
    step = StepFactory(roadmap=RoadmapFactory(slug="cooking"), slug="boil")
    step.slug = "boil-water"
    step.save()
    return step


def test_an_old_address_leads_to_the_step(client, step):
    response = client.get("/roadmaps/cooking/boil/")
    assert response.status_code == 302
    assert response.url == "/roadmaps/cooking/boil-water/"


def test_so_does_the_one_before_it(client, step):
    step.slug = "heat-water"
    step.save()
    for old in ("boil", "boil-water"):
        response = client.get(f"/roadmaps/cooking/{old}/")
        assert response.url == "/roadmaps/cooking/heat-water/"


def test_a_page_that_was_open_saves_its_note(signed_in, step):
    data = {"text": "Salt first.", "page": "a" * 32, "base": ""}
    signed_in.post("/roadmaps/cooking/boil/", data)
    assert Note.objects.get().step == step


def test_a_step_that_has_the_slug_now_is_shown(client, step):
    StepFactory(roadmap=step.roadmap, slug="boil", title="Boil Eggs")
    assert "Boil Eggs" in client.get("/roadmaps/cooking/boil/").content.decode()


@pytest.mark.parametrize("path", ["/roadmaps/cooking/never/", "/roadmaps/baking/boil/"])
def test_what_never_was_is_404(client, step, path):
    RoadmapFactory(slug="baking")
    assert client.get(path).status_code == 404


def test_what_is_retired_is_404(client, step):
    step.is_retired = True
    step.save()
    assert client.get("/roadmaps/cooking/boil/").status_code == 404


def test_a_draft_tells_nobody(client, step):
    type(step.roadmap).objects.update(is_published=False)
    assert client.get("/roadmaps/cooking/boil/").status_code == 404
