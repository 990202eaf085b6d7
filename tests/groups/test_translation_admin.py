"""The admin's pages for groups can be translated."""

import pytest
from django.contrib import admin
from django.test import Client

from groups.models import MAX_ROADMAPS
from groups.roles import Role
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    RoadmapFactory,
    UserFactory,
)
from tests.groups.test_admin import PATH, change, form
from tests.pseudo_language import assert_page_is_translated, pseudo_language


@pytest.fixture(autouse=True)
def pseudo(greek, monkeypatch):
    # The admin reads the site's name once.
    monkeypatch.setattr(admin.site, "site_header", "Πέτρα")
    monkeypatch.setattr(admin.site, "site_title", "Πέτρα")
    with pseudo_language():
        yield


@pytest.fixture
def client(db):
    client = Client()
    client.force_login(UserFactory(name="Ελένη", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def group(greek):
    """A group with a member, and an owner whose account is closed."""
    assignment = AssignmentFactory(group__name="Ομάδα", roadmap=greek)
    MembershipFactory(group=assignment.group, showing=[assignment])
    closed = UserFactory(is_active=False)
    MembershipFactory(group=assignment.group, user=closed, role=Role.OWNER)
    return assignment.group


def check(response):
    assert response.status_code == 200
    assert_page_is_translated(response, "odos", "U+202E")


def test_list(client, group):
    check(client.get(PATH))


def test_form(client, group):
    check(client.get(change(group)))


def test_errors(client, group):
    old = group.assignments.get()
    rows = [(old, old.roadmap, "ώ"), (None, old.roadmap, "")]
    check(client.post(change(group), form(group, *rows, new_owner="nobody@a.example")))
    roadmaps = RoadmapFactory.create_batch(MAX_ROADMAPS, title="Οδός", category="")
    rows = [(old, old.roadmap, ""), *((None, each, "") for each in roadmaps)]
    check(client.post(change(group), form(group, *rows, name="α\u202e")))


def test_what_was_changed(client, group):
    old = group.assignments.get()
    data = form(group, (old, old.roadmap, "2027-01-31"), name="Άλλη")
    check(client.post(change(group), data, follow=True))
    check(client.get(f"{PATH}{group.pk}/history/"))


def test_deletion(client, group):
    check(client.get(f"{PATH}{group.pk}/delete/"))
    data = {"action": "delete_selected", "_selected_action": [group.pk]}
    check(client.post(PATH, data))
    check(client.post(PATH, data | {"post": "yes"}, follow=True))
