"""What is kept of a roadmap is of the content_version that is stored."""

import pytest
from django.db import connection, transaction
from django.test import Client

from roadmaps.content_cache import get_content
from roadmaps.models import Resource, Roadmap, Step
from tests.factories import RoadmapFactory, StepFactory


@pytest.fixture
def roadmap(db):
    roadmap = RoadmapFactory(slug="cooking", title="Cooking")
    StepFactory(roadmap=roadmap, slug="knife", title="Hold a knife")
    return roadmap


@pytest.fixture
def page(roadmap, client):
    """What reads the page anew, as a visitor sees it."""

    def read():
        return client.get("/roadmaps/cooking/").text

    read()
    return read


def content_version(roadmap):
    return Roadmap.objects.values_list("content_version", flat=True).get(pk=roadmap.pk)


def run(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def rename_by_save(roadmap):
    step = roadmap.steps.get()
    step.title = "Sharpen it"
    step.save()


def rename_many(roadmap):
    step = roadmap.steps.get()
    step.title = "Sharpen it"
    Step.objects.bulk_update([step], ["title"])


def rename_by_upsert(roadmap):
    step = roadmap.steps.get()
    step.title = "Sharpen it"
    Step.objects.bulk_create(
        [step], update_conflicts=True, unique_fields=["id"], update_fields=["title"]
    )


def rename_in_psql(roadmap):
    run("UPDATE roadmaps_step SET title = 'Sharpen it' WHERE slug = 'knife'")


def add(roadmap):
    StepFactory(roadmap=roadmap, title="Sharpen it")


def move_here(roadmap):
    step = StepFactory(title="Sharpen it")
    Step.objects.filter(pk=step.pk).update(roadmap=roadmap)


EDITS = [rename_by_save, rename_many, rename_by_upsert, rename_in_psql, add, move_here]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_shows_on_the_next_page_whoever_makes_it(page, roadmap, edit):
    assert "Sharpen it" not in page()
    edit(roadmap)
    assert "Sharpen it" in page()


def test_so_does_what_is_said_of_the_roadmap(page, roadmap):
    Roadmap.objects.filter(pk=roadmap.pk).update(title="Cooking for two")
    assert "Cooking for two" in page()


def test_so_does_a_step_that_is_gone(page, roadmap):
    Step.objects.filter(roadmap=roadmap).delete()
    assert "Hold a knife" not in page()


def test_so_does_a_step_that_has_left_for_another_roadmap(page, roadmap):
    Step.objects.filter(roadmap=roadmap).update(roadmap=RoadmapFactory())
    assert "Hold a knife" not in page()


def test_a_roadmap_that_is_hidden_is_gone_at_once(page, roadmap, client):
    Roadmap.objects.update(is_published=False)
    assert client.get("/roadmaps/cooking/").status_code == 404


def test_another_roadmap_can_take_over_the_address(page, roadmap, client):
    Roadmap.objects.filter(pk=roadmap.pk).update(slug="cookery")
    RoadmapFactory(slug="cooking", title="Cooking anew")
    assert "Cooking anew" in page()


def test_what_is_rolled_back_was_never_shown(page, roadmap):
    before = content_version(roadmap)
    with transaction.atomic():
        rename_by_save(roadmap)
        assert "Sharpen it" in page()
        transaction.set_rollback(True)
    assert content_version(roadmap) == before
    assert "Sharpen it" not in page()


def test_the_same_edit_once_more_is_another_edition(page, roadmap):
    content_versions = {content_version(roadmap)}
    for title in ("Sharpen it", "Hold a knife", "Sharpen it"):
        Step.objects.update(title=title)
        content_versions.add(content_version(roadmap))
    assert len(content_versions) == 4


def test_other_roadmaps_stay_as_they_are(roadmap):
    other = StepFactory().roadmap
    before = content_version(other)
    rename_by_save(roadmap)
    assert content_version(other) == before


def test_a_save_of_what_was_read_before_does_not_bring_an_edition_back(roadmap):
    stale = Roadmap.objects.get(pk=roadmap.pk)
    rename_by_save(roadmap)
    now = content_version(roadmap)
    stale.save()
    assert content_version(roadmap) not in (now, stale.content_version)


def test_what_is_kept_has_all_steps_retired_ones_too(roadmap):
    StepFactory(roadmap=roadmap, is_retired=True)
    assert len(get_content(roadmap.pk, str(content_version(roadmap))).steps) == 2


def test_what_one_person_is_shown_is_not_changed_for_the_next(page, roadmap, signed_in):
    step = roadmap.steps.get()
    headers = {"Sec-Fetch-Site": "same-origin"}
    signed_in.post(f"/progress/{step.pk}/done/", headers=headers)
    assert 'data-state="done"' in signed_in.get("/roadmaps/cooking/").text
    assert 'data-state="done"' not in Client().get("/roadmaps/cooking/").text


def test_resources_are_read_anew(roadmap, client):
    step = roadmap.steps.get()
    client.get(step.get_absolute_url())
    Resource.objects.create(
        step=step, title="On knives", url="https://example.com/", kind="book"
    )
    assert "On knives" in client.get(step.get_absolute_url()).text
