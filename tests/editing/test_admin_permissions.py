"""What editors and publishers may do. They never see personal data."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from editing.permissions import create_groups
from tests.editing.editor import ADMIN, everything, page_of, roadmap_form, send
from tests.factories import (
    NoteFactory,
    RoadmapFactory,
    StepProgressFactory,
    UserFactory,
)


@pytest.fixture
def editor(sign_in_staff):
    return sign_in_staff("Editors")


@pytest.fixture
def publisher(sign_in_staff):
    return sign_in_staff("Publishers")


class TestGroups:
    def test_they_have_no_permissions_on_people(self, db):
        allowed = Permission.objects.filter(group__name__in=["Editors", "Publishers"])
        models = set(allowed.values_list("content_type__model", flat=True))
        parts = {"topic", "question", "donewhen", "resource"}
        assert models == {"roadmap", "section", "step", "synonym"} | parts

    def test_an_editor_may_not_publish(self, db):
        editors = Group.objects.get(name="Editors").permissions
        assert not editors.filter(codename="publish_roadmap").exists()
        assert not editors.filter(codename="delete_roadmap").exists()

    def test_changed_permissions_are_kept(self, db):
        group = Group.objects.get(name="Editors")
        group.permissions.clear()
        config = apps.get_app_config("roadmaps")
        create_groups(config, app_config=config, verbosity=0)
        assert not group.permissions.exists()
        assert Group.objects.count() == 2


class TestEditors:
    def test_they_edit_roadmaps_and_steps(self, editor, cooking, fry):
        assert send(editor, cooking, title="To Cook").status_code == 302
        assert send(editor, fry, title="Sear").status_code == 302
        fry.refresh_from_db()
        assert fry.title == "Sear"

    def test_the_admin_shows_them_only_content(self, editor, cooking):
        [group] = editor.get("/admin/").context["app_list"]
        assert group["name"] == "Content"
        names = [model["name"] for model in group["models"]]
        assert names == ["Roadmaps", "Search synonyms", "Steps"]

    @pytest.mark.parametrize(
        "path", ["accounts/user/", "accounts/user/1/change/", "auth/group/"]
    )
    def test_they_cannot_see_accounts(self, editor, path):
        assert editor.get(f"/admin/{path}").status_code == 403

    def test_no_page_names_a_learner(self, editor, cooking, fry):
        row = StepProgressFactory(step=fry)
        NoteFactory(step=fry, user=row.user, text="My secret.")
        pages = ["change", "history", "delete", "retire", "merge", "split"]
        paths = [page_of(fry, page) for page in pages]
        paths += [f"{ADMIN}roadmap/", f"{ADMIN}step/", page_of(cooking), "/admin/"]
        for path in paths:
            html = editor.get(path).content.decode()
            assert row.user.email not in html
            assert "My secret." not in html

    @pytest.mark.parametrize("is_published", [True, False])
    def test_they_cannot_change_what_is_published(self, editor, is_published):
        roadmap = RoadmapFactory(is_published=is_published)
        forged = roadmap_form(roadmap, title="To Cook")
        forged["is_published"] = "" if is_published else "on"
        assert editor.post(page_of(roadmap), forged).status_code == 302
        roadmap.refresh_from_db()
        assert (roadmap.title, roadmap.is_published) == ("To Cook", is_published)
        html = editor.get(page_of(roadmap)).content.decode()
        assert 'name="is_published"' not in html

    @pytest.mark.parametrize(
        ("before", "after", "is_saved"),
        [
            ("groups", "signed-in", False),
            ("signed-in", "public", False),
            ("signed-in", "groups", True),
            ("public", "groups", True),
        ],
    )
    def test_they_cannot_show_a_roadmap_to_more_people(
        self, editor, before, after, is_saved
    ):
        roadmap = RoadmapFactory(visibility=before)
        response = send(editor, roadmap, visibility=after)
        assert response.status_code == (302 if is_saved else 200)
        roadmap.refresh_from_db()
        assert roadmap.visibility == (after if is_saved else before)

    def test_their_new_roadmaps_are_drafts(self, editor, client):
        draft = RoadmapFactory.build(slug="tea", is_published=True)
        data = roadmap_form(draft, slug="tea")
        assert editor.post(f"{ADMIN}roadmap/add/", data).status_code == 302
        assert client.get("/roadmaps/tea/").status_code == 404

    def test_they_cannot_delete_roadmaps(self, editor, cooking):
        before = everything()
        answer = editor.post(page_of(cooking, "delete"), {"post": "yes"})
        assert answer.status_code == 403
        assert everything() == before


class TestPublishers:
    def test_they_publish_and_hide(self, publisher, client, cooking):
        address = cooking.get_absolute_url()
        send(publisher, cooking, is_published="")
        assert client.get(address).status_code == 404
        cooking.refresh_from_db()
        send(publisher, cooking, is_published="on")
        assert client.get(address).status_code == 200

    def test_they_say_who_can_see_a_roadmap(self, publisher, client, cooking):
        for visibility, status in [
            ("groups", 404),
            ("signed-in", 302),
            ("public", 200),
        ]:
            send(publisher, cooking, visibility=visibility)
            cooking.refresh_from_db()
            assert client.get(cooking.get_absolute_url()).status_code == status

    def test_they_can_view_steps_and_not_edit_them(self, publisher, fry):
        fry.topics.create(slug="oil", title="Oil", is_retired=True)
        before = everything()
        html = publisher.get(page_of(fry)).content.decode()
        assert "Fry" in html
        assert "Oil" in html
        assert '<div class="readonly">Yes</div>' in html
        assert 'alt="True"' not in html
        assert 'name="_save" value="Save" class="default"' not in html
        assert send(publisher, fry, title="Sear").status_code == 403
        assert everything() == before


class TestStaffWithoutAGroup:
    def test_they_cannot_open_any_page(self, sign_in_staff, cooking, fry):
        staff = sign_in_staff()
        before = everything()
        for content in (cooking, fry):
            assert staff.get(page_of(content)).status_code == 403
            assert send(staff, content, title="x").status_code == 403
        assert everything() == before


def test_deleting_an_account_does_not_show_its_progress(admin_client, fry):
    row = StepProgressFactory(step=fry)
    NoteFactory(step=fry, user=row.user, text="My secret.")
    path = f"/admin/accounts/user/{row.user.pk}/delete/"
    html = admin_client.get(path).content.decode()
    assert row.user.email in html
    assert f"step {fry.pk}" not in html
    admin_client.post(path, {"post": "yes"})
    assert not type(row).objects.exists()
    assert UserFactory._meta.model.objects.filter(pk=row.user.pk).count() == 0
