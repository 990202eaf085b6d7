"""/admin/roadmaps/roadmap/ and a roadmap's page in it"""

import re

import pytest
from django.db.models.expressions import RawSQL

from progress.models import Completion, StepProgress
from roadmaps.models import Roadmap, Step
from tests.editing.editor import (
    ADMIN,
    everything,
    order,
    page_of,
    roadmap_form,
    send,
)
from tests.factories import RoadmapFactory, StepFactory, StepProgressFactory

PATH = f"{ADMIN}roadmap/"


def ids(roadmap, *slugs):
    return [roadmap.steps.get(slug=slug).pk for slug in slugs]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("title", "\u200b"),
        ("category", "\u3164"),
        ("summary", "\u2800 \u00ad"),
        ("icon", "\ufe0f"),
        ("icon", "🧭\u202e"),
    ],
)
def test_text_that_shows_nothing_or_reorders_text_is_refused(
    admin_client, cooking, field, text
):
    before = everything()
    answer = send(admin_client, cooking, **{field: text})
    assert list(answer.context["adminform"].form.errors) == [field]
    assert everything() == before


class TestList:
    def test_it_counts_steps_learners_and_completions(self, admin_client, cooking):
        user = StepProgressFactory(step=cooking.steps.first()).user
        StepProgressFactory(step=cooking.steps.last(), user=user)
        StepProgressFactory(step=cooking.steps.last(), state="learning")
        Completion.objects.create(
            user=user, roadmap=cooking, completed_at=user.date_joined
        )
        StepFactory(roadmap=cooking, is_retired=True)
        html = admin_client.get(PATH).content.decode()
        assert '<td class="field-step_count">4</td>' in html
        assert '<td class="field-learner_count">2</td>' in html
        assert '<td class="field-visibility">Everybody</td>' in html
        assert '<td class="field-completion_count">1</td>' in html
        assert user.email not in html

    def test_the_number_of_queries_does_not_grow(
        self, admin_client, cooking, assert_max_queries
    ):
        admin_client.get(PATH)  # also records when the session was last seen
        # Session, user, two counts, and the page of roadmaps.
        for _ in range(2):
            with assert_max_queries(5):
                admin_client.get(PATH)
            RoadmapFactory.create_batch(20)

    def test_people_who_are_not_staff_are_refused(self, signed_in, cooking):
        assert signed_in.get(PATH).status_code in (302, 403)


@pytest.mark.parametrize("kind", ["roadmap", "step"])
@pytest.mark.parametrize("object_id", ["9" * 4301, str(2**63), "²"])
def test_an_address_with_an_impossible_id_leads_nowhere(
    admin_client, db, kind, object_id
):
    for page in ("change", "delete", "history"):
        path = f"{ADMIN}{kind}/{object_id}/{page}/"
        assert admin_client.get(path).status_code in (302, 404)
        assert admin_client.post(path).status_code in (302, 404)


class TestOrder:
    def test_the_steps_are_saved_in_the_submitted_order(self, admin_client, cooking):
        wanted = ["braise", "boil", "fry", "bake"]
        answer = send(admin_client, cooking, order=ids(cooking, *wanted))
        assert answer.status_code == 302
        assert order(cooking) == wanted
        assert cooking.history.first().order == wanted

    def test_only_moved_steps_are_written(self, admin_client, cooking):
        row = cooking.steps.annotate(row=RawSQL("ctid::text", []))
        before = dict(row.values_list("slug", "row"))
        wanted = ids(cooking, "fry", "boil", "bake", "braise")
        send(admin_client, cooking, order=wanted)
        after = dict(row.all().values_list("slug", "row"))
        assert {slug for slug in after if after[slug] != before[slug]} == {
            "fry",
            "boil",
        }

    def test_a_repeat_changes_nothing(self, admin_client, cooking):
        send(admin_client, cooking)
        before = everything()
        assert send(admin_client, cooking).status_code == 302
        assert everything() == before

    def test_reordering_leaves_progress_as_it_was(self, admin_client, cooking, fry):
        StepProgressFactory(step=fry)
        before = list(StepProgress.objects.values())
        wanted = ids(cooking, "fry", "boil", "bake", "braise")
        send(admin_client, cooking, order=wanted)
        assert list(StepProgress.objects.values()) == before

    @pytest.mark.parametrize(
        ("place", "wanted"),
        [
            (1, ["fry", "boil", "bake", "braise"]),
            (3, ["boil", "bake", "fry", "braise"]),
            (2, ["boil", "fry", "bake", "braise"]),
            (99, ["boil", "bake", "braise", "fry"]),
            (0, ["fry", "boil", "bake", "braise"]),
        ],
    )
    def test_without_javascript_a_button_moves_a_step(
        self, admin_client, cooking, fry, place, wanted
    ):
        answer = send(admin_client, cooking, place=f"{fry.pk}:{place}")
        assert answer.url == f"{page_of(cooking)}#step_{fry.pk}"
        assert order(cooking) == wanted

    @pytest.mark.parametrize(
        ("place", "wanted"),
        [
            ("1", ["boil", "fry", "bake", "braise"]),
            ("2", ["boil", "bake", "fry", "braise"]),
            ("3", ["boil", "bake", "braise", "fry"]),
            ("99", ["boil", "bake", "braise", "fry"]),
            ("x", ["boil", "fry", "bake", "braise"]),
        ],
    )
    def test_a_step_moves_to_a_typed_place_that_counts_no_retired_step(
        self, admin_client, cooking, fry, place, wanted
    ):
        cooking.steps.filter(slug="boil").update(is_retired=True)
        wanted_place = {"place": "typed", "moved": fry.pk, "moved_to": place}
        answer = send(admin_client, cooking, **wanted_place)
        assert answer.url == f"{page_of(cooking)}#step_{fry.pk}"
        assert order(cooking) == wanted

    def test_a_retired_step_has_no_place(self, admin_client, cooking):
        cooking.steps.filter(slug="boil").update(is_retired=True)
        html = admin_client.get(page_of(cooking)).content.decode()
        places = re.findall('class="number">(.)<', html)
        assert places == ["\u2013", "1", "2", "3"]

    @pytest.mark.parametrize("place", ["", ":", "x:1", "1:x", "99999999:1"])
    def test_an_invalid_button_value_moves_nothing(self, admin_client, cooking, place):
        send(admin_client, cooking, place=place)
        assert order(cooking) == ["boil", "fry", "bake", "braise"]

    @pytest.mark.parametrize("which", ["missing", "twice", "strange", "none", "words"])
    def test_another_set_of_steps_is_refused(self, admin_client, cooking, which):
        own = ids(cooking, "boil", "fry", "bake", "braise")
        wrong = {
            "missing": own[1:],
            "twice": [*own, own[0]],
            "strange": [*own, StepFactory().pk],
            "none": [],
            "words": ["boil", "fry", "bake", "braise"],
        }
        before = everything()
        answer = send(admin_client, cooking, order=wrong[which], title="Other")
        assert answer.status_code == 200
        html = answer.content.decode()
        assert "were not saved" in html
        assert 'value="Other"' in html
        assert all(f'name="order" value="{pk}"' in html for pk in own)
        assert everything() == before


