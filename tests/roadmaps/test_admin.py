"""/admin/roadmaps/roadmap/"""

import pytest

from progress.models import Note, StepProgress
from roadmaps.models import Roadmap, Step
from tests.factories import RoadmapFactory, StepFactory, StepProgressFactory

PATH = "/admin/roadmaps/roadmap/"


@pytest.fixture
def roadmap(db):
    roadmap = RoadmapFactory(slug="cooking", title="Cooking")
    for position, slug in enumerate(["boil", "fry", "bake", "braise"], start=1):
        StepFactory(roadmap=roadmap, slug=slug, title=slug.title(), position=position)
    return roadmap


NEW_STEP = {
    "steps-TOTAL_FORMS": 5,
    "steps-4-position": 2,
    "steps-4-title": "Steam",
    "steps-4-summary": "Over water.",
}


def form(roadmap, **changes):
    """What the roadmap's page would send back, with some fields changed."""
    steps = list(roadmap.steps.all())
    data = {
        "title": roadmap.title,
        "slug": roadmap.slug,
        "category": roadmap.category,
        "icon": roadmap.icon,
        "summary": roadmap.summary,
        "position": roadmap.position,
        "is_published": "on",
        "steps-TOTAL_FORMS": len(steps),
        "steps-INITIAL_FORMS": len(steps),
    }
    for index, step in enumerate(steps):
        data |= {
            f"steps-{index}-id": step.pk,
            f"steps-{index}-roadmap": roadmap.pk,
            f"steps-{index}-position": step.position,
            f"steps-{index}-title": step.title,
            f"steps-{index}-slug": step.slug,
            f"steps-{index}-summary": step.summary,
        }
    return data | changes


def order(roadmap):
    return list(roadmap.steps.values_list("slug", "position"))


@pytest.fixture
def save(admin_client, roadmap):
    def save(**changes):
        path = f"{PATH}{roadmap.pk}/change/"
        return admin_client.post(path, form(roadmap, **changes))

    return save


class TestTheOrder:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, ["boil", "fry", "bake", "braise"]),
            ({"steps-3-position": 1}, ["braise", "boil", "fry", "bake"]),
            ({"steps-0-position": 3}, ["fry", "bake", "boil", "braise"]),
            (
                {"steps-0-position": 2, "steps-1-position": 1},
                ["fry", "boil", "bake", "braise"],
            ),
            ({"steps-0-position": 99}, ["fry", "bake", "braise", "boil"]),
        ],
    )
    def test_a_step_goes_to_the_place_that_was_typed(
        self, save, roadmap, changes, expected
    ):
        assert save(**changes).status_code == 302
        assert order(roadmap) == list(zip(expected, range(1, 5), strict=True))

    def test_reordering_leaves_progress_as_it_was(self, save, roadmap):
        StepProgressFactory(step=roadmap.steps.get(slug="braise"))
        before = list(StepProgress.objects.values())
        save(**{"steps-3-position": 1})
        assert list(StepProgress.objects.values()) == before

    def test_a_new_step_takes_its_place(self, save, roadmap):
        save(**NEW_STEP, **{"steps-4-slug": "steam"})
        slugs = [slug for slug, _ in order(roadmap)]
        assert slugs == ["boil", "steam", "fry", "bake", "braise"]

    def test_a_step_added_meanwhile_keeps_its_place(self, admin_client, roadmap, save):
        stale = form(roadmap, **{"steps-3-position": 1})
        StepFactory(roadmap=roadmap, slug="meanwhile", position=5)
        path = f"{PATH}{roadmap.pk}/change/"
        assert admin_client.post(path, stale).status_code == 302
        slugs = [slug for slug, _ in order(roadmap)]
        assert slugs == ["braise", "boil", "fry", "bake", "meanwhile"]

    def test_a_step_that_nobody_marked_can_be_deleted(self, save, roadmap):
        save(**{"steps-1-DELETE": "on"})
        assert order(roadmap) == [("boil", 1), ("bake", 2), ("braise", 3)]


