"""/admin/roadmaps/step/<id>/: retire, bring-back, merge, split and delete"""

import pytest

from progress.models import Completion, StepProgress
from progress.notes import Note
from progress.topic_checks import TopicCheck
from roadmaps.models import Step
from tests.editing.editor import ADMIN, everything, order, page_of
from tests.factories import (
    CommentFactory,
    ConfirmationFactory,
    NoteFactory,
    StepFactory,
    StepProgressFactory,
    TopicFactory,
    WorkLinkFactory,
)
from tests.html import read_html


@pytest.fixture
def boil(cooking):
    return cooking.steps.get(slug="boil")


@pytest.fixture
def fry_with_learners(fry):
    """Fry, with two ticks and a note."""
    StepProgressFactory.create_batch(2, step=fry)
    NoteFactory(step=fry, user=StepProgress.objects.first().user)
    return fry


IMPACT = "2 learners have done this. 1 learner has a note on it."
NEW = {"title": "Deep-fry", "slug": "deep-fry", "summary": "In much oil."}


@pytest.mark.parametrize("page", ["retire", "merge", "split", "delete"])
class TestEachPage:
    def test_it_shows_the_impact_and_changes_nothing(
        self, admin_client, fry_with_learners, page
    ):
        before = everything()
        html = admin_client.get(page_of(fry_with_learners, page)).content.decode()
        assert IMPACT in html
        assert not any(
            row.user.email in html for row in fry_with_learners.progress.all()
        )
        assert everything() == before

    def test_an_unknown_step_is_404(self, admin_client, db, page):
        answer = admin_client.get(f"{ADMIN}step/999/{page}/")
        assert answer.status_code == (302 if page == "delete" else 404)

    def test_it_is_for_editors(self, sign_in_staff, client, fry_with_learners, page):
        before = everything()
        assert sign_in_staff().post(page_of(fry_with_learners, page)).status_code == 403
        assert client.post(page_of(fry_with_learners, page)).status_code == 302
        assert (
            sign_in_staff("Editors").get(page_of(fry_with_learners, page)).status_code
            == 200
        )
        assert everything() == before


class TestRetireAndBringBack:
    def test_a_step_is_retired_and_brought_back(self, admin_client, fry_with_learners):
        answer = admin_client.post(page_of(fry_with_learners, "retire"))
        assert answer.url == page_of(fry_with_learners)
        fry_with_learners.refresh_from_db()
        assert fry_with_learners.is_retired
        assert (
            "Bring it back"
            in admin_client.get(page_of(fry_with_learners)).content.decode()
        )
        admin_client.post(page_of(fry_with_learners, "bring-back"))
        fry_with_learners.refresh_from_db()
        assert not fry_with_learners.is_retired
        assert fry_with_learners.progress.count() == 2

    def test_bringing_back_by_get_is_405(self, admin_client, fry):
        assert admin_client.get(page_of(fry, "bring-back")).status_code == 405

    def test_learners_who_did_it_still_see_it(
        self, admin_client, client, fry_with_learners
    ):
        admin_client.post(page_of(fry_with_learners, "retire"))
        client.force_login(fry_with_learners.progress.first().user)
        html = client.get(fry_with_learners.roadmap.get_absolute_url()).content.decode()
        assert "Completed steps no longer in this roadmap" in html

    def test_the_version_names_the_editor(self, admin_client, admin_user, fry):
        admin_client.post(page_of(fry, "retire"))
        assert fry.history.first().history_user == admin_user


