"""The roadmaps of a group: in its settings, and at their own addresses."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit import AuditAction, AuditEvent
from groups.models import Assignment, SharedRoadmap
from roadmaps.visibility import Visibility
from tests.factories import AssignmentFactory, RoadmapFactory
from tests.html import read_html


def in_days(days):
    return (timezone.localdate() + timedelta(days=days)).isoformat()


@pytest.fixture
def settings_path(cooks):
    return f"/groups/{cooks.group.pk}/settings/"


@pytest.fixture
def path(cooks, settings_path):
    return f"{settings_path}roadmaps/{cooks.assignment.pk}/"


def assign(client, path, roadmap, due_on=""):
    fields = {"section": "roadmaps", "roadmap": roadmap.pk, "due_on": due_on}
    return client.post(path, fields, follow=True)


class TestAssigning:
    def test_members_can_then_show_their_progress(self, owner, settings_path, cooks):
        roadmap = RoadmapFactory()
        due_on = in_days(30)
        page = read_html(assign(owner, settings_path, roadmap, due_on))
        assert "Members can now show progress on it." in page
        assignment = cooks.group.assignments.get(roadmap=roadmap)
        assert assignment.due_on.isoformat() == due_on
        assert not assignment.shared_roadmaps.exists()
        event = AuditEvent.objects.get()
        assert event.action == AuditAction.ROADMAP_ASSIGNED
        assert event.details["roadmap"] == roadmap.slug

    @pytest.mark.parametrize("due_on", ["2020-01-01", "9999-12-31", "soon", "\x00"])
    def test_a_wrong_date_is_beside_its_field(
        self, owner, settings_path, cooks, due_on
    ):
        roadmap = RoadmapFactory()
        response = assign(owner, settings_path, roadmap, due_on)
        page = read_html(response)
        assert response.status_code == 422
        assert f'<option value="{roadmap.pk}" selected>' in page
        assert 'id="id_due_on_error"' in page
        assert cooks.group.assignments.count() == 1

    @pytest.mark.parametrize("visibility", [Visibility.GROUPS, "draft", "assigned"])
    def test_refuses_a_roadmap_that_is_not_offered(
        self, owner, settings_path, cooks, visibility
    ):
        if visibility == "assigned":
            roadmap = cooks.assignment.roadmap
        elif visibility == "draft":
            roadmap = RoadmapFactory(is_published=False)
        else:
            roadmap = RoadmapFactory(visibility=visibility)
        assert assign(owner, settings_path, roadmap).status_code == 422
        assert cooks.group.assignments.count() == 1

    def test_says_when_there_is_no_other_roadmap(self, owner, settings_path):
        page = read_html(owner.get(settings_path))
        assert "There are no other roadmaps that you can assign." in page

    def test_the_limit(self, owner, settings_path, cooks, monkeypatch):
        monkeypatch.setattr("groups.models.MAX_ROADMAPS", 1)
        response = assign(owner, settings_path, RoadmapFactory())
        assert response.status_code == 422
        assert "and can’t have any more" in read_html(response)


def test_does_not_exist_for_others(not_an_owner, path):
    assert not_an_owner.get(path).status_code == 404
    assert not_an_owner.post(path, {"due_on": in_days(1)}).status_code == 404
    assert not_an_owner.post(f"{path}remove/").status_code == 404
    assert Assignment.objects.get(roadmap__title="Cooking").due_on is None


def test_does_not_exist_for_another_group(owner, settings_path):
    other = AssignmentFactory()
    path = f"{settings_path}roadmaps/{other.pk}/"
    assert owner.get(path).status_code == 404
    owner.post(f"{path}remove/")
    assert Assignment.objects.filter(pk=other.pk).exists()


def test_refuses_other_methods(owner, path):
    assert owner.put(path).status_code == 405
    assert owner.get(f"{path}remove/").status_code == 405


def test_redirects_visitors_to_sign_in(client, path):
    assert client.get(path).url.startswith("/accounts/login/")
    assert client.post(f"{path}remove/").url.startswith("/accounts/login/")


def test_changes_and_clears_the_due_date(owner, path, cooks, settings_path):
    for typed in (in_days(9), ""):
        response = owner.post(path, {"due_on": typed})
        assert response.url == f"{settings_path}#roadmaps"
        cooks.assignment.refresh_from_db()
        assert str(cooks.assignment.due_on or "") == typed
    assert SharedRoadmap.objects.exists()  # nobody is asked again


def test_a_due_date_in_the_past_may_stay(owner, path, cooks):
    cooks.assignment.due_on = "2026-01-01"
    cooks.assignment.save()
    assert owner.post(path, {"due_on": "2026-01-01"}).status_code == 302
    response = owner.post(path, {"due_on": "2026-01-02"})
    assert response.status_code == 422
    assert "This day is in the past." in read_html(response)
    assert 'value="2026-01-02"' in read_html(response)


def test_says_what_removing_it_means(owner, path, assert_max_queries):
    with assert_max_queries(5):
        page = read_html(owner.get(path))
    assert "1 member shows theirs to mentors. Mentors stop seeing it at once." in page
    assert "Only groups that follow this roadmap" not in page
    SharedRoadmap.objects.all().delete()
    assert "No members show theirs to mentors" in read_html(owner.get(path))


def test_warns_if_only_staff_can_assign_it_again(owner, path, cooks):
    roadmap = cooks.assignment.roadmap
    roadmap.visibility = Visibility.GROUPS
    roadmap.save()
    page = read_html(owner.get(path))
    assert "Only groups that follow this roadmap" in page
    assert "Only staff can assign it again." in page


def test_removes_it_once(owner, path, settings_path):
    for _ in range(2):
        response = owner.post(f"{path}remove/")
        assert response.url == f"{settings_path}#roadmaps"
    assert not Assignment.objects.exists()
    assert not SharedRoadmap.objects.exists()
    assert AuditEvent.objects.get().action == AuditAction.ROADMAP_UNASSIGNED
    assert owner.get(path).status_code == 404