class TestEditing:
    def test_a_save_records_one_version(self, admin_client, cooking, admin_user):
        versions = cooking.history.count()
        send(admin_client, cooking, title="To Cook", icon="🍳")
        cooking.refresh_from_db()
        assert (cooking.title, cooking.icon) == ("To Cook", "🍳")
        assert cooking.history.count() == versions + 1
        newest = cooking.history.first()
        assert (newest.title, newest.history_user) == ("To Cook", admin_user)

    def test_a_new_roadmap_is_made(self, admin_client):
        data = roadmap_form(RoadmapFactory.build(slug="tea"), slug="tea")
        assert admin_client.post(f"{PATH}add/", data).status_code == 302
        assert Roadmap.objects.get().history.get().history_type == "+"

    def test_a_new_slug_keeps_progress_and_references(self, admin_client, cooking, fry):
        StepProgressFactory(step=fry)
        baking = StepFactory(same_as="cooking/bake")
        send(admin_client, cooking, slug="kitchen")
        cooking.refresh_from_db()
        baking.refresh_from_db()
        assert (cooking.slug, baking.same_as) == ("kitchen", "kitchen/bake")
        assert baking.history.first().same_as == "kitchen/bake"
        assert fry.progress.exists()
        html = admin_client.get(page_of(cooking, "history")).content.decode()
        assert "<ins>kitchen</ins>" in html

    def test_an_invalid_slug_is_reported_at_its_field(self, admin_client, cooking):
        html = send(admin_client, cooking, slug="frü it").content.decode()
        assert "Use lower-case letters and digits" in html
        assert 'href="/roadmaps/cooking/"' in html

    def test_the_former_slug_of_another_roadmap_is_refused(self, admin_client, cooking):
        send(admin_client, cooking, slug="kitchen")
        other = RoadmapFactory()
        html = send(admin_client, other, slug="cooking").content.decode()
        assert "“Cooking” used to have this slug" in html
        assert send(admin_client, cooking, slug="cooking").status_code == 302

    def test_a_new_roadmap_comes_last(self, admin_client):
        RoadmapFactory(position=7)
        html = admin_client.get(f"{PATH}add/").content.decode()
        assert 'name="position" value="8"' in html

    def test_a_draft_links_to_its_page(self, admin_client, client):
        draft = RoadmapFactory(is_published=False)
        address = draft.get_absolute_url()
        assert f'href="{address}"' in admin_client.get(page_of(draft)).content.decode()
        assert "Draft" in admin_client.get(address).content.decode()
        assert client.get(address).status_code == 404

    def test_an_unknown_roadmap_redirects(self, admin_client):
        assert admin_client.get(f"{PATH}999/change/").status_code == 302


class TestDeletion:
    def test_a_roadmap_with_learners_is_not_deleted(self, admin_client, cooking, fry):
        row = StepProgressFactory(step=fry)
        html = admin_client.get(page_of(cooking, "delete")).content.decode()
        assert "1 learner has progress on this roadmap." in html
        assert "Unpublish it instead." in html
        assert row.user.email not in html
        before = everything()
        answer = admin_client.post(page_of(cooking, "delete"), {"post": "yes"})
        assert answer.status_code == 409
        assert everything() == before

    def test_a_roadmap_without_learners_is_deleted_with_its_steps(
        self, admin_client, cooking
    ):
        admin_client.post(page_of(cooking, "delete"), {"post": "yes"})
        assert not Roadmap.objects.exists()
        assert not Step.objects.exists()
        assert Roadmap.history.first().history_type == "-"

    @pytest.mark.parametrize("is_begun", [True, False])
    def test_deleting_several(self, admin_client, cooking, fry, is_begun):
        other = RoadmapFactory()
        if is_begun:
            StepProgressFactory(step=fry)
        data = {
            "action": "delete_selected",
            "_selected_action": [cooking.pk, other.pk],
            "post": "yes",
        }
        answer = admin_client.post(PATH, data, follow=True)
        assert ("Nothing was deleted" in answer.content.decode()) == is_begun
        assert Roadmap.objects.exists() == is_begun
