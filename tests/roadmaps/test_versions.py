"""The versions that saves, deletions and bulk writes record."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from roadmaps.models import Resource, Roadmap, Step
from tests.editing.editor import send
from tests.factories import RoadmapFactory, StepFactory, UserFactory

MDN = {"title": "MDN", "url": "https://developer.mozilla.org/", "kind": "docs"}
MDN |= {"role": "", "minutes": None, "publisher": ""}


@pytest.fixture
def roadmap(db):
    roadmap = RoadmapFactory(title="Cooking")
    for position, slug in enumerate(["boil", "fry"], start=1):
        StepFactory(roadmap=roadmap, slug=slug, position=position)
    return roadmap


def test_a_save_records_the_step_with_its_resources(roadmap):
    step = roadmap.steps.get(slug="fry")
    Resource.objects.create(step=step, **MDN)
    step.title = "Fry It"
    step.save()
    newest, first = step.history.all()
    assert (newest.title, newest.resources) == ("Fry It", [MDN])
    assert (newest.history_type, first.history_type) == ("~", "+")
    assert first.resources == []


def test_a_save_records_the_roadmap_with_the_order_of_its_steps(roadmap):
    roadmap.summary = "From water to dinner."
    roadmap.save()
    assert roadmap.history.first().order == ["boil", "fry"]


def test_a_deletion_is_recorded_too(roadmap):
    pk = roadmap.steps.get(slug="fry").pk
    Step.objects.get(pk=pk).delete()
    newest = Step.history.filter(id=pk).first()
    assert (newest.history_type, newest.slug) == ("-", "fry")


def test_a_bulk_write_is_recorded_in_a_few_queries(roadmap, assert_max_queries):
    editor = UserFactory()
    added = [Step(roadmap=roadmap, slug=f"s-{n}", position=n) for n in range(50)]
    Step.objects.bulk_create(added)
    Resource.objects.create(step=added[3], **MDN)
    steps = list(roadmap.steps.all())
    with assert_max_queries(3):
        Step.objects.record(steps, reason="Imported from cooking.yaml", user=editor)
    with assert_max_queries(3):
        Roadmap.objects.record([roadmap])
    newest = added[3].history.get()
    assert (newest.history_type, newest.history_user) == ("+", editor)
    assert newest.history_change_reason == "Imported from cooking.yaml"
    assert newest.resources == [MDN]
    assert roadmap.steps.get(slug="fry").history.first().history_type == "~"
    assert len(roadmap.history.first().order) == 52


def test_a_long_reason_is_cut(roadmap):
    step = roadmap.steps.get(slug="fry")
    Step.objects.record([step], reason="x" * 101)
    step.save_with_reason("y" * 101)
    newest, recorded, *_ = step.history.all()
    assert recorded.history_change_reason == "x" * 100
    assert newest.history_change_reason == "y" * 100


def test_recording_does_not_read_the_whole_history(roadmap):
    step = roadmap.steps.get(slug="fry")
    Step.objects.record([step])
    with CaptureQueriesContext(connection) as queries:
        Step.objects.record([step])
    query = queries[0]["sql"]
    assert "DISTINCT" in query
    with connection.cursor() as cursor:
        cursor.execute(query)
        assert cursor.fetchall() == [(step.pk,)]


def test_recording_nothing_stores_nothing(db):
    Step.objects.record([])
    assert not Step.history.exists()


def test_the_version_names_the_requests_user(roadmap, admin_client, admin_user):
    send(admin_client, roadmap, title="To Cook")
    assert roadmap.history.first().history_user == admin_user
