import pytest
from django.contrib.auth.models import Group
from django.test import Client

from tests.factories import RoadmapFactory, StepFactory, UserFactory


@pytest.fixture
def cooking(db):
    roadmap = RoadmapFactory(slug="cooking", title="Cooking")
    for position, slug in enumerate(["boil", "fry", "bake", "braise"], start=1):
        StepFactory(roadmap=roadmap, slug=slug, title=slug.title(), position=position)
    roadmap.save()  # its version has the order
    return roadmap


@pytest.fixture
def fry(cooking):
    return cooking.steps.get(slug="fry")


@pytest.fixture
def member(db):
    """A function that signs in somebody new: staff, in the groups that are named."""

    def sign_in(*groups):
        user = UserFactory(is_staff=True)
        user.groups.set(Group.objects.filter(name__in=groups))
        client = Client()
        client.force_login(user)
        return client

    return sign_in
