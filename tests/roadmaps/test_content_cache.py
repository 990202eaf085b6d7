"""The cached content of a roadmap is never out of date."""

import pytest
from django.db import connection, transaction

from roadmaps.content_cache import get_content, get_step_content
from roadmaps.models import Resource, Roadmap, Step
from tests.factories import RoadmapFactory, StepFactory


@pytest.fixture
def roadmap(db):
    roadmap = RoadmapFactory(slug="cooking", title="Cooking")
    StepFactory(roadmap=roadmap, slug="knife", title="Hold a knife")
    return roadmap


@pytest.fixture
def page(roadmap, client):
    """Returns a function that reads the page as a visitor."""

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
def test_every_way_to_edit_shows_on_the_next_page(page, roadmap, edit):
    assert "Sharpen it" not in page()
    edit(roadmap)
    assert "Sharpen it" in page()


def test_an_edit_of_the_roadmap_shows(page, roadmap):
    Roadmap.objects.filter(pk=roadmap.pk).update(title="Cooking for two")
    assert "Cooking for two" in page()


def test_a_deleted_step_is_gone(page, roadmap):
    Step.objects.filter(roadmap=roadmap).delete()
    assert "Hold a knife" not in page()


def test_a_step_moved_to_another_roadmap_is_gone(page, roadmap):
    Step.objects.filter(roadmap=roadmap).update(roadmap=RoadmapFactory())
    assert "Hold a knife" not in page()


def test_an_unpublished_roadmap_is_gone_at_once(page, roadmap, client):
    Roadmap.objects.update(is_published=False)
    assert client.get("/roadmaps/cooking/").status_code == 404


def test_another_roadmap_can_take_the_slug(page, roadmap, client):
    Roadmap.objects.filter(pk=roadmap.pk).update(slug="cookery")
    RoadmapFactory(slug="cooking", title="Another roadmap")
    assert "Another roadmap" in page()


def test_an_edit_that_was_rolled_back_does_not_show(page, roadmap):
    before = content_version(roadmap)
    with transaction.atomic():
        rename_by_save(roadmap)
        assert "Sharpen it" in page()
        transaction.set_rollback(True)
    assert content_version(roadmap) == before
    assert "Sharpen it" not in page()


def test_repeating_an_edit_makes_a_new_version(page, roadmap):
    content_versions = {content_version(roadmap)}
    for title in ("Sharpen it", "Hold a knife", "Sharpen it"):
        Step.objects.update(title=title)
        content_versions.add(content_version(roadmap))
    assert len(content_versions) == 4


def test_other_roadmaps_keep_their_versions(roadmap):
    other = StepFactory().roadmap
    before = content_version(other)
    rename_by_save(roadmap)
    assert content_version(other) == before


def test_saving_a_stale_object_never_restores_an_old_version(roadmap):
    stale = Roadmap.objects.get(pk=roadmap.pk)
    rename_by_save(roadmap)
    now = content_version(roadmap)
    stale.save()
    assert content_version(roadmap) not in (now, stale.content_version)


def test_retired_steps_are_included(roadmap):
    StepFactory(roadmap=roadmap, is_retired=True)
    assert len(get_content(roadmap.pk, str(content_version(roadmap))).steps) == 2


@pytest.mark.parametrize(
    "edit",
    [
        lambda step: step.roadmap.sections.create(slug="a", title="A"),
        lambda step: step.topics.create(slug="b", title="B"),
        lambda step: step.topics.update(title="C"),
        lambda step: step.topics.all().delete(),
        lambda step: step.questions.create(question="Why?", answer="Because."),
        lambda step: step.done_when.create(text="hold it"),
        lambda step: step.resources.create(title="D", url="https://a.example/"),
    ],
)
def test_an_edit_of_a_part_makes_a_new_version(roadmap, edit):
    step = roadmap.steps.get()
    step.topics.create(slug="grip", title="Grip")
    before = content_version(roadmap)
    edit(step)
    assert content_version(roadmap) != before


def test_the_content_of_a_step_is_read_once_per_version(
    roadmap, django_assert_num_queries
):
    step = roadmap.steps.get()
    before = get_step_content(step.pk, str(content_version(roadmap)))
    assert before.resource_groups == ()
    Resource.objects.create(
        step=step, title="On knives", url="https://example.com/", kind="book"
    )
    version = str(content_version(roadmap))
    [group] = get_step_content(step.pk, version).resource_groups
    assert [each.title for each in group.resources] == ["On knives"]
    with django_assert_num_queries(0):
        get_step_content(step.pk, version)
