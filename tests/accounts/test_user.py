"""The user model."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_addresses_are_stored_in_lower_case():
    assert UserFactory(email="Ada@Example.com").email == "ada@example.com"


def test_the_database_refuses_an_address_in_capitals():
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(email="Ada@Example.com")])


def test_an_address_is_unique_in_any_case():
    UserFactory(email="ada@example.com")
    with pytest.raises(ValidationError, match="already exists"):
        User(email="ADA@example.com", password="x").full_clean()


def test_the_admin_adds_and_shows_users(admin_client):
    new = {
        "email": "Ada@example.com",
        "usable_password": "true",
        "password1": "a good long secret",
        "password2": "a good long secret",
    }
    assert admin_client.post("/admin/accounts/user/add/", new).status_code == 302
    ada = User.objects.get(email="ada@example.com")
    page = admin_client.get(f"/admin/accounts/user/{ada.pk}/change/")
    assert page.status_code == 200
