"""/admin/roadmaps/step/<id>/operation/<task id>/"""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.tasks import TaskResultStatus
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from editing import background_operations
from progress.models import StepProgress
from roadmaps.models import Step
from tests.editing.editor import everything, page_of, work
from tests.factories import StepProgressFactory, UserFactory

NEW = {"title": "Deep-fry", "slug": "deep-fry", "summary": "In much oil."}


@pytest.fixture
def boil(cooking):
    return cooking.steps.get(slug="boil")


@pytest.fixture
def editor(db):
    editor = UserFactory(is_staff=True)
    editor.groups.set(Group.objects.filter(name="Editors"))
    return editor


@pytest.fixture
def editing(editor):
    client = Client()
    client.force_login(editor)
    return client


@pytest.fixture
def queue(settings, monkeypatch):
    """Queue tasks as in production, for a step with more than two learners."""
    monkeypatch.setattr(background_operations, "MANY_LEARNERS", 2)
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    return DBTaskResult.objects


@pytest.fixture
def learners(fry):
    return StepProgressFactory.create_batch(3, step=fry)


@pytest.mark.usefixtures("learners")
class TestOfManyLearners:
    def test_a_merge_waits_for_a_worker_and_shows_the_result(
        self, editing, editor, queue, fry, boil
    ):
        answer = editing.post(page_of(fry, "merge"), {"into": boil.pk})
        waiting = editing.get(answer.url).content.decode()
        assert "<progress" in waiting
        assert "3 learners have done this." in waiting
        assert not boil.progress.exists()
        work()
        finished = editing.get(answer.url).content.decode()
        assert "Merged Fry into Boil." in finished
        assert "<progress" not in finished
        assert "hx-get" not in finished
        assert boil.progress.count() == 3
        assert fry.history.first().history_user == editor
        assert LogEntry.objects.get().user == editor

    def test_a_split_leads_to_the_new_step(self, editing, editor, queue, fry):
        answer = editing.post(page_of(fry, "split"), NEW | {"is_optional": "on"})
        work()
        new = Step.objects.get(slug="deep-fry")
        assert f'href="{page_of(new)}"' in editing.get(answer.url).content.decode()
        assert new.is_optional
        assert new.progress.count() == 3
        assert new.history.get().history_user == editor

    def test_a_merge_that_is_no_longer_possible_changes_nothing(
        self, editing, queue, fry, boil
    ):
        answer = editing.post(page_of(fry, "merge"), {"into": boil.pk})
        Step.objects.filter(pk=boil.pk).update(is_retired=True)
        before = everything()
        work()
        html = editing.get(answer.url).content.decode()
        assert "Choose another active step of this roadmap." in html
        assert "Nothing was changed." in html
        assert everything() == before

    @pytest.mark.parametrize("lost", ["group", "staff", "active", "account"])
    def test_an_editor_who_lost_the_right_changes_nothing(
        self, editing, editor, admin_client, queue, fry, boil, lost
    ):
        answer = editing.post(page_of(fry, "merge"), {"into": boil.pk})
        if lost == "account":
            editor.delete()
        else:
            editor.is_staff, editor.is_active = lost != "staff", lost != "active"
            editor.save()
            editor.groups.set([] if lost == "group" else editor.groups.all())
        before = everything()
        work()
        assert "Nothing was changed." in admin_client.get(answer.url).content.decode()
        assert everything() == before

    def test_a_repeat_by_another_worker_changes_nothing(
        self, editing, queue, fry, boil
    ):
        editing.post(page_of(fry, "merge"), {"into": boil.pk})
        work()
        StepProgress.objects.filter(step=boil).delete()  # the learners untick it
        queue.update(status=TaskResultStatus.READY)
        before = everything()
        work()
        assert everything() == before

    @pytest.mark.parametrize("page", ["retire", "bring-back", "merge", "split"])
    @pytest.mark.parametrize("slug", ["fry", "bake"])
    def test_other_operations_on_the_roadmap_are_refused_meanwhile(
        self, editing, admin_client, queue, cooking, fry, boil, page, slug
    ):
        running = editing.post(page_of(fry, "merge"), {"into": boil.pk})
        before = everything()
        step = cooking.steps.get(slug=slug)
        answer = admin_client.post(page_of(step, page), NEW | {"into": boil.pk})
        assert answer.url == running.url
        assert "Wait for this operation" in admin_client.get(answer.url).text
        assert running.url in admin_client.get(page_of(step)).text
        assert everything() == before
        assert queue.count() == 1

    def test_a_late_worker_is_pointed_out(self, editing, queue, fry, boil):
        answer = editing.post(page_of(fry, "merge"), {"into": boil.pk})
        assert "its worker" not in editing.get(answer.url).text
        queue.update(enqueued_at=timezone.now() - timedelta(minutes=2))
        assert "its worker" in editing.get(answer.url).text

    def test_a_failure_names_its_task(self, editing, queue, fry, boil):
        answer = editing.post(page_of(fry, "merge"), {"into": boil.pk})
        queue.get().set_failed(MemoryError())
        html = editing.get(answer.url).text
        assert "This failed, and nothing was changed." in html
        assert str(queue.get().id) in html

    def test_strangers_and_other_steps_see_nothing(
        self, editing, signed_in, sign_in_staff, queue, fry, boil
    ):
        path = editing.post(page_of(fry, "merge"), {"into": boil.pk}).url
        assert signed_in.get(path).status_code == 302
        assert sign_in_staff().get(path).status_code == 403
        assert editing.post(path).status_code == 405
        other = path.replace(f"/step/{fry.pk}/", f"/step/{boil.pk}/")
        assert editing.get(other).status_code == 404

    def test_development_performs_it_at_once(self, editing, monkeypatch, fry, boil):
        monkeypatch.setattr(background_operations, "MANY_LEARNERS", 2)
        answer = editing.post(page_of(fry, "merge"), {"into": boil.pk})
        assert answer.url == page_of(fry)
        assert boil.progress.count() == 3


def test_of_few_learners_a_merge_is_done_at_once(editing, queue, fry, boil):
    StepProgressFactory.create_batch(2, step=fry)
    answer = editing.post(page_of(fry, "merge"), {"into": boil.pk})
    assert answer.url == page_of(fry)
    assert boil.progress.count() == 2
    assert not queue.exists()


def test_a_retired_step_is_not_merged(editing, fry, boil):
    Step.objects.filter(pk=fry.pk).update(is_retired=True)
    before = everything()
    answer = editing.post(page_of(fry, "merge"), {"into": boil.pk})
    assert answer.status_code == 422
    assert "Bring it back first." in answer.text
    assert everything() == before