class TestMerge:
    def test_the_progress_counts_on_the_other_step(
        self, admin_client, fry_with_learners, boil
    ):
        answer = admin_client.post(
            page_of(fry_with_learners, "merge"), {"into": boil.pk}
        )
        assert answer.url == page_of(fry_with_learners)
        assert boil.progress.count() == 2
        assert Note.objects.get().step == boil
        fry_with_learners.refresh_from_db()
        assert fry_with_learners.is_retired

    def test_the_page_says_what_happens_to_topics(self, admin_client, fry, boil):
        path = page_of(fry, "merge")
        assert "topic" not in read_html(admin_client.get(path)).partition("<ul")[0]
        TopicFactory.create_batch(2, step=fry)
        TopicFactory(step=fry, slug="salt")
        assert "would be joined" not in admin_client.get(path).text
        TopicFactory(step=boil, slug="salt", title="Sea salt")
        html = read_html(admin_client.get(path))
        assert "Its 3 topics move to the step that you choose" in html
        assert "<li>Boil: Sea salt</li>" in html
        assert "resources stay on Fry." in html

    def test_topics_move_with_their_ticks(self, admin_client, fry, boil, user):
        topic = TopicFactory(step=fry)
        TopicCheck.objects.create(user=user, topic=topic)
        admin_client.post(page_of(fry, "merge"), {"into": boil.pk})
        assert TopicCheck.objects.get(user=user).topic.step == boil

    def test_too_many_topics_are_refused_beside_the_form(self, admin_client, fry, boil):
        for step in (fry, boil):
            TopicFactory.create_batch(51, step=step)
        before = everything()
        answer = admin_client.post(page_of(fry, "merge"), {"into": boil.pk})
        assert answer.status_code == 422
        assert "more than 100 topics" in answer.text
        assert everything() == before

    @pytest.mark.parametrize("which", ["none", "itself", "elsewhere", "retired", "x"])
    def test_only_another_active_step_of_the_roadmap_is_accepted(
        self, admin_client, fry_with_learners, which
    ):
        into = {
            "none": "",
            "itself": fry_with_learners.pk,
            "elsewhere": StepFactory().pk,
            "retired": StepFactory(
                roadmap=fry_with_learners.roadmap, is_retired=True
            ).pk,
            "x": "x",
        }
        before = everything()
        answer = admin_client.post(
            page_of(fry_with_learners, "merge"), {"into": into[which]}
        )
        assert answer.status_code == 422
        assert "errorlist" in answer.content.decode()
        assert everything() == before


class TestSplit:
    def test_the_new_step_comes_directly_after_with_the_same_progress(
        self, admin_client, fry_with_learners
    ):
        answer = admin_client.post(page_of(fry_with_learners, "split"), NEW)
        new = Step.objects.get(slug="deep-fry")
        assert answer.url == page_of(new)
        assert order(fry_with_learners.roadmap) == [
            "boil",
            "fry",
            "deep-fry",
            "bake",
            "braise",
        ]
        assert new.progress.count() == 2
        assert not new.is_optional

    def test_chosen_topics_move_to_the_new_step(self, admin_client, fry_with_learners):
        step = fry_with_learners
        assert "Topics to move" not in admin_client.get(page_of(step, "split")).text
        oil, pan = (step.topics.create(slug=s, title=s) for s in ("oil", "pan"))
        assert "Topics to move" in admin_client.get(page_of(step, "split")).text
        admin_client.post(page_of(step, "split"), NEW | {"topics": [oil.pk]})
        assert Step.objects.get(slug="deep-fry").topics.get() == oil
        assert step.topics.get() == pan

    @pytest.mark.parametrize(
        "wrong",
        [{"slug": "boil"}, {"slug": "roast"}, {"slug": "Deep Fry"}, {"title": ""}],
    )
    def test_invalid_input_is_reported_and_kept(
        self, admin_client, fry_with_learners, wrong
    ):
        bake = fry_with_learners.roadmap.steps.get(slug="bake")
        bake.slug = "roast"
        bake.save()
        bake.slug = "bake"
        bake.save()
        before = everything()
        answer = admin_client.post(page_of(fry_with_learners, "split"), NEW | wrong)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert "errorlist" in html
        assert "In much oil." in html
        assert everything() == before

    def test_a_retired_step_is_refused(self, admin_client, fry_with_learners):
        admin_client.post(page_of(fry_with_learners, "retire"))
        before = everything()
        answer = admin_client.post(page_of(fry_with_learners, "split"), NEW)
        assert "Bring it back first." in answer.content.decode()
        assert everything() == before


