"""What roadmaps and steps hold to, whoever writes them."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.db.models import ProtectedError

from roadmaps.models import Step
from tests.factories import RoadmapFactory, StepFactory, StepProgressFactory

pytestmark = pytest.mark.django_db(transaction=True)


class TestArrange:
    @pytest.fixture
    def roadmap(self):
        roadmap = RoadmapFactory()
        for position in (1, 2, 3):
            StepFactory(roadmap=roadmap, position=position)
        return roadmap

    def ids(self, roadmap):
        return [step.pk for step in roadmap.steps.all()]

    def test_it_takes_the_order_of_the_ids(self, roadmap):
        wanted = self.ids(roadmap)[::-1]
        roadmap.arrange(wanted)
        assert self.ids(roadmap) == wanted

    def test_it_writes_only_what_moved(self, roadmap, django_assert_num_queries):
        first, second, third = self.ids(roadmap)
        with django_assert_num_queries(3):  # BEGIN, SELECT, COMMIT
            roadmap.arrange([first, second, third])

    def test_it_refuses_anything_but_the_same_set(self, roadmap):
        ids = self.ids(roadmap)
        for wrong in (ids[:2], [*ids, StepFactory().pk], [ids[0], *ids[:2]]):
            with pytest.raises(ValidationError):
                roadmap.arrange(wrong)
        assert self.ids(roadmap) == ids


def test_a_slug_is_one_steps_for_ever():
    step = StepFactory(is_retired=True)
    with pytest.raises(IntegrityError):
        StepFactory(roadmap=step.roadmap, slug=step.slug)


def test_a_marked_step_is_protected_from_django_and_by_the_database():
    step = StepProgressFactory().step
    with pytest.raises(ProtectedError):
        step.delete()
    delete = "DELETE FROM roadmaps_step WHERE id = %s"
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute(delete, [step.pk])
    assert Step.objects.filter(pk=step.pk).exists()
