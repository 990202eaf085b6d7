"""Roadmaps to follow after a completed one."""

import pytest

from progress.next_roadmaps import suggest_next_roadmaps
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
)


@pytest.fixture
def baking(cooking):
    """A roadmap that shares two steps of three with `cooking`."""
    roadmap = RoadmapFactory(slug="baking", title="Baking", position=9)
    StepFactory(roadmap=roadmap, slug="ovens", same_as="cooking/bake")
    StepFactory(roadmap=roadmap, slug="pans", same_as="cooking/fry")
    StepFactory(roadmap=roadmap, slug="icing")
    return roadmap


def test_roadmaps_that_share_most_steps_come_first(user, cooking, baking):
    StepProgressFactory(user=user, step=cooking.steps.first())
    other = RoadmapFactory(position=1)
    assert list(suggest_next_roadmaps(user, [cooking.pk])) == [baking, other]


def test_it_leaves_out_drafts_and_what_the_person_has_started(user, cooking, baking):
    StepProgressFactory(user=user, step=cooking.steps.first())
    RoadmapFactory(is_published=False)
    found = suggest_next_roadmaps(user, [cooking.pk])
    assert [(each, each.shared_steps, each.step_count) for each in found] == [
        (baking, 2, 3)
    ]


def test_it_leaves_out_what_the_person_may_not_see(user, cooking, baking):
    StepProgressFactory(user=user, step=cooking.steps.first())
    baking.visibility = "groups"
    baking.save()
    assert list(suggest_next_roadmaps(user, [cooking.pk])) == []
    MembershipFactory(user=user, group=AssignmentFactory(roadmap=baking).group)
    assert list(suggest_next_roadmaps(user, [cooking.pk])) == [baking]


def test_a_step_counts_as_shared_from_either_side(user, cooking, baking):
    StepProgressFactory(user=user, step=baking.steps.first())
    [found] = suggest_next_roadmaps(user, [baking.pk])
    assert (found, found.shared_steps) == (cooking, 2)


def test_retired_steps_are_not_shared(user, cooking, baking):
    StepProgressFactory(user=user, step=cooking.steps.first())
    baking.steps.filter(slug="ovens").update(is_retired=True)
    [found] = suggest_next_roadmaps(user, [cooking.pk])
    assert found.shared_steps == 1


def test_there_are_three_at_most_in_three_queries(user, cooking, assert_max_queries):
    RoadmapFactory.create_batch(5)
    with assert_max_queries(3):
        assert len(suggest_next_roadmaps(user, [cooking.pk])) == 3
