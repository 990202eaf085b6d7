"""/admin/roadmaps/roadmap/import/, …/import/apply/ and …/<id>/export/"""

import random

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from editing.admin.upload import Upload
from editing.yaml_format.importer import import_roadmap
from editing.yaml_format.schema import read
from roadmaps.models import Roadmap, Step
from tests.factories import (
    NoteFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
)
from tests.html import read_html

LIST = "/admin/roadmaps/roadmap/"
IMPORT = f"{LIST}import/"
APPLY = f"{IMPORT}apply/"
EDITOR = [
    *("add_roadmap", "change_roadmap", "view_roadmap"),
    *("add_step", "change_step", "view_step"),
]
SOURCE = """\
slug: cooking
title: Cooking
category: Household
icon: 🍳
summary: From water to dinner.
steps:
  - slug: boil
    title: Boil
    summary: Until it moves.
  - slug: fry
    title: Fry
    summary: In oil.
    body: |
      Hot!
"""
WITHOUT_FRYING = SOURCE[: SOURCE.index("  - slug: fry")]


@pytest.fixture
def person(db):
    """Returns a function that signs in a new staff user with these permissions."""

    def person(*codenames):
        staff = UserFactory(is_staff=True)
        own = Permission.objects.filter(content_type__app_label="roadmaps")
        staff.user_permissions.set(own.filter(codename__in=codenames))
        client = Client()
        client.force_login(staff)
        return client

    return person


@pytest.fixture
def editor(person):
    return person(*EDITOR)


def upload(client, text=SOURCE, name="cooking.yaml"):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, content)})


def get_signed_upload(response):
    return response.context["signed_upload"]


def apply(client, response):
    return client.post(APPLY, {"sealed": get_signed_upload(response)})


def stored():
    return [
        list(Roadmap.objects.values()),
        list(Step.objects.values()),
        Step.history.count(),
        Roadmap.history.count(),
    ]


@pytest.fixture
def cooking(editor):
    apply(editor, upload(editor))
    return Roadmap.objects.get()


class TestPage:
    def test_the_list_links_to_it(self, editor):
        assert f'href="{IMPORT}"' in editor.get(LIST).content.decode()

    def test_it_asks_for_a_file_and_says_how_large_it_may_be(self, editor):
        html = editor.get(IMPORT).content.decode()
        assert 'enctype="multipart/form-data"' in html
        assert "up to 2 MB" in html


class TestPreview:
    def test_it_shows_a_new_roadmap_and_changes_nothing(self, editor):
        html = upload(editor).content.decode()
        assert "cooking: new roadmap, 2 steps added" in html
        assert "2. Fry (fry)" in html
        assert not Roadmap.objects.exists()

    def test_it_shows_texts_line_by_line(self, editor, cooking):
        before = stored()
        html = upload(editor, SOURCE.replace("Hot!", "Hotter!")).content.decode()
        assert "<del>Hot!</del>" in html
        assert "<ins>Hotter!</ins>" in html
        assert stored() == before

    def test_it_shows_how_many_learners_a_retirement_affects(self, editor, cooking):
        step = cooking.steps.get(slug="fry")
        StepProgressFactory.create_batch(2, step=step)
        NoteFactory(step=step)
        html = read_html(upload(editor, WITHOUT_FRYING))
        assert "2 learners have done one or more of these steps." in html
        assert (
            "1 learner has notes on one or more of these steps, and keeps them." in html
        )

    def test_it_shows_how_many_learners_see_a_new_meaning(self, editor, cooking):
        StepProgressFactory(step=cooking.steps.get(slug="boil"))
        again = SOURCE.replace("title: Boil\n", "title: Boil\n    new_meaning: true\n")
        html = read_html(upload(editor, again.replace("it moves", "it boils")))
        assert "1 learner has done one or more of these steps." in html
        assert "“Changed since you did it”" in html

    def test_it_shows_the_roadmaps_own_fields_and_referring_steps(
        self, editor, cooking
    ):
        referring = StepFactory(same_as="cooking/boil")
        other = SOURCE.replace("slug: boil", "slug: boil-it\n    was: boil")
        other = other.replace("title: Cooking", "title: Cooking for Two")
        html = upload(editor, other).content.decode()
        assert "<ins>Cooking for Two</ins>" in html
        assert "boil → boil-it" in html
        assert f"{referring.roadmap.slug}/{referring.slug}" in html

    def test_importing_the_same_file_again_changes_nothing(self, editor, cooking):
        html = upload(editor).content.decode()
        assert "already matches the file" in html
        assert APPLY not in html

    def test_its_queries_do_not_grow_with_the_steps(
        self, editor, cooking, assert_max_queries
    ):
        many = "".join(
            f"  - slug: s-{n}\n    title: S\n    summary: S.\n" for n in range(200)
        )
        with assert_max_queries(15):
            upload(editor, SOURCE + many)
        with assert_max_queries(15):
            upload(editor, WITHOUT_FRYING)

    def test_it_lists_steps_with_very_many_changed_lines_without_their_texts(
        self, editor, cooking
    ):
        lines = "```" + "\n      a" * 12_000
        page = upload(editor, SOURCE.replace("Hot!", lines))
        assert "1 more step changes. Its text is not shown here:" in read_html(page)
        assert len(page.content) < 100_000
        assert apply(editor, page).status_code == 302

    def test_it_warns_of_a_same_as_that_names_no_step(self, editor):
        text = SOURCE.replace("title: Fry", "title: Fry\n    same_as: baking/fry")
        page = upload(editor, text)
        assert "Steps that don’t exist" in page.content.decode()
        warning = "cooking.yaml:12:5: same_as: There is no step baking/fry, because"
        assert warning in page.content.decode()
        html = editor.get(apply(editor, page).url).content.decode()
        assert warning in html