class TestWhatIsRefused:
    def test_deleting_a_marked_step_says_why_and_what_to_do(self, save, roadmap):
        step = roadmap.steps.get(slug="fry")
        StepProgressFactory.create_batch(2, step=step)
        html = save(**{"steps-1-DELETE": "on"}).content.decode()
        assert (
            "2 learners marked this step and 0 wrote a note on it, so it cannot be "
            "deleted. Tick “retired” instead"
        ) in html
        assert "would require deleting" not in html
        assert roadmap.steps.filter(slug="fry").exists()

    def test_a_step_with_a_note_is_kept_as_well(self, save, roadmap, user):
        step = roadmap.steps.get(slug="fry")
        Note.objects.create(user=user, step=step, text="Hot!", page="p")
        assert "1 wrote a note" in save(**{"steps-1-DELETE": "on"}).content.decode()
        assert roadmap.steps.filter(slug="fry").exists()

    def test_deleting_a_roadmap_with_a_marked_step_names_nobody(
        self, admin_client, roadmap
    ):
        row = StepProgressFactory(step=roadmap.steps.first())
        path = f"{PATH}{roadmap.pk}/delete/"
        html = admin_client.get(path).content.decode()
        assert "protected" in html
        assert row.user.email not in html
        admin_client.post(path, {"post": "yes"})
        assert Roadmap.objects.filter(pk=roadmap.pk).exists()

    @pytest.mark.parametrize("slug", ["Fry It", "fry_it", "-fry", "fry--it", "frü"])
    def test_a_slug_that_is_none_is_told_beside_its_field(self, save, slug):
        html = save(**NEW_STEP, **{"steps-4-slug": slug}).content.decode()
        assert "Use lower-case letters and digits" in html

    def test_a_slug_that_is_taken_is_told(self, save):
        html = save(**NEW_STEP, **{"steps-4-slug": "boil"}).content.decode()
        assert "Step with this Roadmap and Slug already exists" in html

    def test_a_slug_is_for_ever(self, save, roadmap):
        save(**{"steps-1-slug": "other", "slug": "other"})
        roadmap.refresh_from_db()
        assert roadmap.slug == "cooking"
        assert roadmap.steps.filter(slug="fry").exists()


class TestEditing:
    def test_a_step_can_be_made_optional_and_retired(self, save, roadmap):
        save(**{"steps-0-is_optional": "on", "steps-1-is_retired": "on"})
        assert roadmap.steps.get(slug="boil").is_optional
        assert roadmap.steps.get(slug="fry").is_retired

    def test_the_list_publishes_and_hides(self, admin_client, client, roadmap):
        data = {
            "form-TOTAL_FORMS": 1,
            "form-INITIAL_FORMS": 1,
            "form-0-id": roadmap.pk,
            "form-0-position": 1,
            "_save": "Save",
        }
        admin_client.post(PATH, data)
        assert client.get(roadmap.get_absolute_url()).status_code == 404
        admin_client.post(PATH, {**data, "form-0-is_published": "on"})
        assert client.get(roadmap.get_absolute_url()).status_code == 200

    def test_the_list_counts_steps(self, admin_client, roadmap):
        html = admin_client.get(PATH).content.decode()
        assert '<td class="field-step_count">4</td>' in html

    def test_a_person_who_is_not_staff_is_kept_out(self, signed_in, roadmap):
        assert signed_in.get(PATH).status_code in (302, 403)
        assert Step.objects.count() == 4


class TestTheStepsOwnPage:
    @pytest.fixture
    def edit(self, admin_client, roadmap):
        step = roadmap.steps.get(slug="fry")

        def edit(**changes):
            data = {
                "title": "Fry",
                "slug": "fry",
                "summary": "In oil.",
                "resources-TOTAL_FORMS": int("resources-0-url" in changes),
                "resources-INITIAL_FORMS": 0,
            }
            path = f"/admin/roadmaps/step/{step.pk}/change/"
            response = admin_client.post(path, data | changes)
            step.refresh_from_db()
            return response, step

        return edit

    def test_its_body_is_rendered_on_save(self, edit):
        _, step = edit(body="## Why it matters")
        assert step.body_html == "<h2>Why it matters</h2>\n"

    def test_a_resource_is_added(self, edit):
        _, step = edit(
            **{
                "resources-0-position": 1,
                "resources-0-title": "Oils",
                "resources-0-url": "https://example.org/oils",
                "resources-0-kind": "docs",
            }
        )
        assert step.resources.get().host == "example.org"

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x.example/a", "x"])
    def test_an_address_that_is_none_is_refused(self, edit, url):
        response, step = edit(
            **{
                "resources-0-position": 1,
                "resources-0-title": "Oils",
                "resources-0-url": url,
                "resources-0-kind": "docs",
            }
        )
        assert 'class="errorlist" id="id_resources-0-url_error"' in (
            response.content.decode()
        )
        assert not step.resources.exists()

    def test_only_a_change_of_meaning_is_remembered(self, edit):
        _, step = edit(summary="In very hot oil.")
        assert step.revised_at is None
        _, step = edit(asks_something_else="on")
        assert step.revised_at
