"""/admin/roadmaps/roadmap/<id>/duplicate/"""

import pytest
from django.contrib.admin.models import ADDITION, LogEntry

from editing import duplicate
from editing.yaml_format.exporter import export, serialize
from progress.models import Completion, StepProgress
from progress.notes import Note
from progress.topic_checks import TopicCheck
from roadmaps.models import Roadmap, Step
from tests.editing.editor import everything, page_of, send
from tests.factories import (
    NoteFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    TopicFactory,
    add_greek_parts,
)
from tests.html import read_html

COPY = {"title": "Cooking (copy)", "slug": "cooking-copy"}


@pytest.fixture
def path(cooking):
    return page_of(cooking, "duplicate")


def get_needs(roadmap):
    return dict(roadmap.steps.values_list("slug", "needs"))


class TestPage:
    def test_it_suggests_a_title_and_a_slug(self, admin_client, cooking, path):
        assert path in admin_client.get(page_of(cooking)).text
        before = everything()
        html = read_html(admin_client.get(path))
        assert 'value="Cooking (copy)"' in html
        assert 'value="cooking-copy"' in html
        assert "and 4 steps" in html
        assert everything() == before

    def test_a_suggested_slug_is_free(self, admin_client, cooking, path):
        RoadmapFactory(slug="cooking-copy")
        former = RoadmapFactory(slug="cooking-copy-2")
        send(admin_client, former, slug="baking")
        assert 'value="cooking-copy-3"' in read_html(admin_client.get(path))

    def test_suggestions_fit_into_their_fields(self, db):
        roadmap = RoadmapFactory(slug="a" * 80, title="A" * 120)
        assert duplicate.suggest_slug(roadmap) == "a" * 71 + "-copy"
        assert duplicate.suggest_title(roadmap) == "A" * 113 + " (copy)"

    def test_it_is_for_people_who_may_add_roadmaps(
        self, sign_in_staff, client, cooking, path
    ):
        before = everything()
        assert client.post(path, COPY).status_code == 302
        for staff in (sign_in_staff(), sign_in_staff("Publishers")):
            assert staff.get(path).status_code == 403
            assert staff.post(path, COPY).status_code == 403
        assert path not in sign_in_staff("Publishers").get(page_of(cooking)).text
        assert everything() == before
        assert sign_in_staff("Editors").post(path, COPY).status_code == 302

    def test_other_methods_are_405(self, admin_client, path):
        assert admin_client.put(path).status_code == 405

    def test_an_unknown_roadmap_is_404(self, admin_client, cooking, path):
        unknown = path.replace(str(cooking.pk), "999")
        assert admin_client.get(unknown).status_code == 404


class TestCopy:
    def test_it_is_a_draft_in_last_position(self, admin_client, cooking, path):
        last = RoadmapFactory(position=7)
        answer = admin_client.post(path, COPY)
        copy = Roadmap.objects.get(slug="cooking-copy")
        assert answer.url == page_of(copy)
        assert "This copy is a draft." in admin_client.get(answer.url).text
        assert (copy.title, copy.is_published) == ("Cooking (copy)", False)
        assert copy.position > last.position
        reason = copy.history.get().history_change_reason
        assert reason == "Copied from cooking"
        assert LogEntry.objects.get().action_flag == ADDITION

    def test_the_same_people_see_it_once_it_is_published(
        self, admin_client, cooking, path
    ):
        cooking.visibility = "groups"
        cooking.save()
        admin_client.post(path, COPY)
        assert Roadmap.objects.get(slug="cooking-copy").visibility == "groups"

    def test_it_has_all_content(self, admin_client, greek):
        add_greek_parts(greek.steps.get(slug="step-1"))
        Step.objects.exclude(slug="step-1").update(same_as="")
        admin_client.post(page_of(greek, "duplicate"), {"title": "Οδός", "slug": "b"})
        copy = Roadmap.objects.get(slug="b")
        for roadmap in (greek, copy):
            roadmap.slug, roadmap.position, roadmap.is_published = "a", 1, False
        files = [serialize(each, list(each.steps.all())) for each in (greek, copy)]
        for step in files[1].steps:
            step.needs = [path.replace("b/", "odos/") for path in step.needs]
        assert files[0] == files[1]
        assert [step.html for step in greek.steps.all()] == [
            step.html for step in copy.steps.all()
        ]
        assert export(copy)

    def test_its_steps_need_each_other(self, admin_client, cooking, path):
        Step.objects.filter(slug="fry").update(
            needs=["cooking/boil", "tea/water", "cooking/gone"]
        )
        StepFactory(roadmap=cooking, slug="gone", is_retired=True)
        admin_client.post(path, COPY)
        copy = Roadmap.objects.get(slug="cooking-copy")
        assert get_needs(copy)["fry"] == ["cooking-copy/boil", "tea/water"]
        assert get_needs(cooking)["fry"][0] == "cooking/boil"

    def test_its_steps_are_the_same_as_none_elsewhere(
        self, admin_client, cooking, path
    ):
        Step.objects.filter(slug="fry").update(same_as="tea/water")
        Step.objects.filter(slug="bake").update(same_as="cooking/fry")
        admin_client.post(path, COPY)
        copy = Roadmap.objects.get(slug="cooking-copy")
        same_as = dict(copy.steps.values_list("slug", "same_as"))
        assert same_as["fry"] == ""
        assert same_as["bake"] == "cooking-copy/fry"

    def test_retired_steps_and_topics_are_left_out(
        self, admin_client, cooking, fry, path
    ):
        StepFactory(roadmap=cooking, slug="gone", is_retired=True)
        kept = TopicFactory(step=fry)
        TopicFactory(step=fry, is_retired=True)
        admin_client.post(path, COPY)
        copy = Roadmap.objects.get(slug="cooking-copy")
        assert copy.steps.count() == 4
        assert copy.steps.get(slug="fry").topics.get().slug == kept.slug

    def test_nothing_of_learners_is_copied(self, admin_client, cooking, fry, path):
        user = StepProgressFactory(step=fry).user
        NoteFactory(step=fry, user=user)
        TopicCheck.objects.create(user=user, topic=TopicFactory(step=fry))
        Completion.objects.create(
            user=user, roadmap=cooking, completed_at=user.date_joined
        )
        admin_client.post(path, COPY)
        for model in (StepProgress, Note, TopicCheck, Completion):
            assert model.objects.count() == 1
        assert user.email not in admin_client.get(path).text

    def test_a_repeat_is_refused_beside_the_slug(self, admin_client, cooking, path):
        admin_client.post(path, COPY)
        before = everything()
        answer = admin_client.post(path, COPY | {"title": "My own"})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["slug"]
        assert "My own" in answer.text
        assert everything() == before

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"slug": ""}, "slug"),
            ({"slug": "To Bake"}, "slug"),
            ({"slug": "cooking"}, "slug"),
            ({"title": "\u200b"}, "title"),
        ],
    )
    def test_invalid_input_is_reported(self, admin_client, cooking, path, wrong, field):
        before = everything()
        answer = admin_client.post(path, COPY | wrong)
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        assert everything() == before

    def test_a_roadmap_that_was_just_added_is_left_alone(
        self, admin_client, cooking, path, monkeypatch
    ):
        RoadmapFactory(slug="cooking-copy")
        monkeypatch.setattr(Roadmap, "validate_unique", lambda *_args, **_more: None)
        before = everything()
        answer = admin_client.post(path, COPY)
        assert "has just added a roadmap with this slug" in answer.text
        assert everything() == before