class TestApply:
    def test_it_does_what_the_preview_said(self, editor, cooking):
        response = apply(editor, upload(editor, WITHOUT_FRYING))
        assert response.url == f"{LIST}{cooking.pk}/change/"
        assert cooking.steps.get(slug="fry").is_retired
        newest = cooking.steps.get(slug="fry").history.first()
        assert newest.history_change_reason == "Imported from cooking.yaml"
        assert newest.history_user.is_staff
        html = editor.get(response.url).content.decode()
        assert (
            "Imported cooking.yaml. cooking: 1 step retired, 1 step unchanged" in html
        )

    def test_a_repeat_changes_nothing(self, editor, cooking):
        page = upload(editor, WITHOUT_FRYING)
        apply(editor, page)
        before = stored()
        assert apply(editor, page).status_code == 302
        assert stored() == before

    @pytest.mark.parametrize(
        "change",
        [
            lambda cooking: cooking.steps.filter(slug="boil").update(title="Simmer"),
            lambda cooking: Roadmap.objects.update(summary="Another."),
            lambda cooking: cooking.reorder_steps(
                [step.pk for step in reversed(cooking.steps.all())]
            ),
            lambda cooking: StepFactory(roadmap=cooking, slug="stew", position=9),
            lambda cooking: cooking.steps.get(slug="boil").resources.create(
                title="Water", url="https://example.org/", kind="docs"
            ),
        ],
    )
    def test_a_changed_roadmap_is_previewed_again(self, editor, cooking, change):
        page = upload(editor, WITHOUT_FRYING)
        change(cooking)
        before = stored()
        response = apply(editor, page)
        assert response.status_code == 409
        assert "has changed since the preview" in response.content.decode()
        assert stored() == before
        assert apply(editor, response).status_code == 302
        assert cooking.steps.get(slug="fry").is_retired

    def test_a_roadmap_that_was_deleted_since_is_shown_as_new(self, editor, cooking):
        page = upload(editor, SOURCE.replace("Hot!", "Hotter!"))
        cooking.steps.all().delete()
        cooking.delete()
        response = apply(editor, page)
        assert "cooking: new roadmap, 2 steps added" in response.content.decode()
        assert not Roadmap.objects.exists()

    def test_an_old_slug_that_no_longer_fits_is_reported(self, editor, cooking):
        page = upload(editor, SOURCE.replace("slug: fry", "slug: sear\n    was: fry"))
        cooking.steps.filter(slug="fry").update(slug="roast")
        before = stored()
        response = apply(editor, page)
        assert response.status_code == 400
        assert "was: cooking has no step fry." in response.content.decode()
        assert stored() == before

    @pytest.mark.parametrize("token", ["", "x", "a:b:c", "\0"])
    def test_a_forged_preview_is_refused(self, editor, token):
        response = editor.post(APPLY, {"sealed": token})
        assert response.status_code == 400
        assert "This preview has expired." in response.content.decode()
        assert not Roadmap.objects.exists()

    def test_a_preview_that_was_changed_is_refused(self, editor):
        token = get_signed_upload(upload(editor))
        other = Upload("cooking.yaml", SOURCE.replace("Boil", "Toil"), "").sign()
        mixed = token.rpartition(":")[0] + ":" + other.rpartition(":")[2]
        assert editor.post(APPLY, {"sealed": mixed}).status_code == 400
        assert not Roadmap.objects.exists()

    def test_the_largest_file_is_imported(self, editor):
        letters = [chr(code) for code in range(0x21, 0x7F)]  # they compress worst
        bodies = [
            "".join(random.Random(n).choices(letters, k=38_000))  # noqa: S311
            for n in range(50)
        ]
        head = "    title: S\n    summary: S.\n    body: |\n      ~~~\n      x"
        steps = [f"  - slug: s-{n}\n{head}{body}\n" for n, body in enumerate(bodies)]
        page = upload(editor, SOURCE + "".join(steps))
        assert page.status_code == 200
        assert apply(editor, page).status_code == 302
        assert Step.objects.get(slug="s-49").body == f"~~~\nx{bodies[49]}\n"