class TestDelete:
    def test_a_step_with_learners_is_kept_and_alternatives_are_offered(
        self, admin_client, fry_with_learners
    ):
        html = admin_client.get(page_of(fry_with_learners, "delete")).content.decode()
        assert page_of(fry_with_learners, "retire") in html
        assert page_of(fry_with_learners, "merge") in html
        before = everything()
        answer = admin_client.post(
            page_of(fry_with_learners, "delete"), {"post": "yes"}
        )
        assert answer.status_code == 409
        assert everything() == before

    @pytest.mark.parametrize("what", ["note", "topic"])
    def test_a_step_with_only_a_note_or_a_ticked_topic_is_kept(
        self, admin_client, fry, user, what
    ):
        if what == "note":
            NoteFactory(step=fry)
        else:
            TopicCheck.objects.create(user=user, topic=TopicFactory(step=fry))
        for path in (page_of(fry, "delete"), page_of(fry.roadmap, "delete")):
            answer = admin_client.post(path, {"post": "yes"})
            assert answer.status_code == 409
            assert ("ticked topics of its steps" in answer.text) == (
                what == "topic" and "/roadmap/" in path
            )
        data = {"action": "delete_selected", "_selected_action": [fry.pk]}
        admin_client.post(f"{ADMIN}step/", data | {"post": "yes"})
        assert Step.objects.filter(pk=fry.pk).exists()

    @pytest.mark.parametrize(
        "factory", [ConfirmationFactory, WorkLinkFactory, CommentFactory]
    )
    def test_a_step_with_only_feedback_of_a_group_is_kept(
        self, admin_client, fry, factory
    ):
        factory(step=fry)
        for path in (page_of(fry, "delete"), page_of(fry.roadmap, "delete")):
            answer = admin_client.post(path, {"post": "yes"})
            assert answer.status_code == 409
            assert "confirmation" in answer.text
        for path, pk in (("step/", fry.pk), ("roadmap/", fry.roadmap_id)):
            data = {"action": "delete_selected", "_selected_action": [pk]}
            answer = admin_client.post(
                ADMIN + path, data | {"post": "yes"}, follow=True
            )
            assert "Nothing was deleted" in answer.text
        assert Step.objects.filter(pk=fry.pk).exists()

    def test_a_step_without_learners_is_deleted(self, admin_client, fry, cooking):
        answer = admin_client.post(page_of(fry, "delete"), {"post": "yes"})
        assert answer.status_code == 302
        assert order(cooking) == ["boil", "bake", "braise"]
        assert cooking.history.first().order == ["boil", "bake", "braise"]
        assert Step.history.filter(id=fry.pk).first().history_type == "-"

    @pytest.mark.parametrize("at_once", [True, False])
    def test_learners_who_did_all_other_steps_complete(
        self, admin_client, cooking, fry, user, at_once
    ):
        for step in cooking.steps.exclude(slug="fry"):
            StepProgressFactory(user=user, step=step)
        page = f"{ADMIN}step/" if at_once else page_of(fry, "delete")
        data = {"action": "delete_selected", "_selected_action": [fry.pk]}
        admin_client.post(page, data | {"post": "yes"})
        assert not Step.objects.filter(pk=fry.pk).exists()
        assert Completion.objects.get().user == user

    @pytest.mark.parametrize("has_learners", [True, False])
    def test_deleting_several_deletes_all_or_none(
        self, admin_client, cooking, fry, boil, has_learners
    ):
        if has_learners:
            StepProgressFactory(step=fry)
        data = {
            "action": "delete_selected",
            "_selected_action": [boil.pk, fry.pk],
            "post": "yes",
        }
        answer = admin_client.post(f"{ADMIN}step/", data, follow=True)
        assert ("Nothing was deleted" in answer.content.decode()) == has_learners
        assert cooking.steps.count() == (4 if has_learners else 2)
        if not has_learners:
            assert cooking.history.first().order == ["bake", "braise"]
