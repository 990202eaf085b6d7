"""Rules of roadmaps and steps that the models and the database enforce."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.db.models import ProtectedError

from roadmaps.models import Step
from tests.factories import RoadmapFactory, StepFactory, StepProgressFactory

pytestmark = pytest.mark.django_db(transaction=True)


class TestReorderSteps:
    @pytest.fixture
    def roadmap(self):
        roadmap = RoadmapFactory()
        for position in (1, 2, 3):
            StepFactory(roadmap=roadmap, position=position)
        return roadmap

    def ids(self, roadmap):
        return [step.pk for step in roadmap.steps.all()]

    def test_it_puts_the_steps_in_the_order_of_the_ids(self, roadmap):
        wanted = self.ids(roadmap)[::-1]
        roadmap.reorder_steps(wanted)
        assert self.ids(roadmap) == wanted

    def test_it_writes_only_moved_steps(self, roadmap, django_assert_num_queries):
        first, second, third = self.ids(roadmap)
        with django_assert_num_queries(3):  # BEGIN, SELECT, COMMIT
            roadmap.reorder_steps([first, second, third])

    def test_it_refuses_a_different_set_of_steps(self, roadmap):
        ids = self.ids(roadmap)
        for wrong in (ids[:2], [*ids, StepFactory().pk], [ids[0], *ids[:2]]):
            with pytest.raises(ValidationError):
                roadmap.reorder_steps(wrong)
        assert self.ids(roadmap) == ids


def test_a_retired_steps_slug_cannot_be_reused():
    step = StepFactory(is_retired=True)
    with pytest.raises(IntegrityError):
        StepFactory(roadmap=step.roadmap, slug=step.slug)


def test_a_step_with_progress_is_protected_by_django_and_the_database():
    step = StepProgressFactory().step
    with pytest.raises(ProtectedError):
        step.delete()
    delete = "DELETE FROM roadmaps_step WHERE id = %s"
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute(delete, [step.pk])
    assert Step.objects.filter(pk=step.pk).exists()