class TestBadFiles:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", "cooking.yaml:1:1: The file is empty."),
            (b"\xff", "cooking.yaml:1:1: This is not UTF-8."),
            ("a\0b", "Remove the control character U+0000."),
            (SOURCE.replace("title", "titel"), "titel: There is no such key."),
            ("&a [*a]", "Anchors"),
            ("<script>: 1", "&lt;script&gt;: There is no such key."),
        ],
    )
    def test_the_error_is_shown_and_nothing_changes(self, editor, text, expected):
        response = upload(editor, text)
        assert response.status_code == 400
        assert expected in response.content.decode()
        assert not Roadmap.objects.exists()

    def test_a_missing_file_is_reported(self, editor):
        response = editor.post(IMPORT)
        assert response.status_code == 400
        assert "This field is required." in response.content.decode()

    def test_a_file_slightly_above_the_limit_is_reported_in_the_form(self, editor):
        response = upload(editor, "#" * 2_000_001)
        assert response.status_code == 400
        assert "This file is larger than 2 MB." in response.content.decode()

    def test_a_file_far_above_the_limit_is_refused_unread(self, editor):
        response = upload(editor, "#" * 3_000_000)
        assert response.status_code == 413
        html = response.content.decode()
        assert "Too large" in html
        assert 'class="brand"' in html

    def test_an_invalid_content_length_is_not_a_server_error(self, editor):
        response = editor.generic(
            "POST", IMPORT, b"x", "text/plain", CONTENT_LENGTH="many"
        )
        assert response.status_code in (400, 403)

    def test_applying_far_too_much_data_is_400(self, editor, settings):
        settings.DEBUG = False
        response = editor.post(APPLY, {"sealed": "x" * 3_000_000})
        assert response.status_code == 400

    def test_a_malicious_file_name_is_escaped(self, editor):
        response = upload(editor, "", name="<b>\u202e.yaml")
        assert "<b>" not in response.content.decode()


