"""/admin/roadmaps/step/<id>/: retire, bring-back, merge, split and delete"""

import pytest

from progress.models import Completion, StepProgress
from progress.notes import Note
from roadmaps.models import Step
from tests.editing.editor import ADMIN, everything, order, page_of
from tests.factories import NoteFactory, StepFactory, StepProgressFactory


@pytest.fixture
def boil(cooking):
    return cooking.steps.get(slug="boil")


@pytest.fixture
def touched(fry):
    """Fry, with two ticks and a note."""
    StepProgressFactory.create_batch(2, step=fry)
    NoteFactory(step=fry, user=StepProgress.objects.first().user)
    return fry


SAID = "2 learners ticked this, 1 has a note"
NEW = {"title": "Deep-fry", "slug": "deep-fry", "summary": "In much oil."}


@pytest.mark.parametrize("page", ["retire", "merge", "split", "delete"])
class TestEachPage:
    def test_it_says_first_whom_it_touches_and_changes_nothing(
        self, admin_client, touched, page
    ):
        before = everything()
        html = admin_client.get(page_of(touched, page)).content.decode()
        assert SAID in html
        assert not any(row.user.email in html for row in touched.progress.all())
        assert everything() == before

    def test_a_step_that_is_not_there_is_404(self, admin_client, db, page):
        answer = admin_client.get(f"{ADMIN}step/999/{page}/")
        assert answer.status_code == (302 if page == "delete" else 404)

    def test_it_is_for_editors(self, member, client, touched, page):
        before = everything()
        assert member().post(page_of(touched, page)).status_code == 403
        assert client.post(page_of(touched, page)).status_code == 302
        assert member("Editors").get(page_of(touched, page)).status_code == 200
        assert everything() == before


class TestRetireAndBringBack:
    def test_it_is_one_press_each(self, admin_client, touched):
        answer = admin_client.post(page_of(touched, "retire"))
        assert answer.url == page_of(touched)
        touched.refresh_from_db()
        assert touched.is_retired
        assert "Bring it back" in admin_client.get(page_of(touched)).content.decode()
        admin_client.post(page_of(touched, "bring-back"))
        touched.refresh_from_db()
        assert not touched.is_retired
        assert touched.progress.count() == 2

    def test_bringing_back_is_a_post(self, admin_client, fry):
        assert admin_client.get(page_of(fry, "bring-back")).status_code == 405

    def test_who_did_it_still_sees_it(self, admin_client, client, touched):
        admin_client.post(page_of(touched, "retire"))
        client.force_login(touched.progress.first().user)
        html = client.get(touched.roadmap.get_absolute_url()).content.decode()
        assert "Retired, you did this" in html

    def test_the_version_names_the_editor(self, admin_client, admin_user, fry):
        admin_client.post(page_of(fry, "retire"))
        assert fry.history.first().history_user == admin_user


class TestMerge:
    def test_the_marks_count_on_the_other(self, admin_client, touched, boil):
        answer = admin_client.post(page_of(touched, "merge"), {"into": boil.pk})
        assert answer.url == page_of(touched)
        assert boil.progress.count() == 2
        assert Note.objects.get().step == boil
        touched.refresh_from_db()
        assert touched.is_retired

    @pytest.mark.parametrize("which", ["none", "itself", "elsewhere", "retired", "x"])
    def test_what_is_no_other_step_on_the_route_is_refused(
        self, admin_client, touched, which
    ):
        into = {
            "none": "",
            "itself": touched.pk,
            "elsewhere": StepFactory().pk,
            "retired": StepFactory(roadmap=touched.roadmap, is_retired=True).pk,
            "x": "x",
        }
        before = everything()
        answer = admin_client.post(page_of(touched, "merge"), {"into": into[which]})
        assert answer.status_code == 422
        assert "errorlist" in answer.content.decode()
        assert everything() == before


class TestSplit:
    def test_the_new_one_is_right_behind_with_the_same_marks(
        self, admin_client, touched
    ):
        answer = admin_client.post(page_of(touched, "split"), NEW)
        new = Step.objects.get(slug="deep-fry")
        assert answer.url == page_of(new)
        assert order(touched.roadmap) == ["boil", "fry", "deep-fry", "bake", "braise"]
        assert new.progress.count() == 2
        assert not new.is_optional

    @pytest.mark.parametrize(
        "wrong", [{"slug": "boil"}, {"slug": "Deep Fry"}, {"title": ""}]
    )
    def test_what_is_wrong_is_told_and_kept(self, admin_client, touched, wrong):
        before = everything()
        answer = admin_client.post(page_of(touched, "split"), NEW | wrong)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert "errorlist" in html
        assert "In much oil." in html
        assert everything() == before

    def test_a_retired_step_is_refused(self, admin_client, touched):
        admin_client.post(page_of(touched, "retire"))
        before = everything()
        answer = admin_client.post(page_of(touched, "split"), NEW)
        assert "bring it back first" in answer.content.decode()
        assert everything() == before


class TestDelete:
    def test_a_touched_step_is_kept_and_the_ways_are_offered(
        self, admin_client, touched
    ):
        html = admin_client.get(page_of(touched, "delete")).content.decode()
        assert page_of(touched, "retire") in html
        assert page_of(touched, "merge") in html
        before = everything()
        answer = admin_client.post(page_of(touched, "delete"), {"post": "yes"})
        assert answer.status_code == 409
        assert everything() == before

    def test_a_note_alone_keeps_it(self, admin_client, fry):
        NoteFactory(step=fry)
        admin_client.post(page_of(fry, "delete"), {"post": "yes"})
        assert Step.objects.filter(pk=fry.pk).exists()

    def test_one_that_nobody_touched_goes(self, admin_client, fry, cooking):
        answer = admin_client.post(page_of(fry, "delete"), {"post": "yes"})
        assert answer.status_code == 302
        assert order(cooking) == ["boil", "bake", "braise"]
        assert cooking.history.first().order == ["boil", "bake", "braise"]
        assert Step.history.filter(id=fry.pk).first().history_type == "-"

    @pytest.mark.parametrize("at_once", [True, False])
    def test_who_has_done_all_that_is_left_has_completed(
        self, admin_client, cooking, fry, user, at_once
    ):
        for step in cooking.steps.exclude(slug="fry"):
            StepProgressFactory(user=user, step=step)
        page = f"{ADMIN}step/" if at_once else page_of(fry, "delete")
        data = {"action": "delete_selected", "_selected_action": [fry.pk]}
        admin_client.post(page, data | {"post": "yes"})
        assert not Step.objects.filter(pk=fry.pk).exists()
        assert Completion.objects.get().user == user

    @pytest.mark.parametrize("is_touched", [True, False])
    def test_several_at_once_are_all_or_none(
        self, admin_client, cooking, fry, boil, is_touched
    ):
        if is_touched:
            StepProgressFactory(step=fry)
        data = {
            "action": "delete_selected",
            "_selected_action": [boil.pk, fry.pk],
            "post": "yes",
        }
        answer = admin_client.post(f"{ADMIN}step/", data, follow=True)
        assert ("Nothing was deleted" in answer.content.decode()) == is_touched
        assert cooking.steps.count() == (4 if is_touched else 2)
        if not is_touched:
            assert cooking.history.first().order == ["bake", "braise"]
