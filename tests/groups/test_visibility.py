"""Who sees a published roadmap, and who a draft."""

import pytest
from django.contrib.auth.models import AnonymousUser

from roadmaps.models import Roadmap
from roadmaps.visibility import Visibility
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    RoadmapFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def sees(user, roadmap):
    return Roadmap.objects.visible_to(user).filter(pk=roadmap.pk).exists()


@pytest.mark.parametrize(
    ("visibility", "to_visitor", "to_stranger", "to_member"),
    [
        (Visibility.PUBLIC, True, True, True),
        (Visibility.SIGNED_IN, False, True, True),
        (Visibility.GROUPS, False, False, True),
    ],
)
def test_a_published_roadmap(visibility, to_visitor, to_stranger, to_member):
    roadmap = RoadmapFactory(visibility=visibility)
    membership = MembershipFactory(group=AssignmentFactory(roadmap=roadmap).group)
    MembershipFactory(user=(stranger := UserFactory()))
    assert sees(AnonymousUser(), roadmap) == to_visitor
    assert sees(stranger, roadmap) == to_stranger
    assert sees(membership.user, roadmap) == to_member
    assert sees(UserFactory(is_staff=True), roadmap)
    membership.delete()
    assert sees(membership.user, roadmap) == to_stranger


@pytest.mark.parametrize("visibility", Visibility.values)
def test_only_staff_see_a_draft(visibility):
    draft = RoadmapFactory(visibility=visibility, is_published=False)
    membership = MembershipFactory(group=AssignmentFactory(roadmap=draft).group)
    assert not sees(AnonymousUser(), draft)
    assert not sees(membership.user, draft)
    assert sees(UserFactory(is_staff=True), draft)
