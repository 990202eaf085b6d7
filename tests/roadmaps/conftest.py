import pytest
from django.contrib.auth.models import Group
from django.test import Client

from tests.factories import UserFactory, cooking_with


@pytest.fixture
def cooking(db):
    roadmap = cooking_with("boil", "fry", "bake", "braise")
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