class TestPermissions:
    @pytest.mark.parametrize("codename", ["add_step", "change_step"])
    def test_importing_needs_both_step_permissions(self, person, codename):
        client = person(*{*EDITOR} - {codename})
        assert client.get(IMPORT).status_code == 403
        assert upload(client).status_code == 403
        assert client.post(APPLY).status_code == 403
        assert IMPORT not in client.get(LIST).content.decode()

    def test_a_new_roadmap_needs_the_permission_to_add(self, person, editor):
        client = person(*{*EDITOR} - {"add_roadmap"})
        assert upload(client).status_code == 403
        assert apply(client, upload(editor)).status_code == 403
        assert not Roadmap.objects.exists()

    def test_changes_need_the_permission_to_change(self, person, editor, cooking):
        client = person(*{*EDITOR} - {"change_roadmap"})
        assert upload(client, WITHOUT_FRYING).status_code == 403
        assert apply(client, upload(editor, WITHOUT_FRYING)).status_code == 403
        assert not cooking.steps.filter(is_retired=True).exists()

    def test_an_editors_import_is_a_draft(self, editor):
        page = upload(editor, SOURCE.replace("steps:", "published: true\nsteps:"))
        assert "It stays a draft" in page.content.decode()
        apply(editor, page)
        assert not Roadmap.objects.get().is_published

    def test_an_editor_cannot_hide_a_roadmap_by_import(self, editor, cooking):
        Roadmap.objects.update(is_published=True)
        page = upload(editor, WITHOUT_FRYING)
        assert "It stays published" in page.content.decode()
        apply(editor, page)
        assert Roadmap.objects.get().is_published

    def test_an_editor_cannot_show_a_roadmap_to_more_people_by_import(
        self, editor, admin_client, cooking
    ):
        Roadmap.objects.update(visibility="groups")
        page = upload(editor, WITHOUT_FRYING)
        assert "Who can see it won’t change" in read_html(page)
        apply(editor, page)
        assert Roadmap.objects.get().visibility == "groups"
        page = upload(admin_client, WITHOUT_FRYING)
        assert "Who can see it won’t change" not in read_html(page)
        assert "Who can see it" in read_html(page)
        apply(admin_client, page)
        assert Roadmap.objects.get().visibility == "public"

    def test_a_publisher_can_import_a_published_roadmap(self, admin_client):
        page = upload(admin_client, SOURCE.replace("steps:", "published: true\nsteps:"))
        apply(admin_client, page)
        assert Roadmap.objects.get().is_published

    @pytest.mark.parametrize("path", [IMPORT, APPLY, f"{LIST}1/export/"])
    def test_learners_and_visitors_are_sent_to_sign_in(self, signed_in, client, path):
        for stranger in (signed_in, client):
            assert stranger.get(path).status_code == 302
            assert stranger.post(path).status_code == 302

    def test_a_form_without_its_token_is_refused(self, editor):
        client = Client(enforce_csrf_checks=True)
        client.cookies = editor.cookies
        page = upload(editor)
        assert upload(client).status_code == 403
        assert apply(client, page).status_code == 403
        assert not Roadmap.objects.exists()

    def test_applying_by_get_is_405(self, editor):
        assert editor.get(APPLY).status_code == 405


class TestExport:
    def test_the_export_can_be_imported(self, editor, cooking):
        response = editor.get(f"{LIST}{cooking.pk}/export/")
        assert response["Content-Type"] == "application/yaml; charset=utf-8"
        assert response["Content-Disposition"] == 'attachment; filename="cooking.yaml"'
        before = stored()
        html = upload(editor, response.content).content.decode()
        assert "already matches the file" in html
        assert stored() == before

    def test_the_export_equals_the_fixture(self, admin_client):
        path = settings.BASE_DIR / "fixtures/backend-developer.yaml"
        import_roadmap(read(path))
        roadmap = Roadmap.objects.get(slug="backend-developer")
        response = admin_client.get(f"{LIST}{roadmap.pk}/export/")
        assert response.content == path.read_bytes()

    def test_the_roadmaps_page_links_to_the_export(self, editor, cooking):
        html = editor.get(f"{LIST}{cooking.pk}/change/").content.decode()
        assert f'href="{LIST}{cooking.pk}/export/"' in html

    def test_text_that_no_file_may_contain_is_reported(self, editor, cooking):
        cooking.steps.filter(slug="fry").update(title="a\x01b")
        response = editor.get(f"{LIST}{cooking.pk}/export/", follow=True)
        assert "cooking/fry: title: Use one line" in response.content.decode()

    def test_exporting_needs_the_permission_to_view(self, person, cooking):
        assert person().get(f"{LIST}{cooking.pk}/export/").status_code == 403

    def test_an_unknown_roadmap_is_404(self, editor):
        assert editor.get(f"{LIST}99/export/").status_code == 404

    def test_exporting_by_post_is_405(self, editor, cooking):
        assert editor.post(f"{LIST}{cooking.pk}/export/").status_code == 405
