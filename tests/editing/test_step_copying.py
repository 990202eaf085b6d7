"""Copying everybody's progress in batches after a merge or split"""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.tasks import TaskResultStatus
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from core.mail import send
from editing import background_operations, step_copying, step_operations
from editing.step_copying import copy_everybody, copy_next_people
from progress import step_copies
from progress.models import Completion, StepProgress
from progress.notes import Note
from progress.step_copies import CopiedPerson, StepCopy
from progress.topic_checks import TopicCheck
from roadmaps.models import Step
from tests.accounts.actions import signed_in_browser
from tests.editing.editor import page_of, perform, step_form
from tests.factories import (
    NoteFactory,
    StepProgressFactory,
    TopicFactory,
    UserFactory,
)
from tests.plans import explain
from tests.progress.test_pending_mark import mark_as_visitor, sign_in

MAY = timezone.now() - timedelta(days=30)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """One person per batch."""
    monkeypatch.setattr(step_copies, "BATCH_SIZE", 1)


@pytest.fixture
def boil(cooking):
    return cooking.steps.get(slug="boil")


@pytest.fixture
def learners(fry):
    """Three people who have done the step that is merged."""
    marks = [StepProgressFactory(step=fry, started_at=MAY) for _ in range(3)]
    return [mark.user for mark in marks]


def begin_merge(step, into):
    step_operations.merge(step, into=into, copies_later=True)
    return StepCopy.objects.get()


def states(step):
    return dict(step.progress.values_list("user", "state"))


def test_each_batch_copies_the_next_people(learners, fry, boil):
    copy = begin_merge(fry, boil)
    assert not boil.progress.exists()
    for number in (1, 2, 3):
        assert copy_next_people(copy)
        assert boil.progress.count() == number
        assert StepCopy.objects.get().copied_people == number
    copy_everybody(copy)
    assert not StepCopy.objects.exists()
    assert not copy_next_people(copy)  # a second worker


class TestLearnersMeanwhile:
    def test_the_page_has_what_is_not_copied_yet(self, learners, fry, boil):
        begin_merge(fry, boil)
        client = Client()
        client.force_login(learners[2])
        client.get("/roadmaps/cooking/")
        assert states(boil) == {learners[2].pk: "done"}
        assert CopiedPerson.objects.get().user == learners[2]

    @pytest.mark.parametrize("turns", range(4))
    @pytest.mark.parametrize("state", ["none", "skipped", "learning"])
    def test_a_mark_stays(self, learners, fry, boil, turns, state):
        copy = begin_merge(fry, boil)
        for _ in range(turns):
            copy_next_people(copy)
        StepProgress.objects.mark(learners[1], boil.pk, state)
        copy_everybody(copy)
        assert states(boil).get(learners[1].pk, "none") == state
        assert states(boil)[learners[2].pk] == "done"

    @pytest.mark.parametrize("turns", range(4))
    def test_a_reset_stays_and_can_be_undone(self, learners, fry, boil, turns):
        copy = begin_merge(fry, boil)
        for _ in range(turns):
            copy_next_people(copy)
        snapshot = StepProgress.objects.reset(learners[1], fry.roadmap)
        copy_next_people(copy)
        assert learners[1].pk not in states(boil)
        StepProgress.objects.restore(learners[1], fry.roadmap, snapshot)
        copy_everybody(copy)
        assert states(boil)[learners[1].pk] == "done"

    @pytest.mark.parametrize("turns", range(4))
    def test_an_unticked_topic_stays_unticked(self, learners, fry, boil, turns):
        both = [TopicFactory(step=step, slug="salt") for step in (fry, boil)]
        for user in learners:
            TopicCheck.objects.add(user, [both[0].pk])
        copy = begin_merge(fry, boil)
        for _ in range(turns):
            copy_next_people(copy)
        StepProgress.objects.check_topic(learners[1], both[1].pk, False)
        copy_everybody(copy)
        ticked = both[1].checks.values_list("user", flat=True)
        assert set(ticked) == {learners[0].pk, learners[2].pk}

    @pytest.mark.parametrize("turns", range(4))
    def test_a_mark_on_a_split_step_is_not_copied(self, learners, fry, turns):
        new = Step(slug="new", title="New", summary="New.")
        step_operations.split(fry, new, copies_later=True)
        copy, late = StepCopy.objects.get(), UserFactory()
        for _ in range(turns):
            copy_next_people(copy)
        StepProgress.objects.mark(learners[1], fry.pk, "none")
        StepProgress.objects.mark(late, fry.pk, "done")
        copy_everybody(copy)
        assert states(new) == dict.fromkeys([user.pk for user in learners], "done")

    @pytest.mark.parametrize("path", ["/progress/", "/accounts/data/cairn.json"])
    def test_the_person_sees_what_is_not_copied_yet(self, learners, fry, boil, path):
        begin_merge(fry, boil)
        assert signed_in_browser(learners[2]).get(path).status_code == 200
        assert states(boil) == {learners[2].pk: "done"}

    def test_a_mark_made_before_the_sign_in_takes_nothing_away(
        self, learners, fry, boil
    ):
        visitor = Client()
        destination = mark_as_visitor(visitor, boil, "skipped")
        begin_merge(fry, boil)
        sign_in(visitor, learners[2], destination)
        assert states(boil) == {learners[2].pk: "done"}

    def test_deleted_accounts_are_left_out(self, learners, fry, boil):
        copy = begin_merge(fry, boil)
        StepProgress.objects.mark(learners[2], boil.pk, "skipped")
        copy_next_people(copy)
        for user in (learners[0], learners[2]):
            user.delete()
        copy_everybody(copy)
        assert states(boil) == {learners[1].pk: "done"}

    def test_notes_and_topics_without_a_mark_are_copied(self, fry, boil, user):
        both = [TopicFactory(step=step, slug="salt") for step in (fry, boil)]
        ticking = UserFactory()
        TopicCheck.objects.add(ticking, [both[0].pk])
        NoteFactory(user=user, step=fry)
        copy_everybody(begin_merge(fry, boil))
        assert Note.objects.get().step == boil
        assert both[1].checks.get().user == ticking

    def test_completions_wait_for_the_copy(self, learners, cooking, fry, boil):
        others = cooking.steps.exclude(pk__in=[fry.pk, boil.pk])
        for step in others:
            StepProgressFactory(user=learners[1], step=step, started_at=MAY)
        copy = begin_merge(fry, boil)
        while copy_next_people(copy):
            assert not Completion.objects.exists()
        completion = Completion.objects.get()
        assert (completion.user, completion.completed_at) == (learners[1], MAY)


@pytest.mark.usefixtures("learners")
class TestEditorsMeanwhile:
    def test_another_merge_or_split_is_refused(self, cooking, fry, boil):
        begin_merge(fry, boil)
        bake = cooking.steps.get(slug="bake")
        with pytest.raises(ValidationError):
            step_operations.merge(bake, into=boil)
        with pytest.raises(ValidationError):
            step_operations.split(bake, Step(slug="new", title="New", summary="New."))

    def test_the_other_step_cannot_be_deleted(self, admin_client, fry, boil):
        begin_merge(fry, boil)
        answer = admin_client.post(page_of(boil, "delete"), {"post": "yes"})
        assert answer.status_code == 409

    def test_a_topic_that_ticks_are_copied_to_is_retired_instead_of_deleted(
        self, admin_client, learners, fry, boil
    ):
        both = [TopicFactory(step=step, slug="salt") for step in (fry, boil)]
        TopicCheck.objects.add(learners[1], [both[0].pk])
        copy = begin_merge(fry, boil)
        form = step_form(boil) | {"topics-0-DELETE": "on"}
        assert admin_client.post(page_of(boil), form).status_code == 302
        copy_everybody(copy)
        both[1].refresh_from_db()
        assert both[1].is_retired
        assert both[1].checks.get().user == learners[1]

    def test_a_step_that_is_brought_back_is_not_copied_again(self, learners, fry, boil):
        copy = begin_merge(fry, boil)
        step_operations.bring_back(fry)
        StepProgress.objects.mark(learners[1], fry.pk, "none")
        StepProgress.objects.mark(UserFactory(), fry.pk, "done")
        copy_everybody(copy)
        assert states(boil) == dict.fromkeys([user.pk for user in learners], "done")


class TestWorkers:
    @pytest.fixture(autouse=True)
    def one_batch_per_task(self, monkeypatch):
        monkeypatch.setattr(background_operations, "TASK_DURATION", 0)

    @pytest.fixture
    def operation(self, learners, fry, boil, settings, monkeypatch, admin_user):
        """The task that merges the step, which waits for a worker."""
        monkeypatch.setattr(background_operations, "MANY_LEARNERS", 2)
        settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
        background_operations.start("merge", fry, admin_user, {"into": boil.pk})
        return DBTaskResult.objects.get()

    @pytest.fixture
    def page(self, admin_client, operation, fry):
        return lambda: (
            admin_client.get(page_of(fry, "operation", str(operation.pk))).text
        )

    def work(self, error=None):
        """Perform the next task, or let it fail."""
        task = DBTaskResult.objects.ready().first()
        if error:
            task.claim("worker")
            task.set_failed(error)
        else:
            perform(task)

    def count_waiting(self):
        """The tasks that go on with the copy."""
        path = background_operations.continue_copy.module_path
        return DBTaskResult.objects.ready().filter(task_path=path).count()

    def test_each_task_copies_for_a_while_and_queues_the_next_one(
        self, operation, learners, boil, page
    ):
        self.work()
        for number in (0, 1, 2, 3):
            assert boil.progress.count() == number
            html = page()
            assert f"The progress of {number} of 3 learners has been copied." in html
            assert re.search(rf'value="{number}"\s+max="3"', html)
            assert self.count_waiting() == 1
            self.work()
        while self.count_waiting():
            self.work()
        assert not StepCopy.objects.exists()
        assert "Merged Fry into Boil." in page()

    def test_an_email_comes_before_the_next_people(self, operation):
        self.work()
        send.enqueue("an encrypted email")
        assert DBTaskResult.objects.ready().first().task_path == send.module_path

    @pytest.mark.parametrize("batches", range(4))
    def test_the_copy_goes_on_after_a_task_has_failed(
        self, operation, page, learners, boil, batches
    ):
        for _ in range(1 + batches):
            self.work()
        self.work(MemoryError())
        assert "copying everybody’s progress was interrupted" in page()
        StepProgress.objects.mark(learners[1], boil.pk, "none")
        call_command("cleanup", verbosity=0)
        html = page()
        assert f"The progress of {batches} of 3 learners has been copied." in html
        while self.count_waiting():
            self.work()
        assert states(boil) == {learners[0].pk: "done", learners[2].pk: "done"}
        assert "Merged Fry into Boil." in page()

    def test_cleanup_leaves_a_copy_alone_that_goes_on(self, operation):
        self.work()
        call_command("cleanup", verbosity=0)
        assert self.count_waiting() == 1

    def test_the_operation_is_not_performed_twice(self, operation, page, boil):
        """Its worker died after the merge."""
        self.work()
        DBTaskResult.objects.filter(pk=operation.pk).update(
            status=TaskResultStatus.READY, finished_at=None, return_value=None
        )
        while self.count_waiting():
            self.work()
        assert "Merged Fry into Boil." in page()

    def test_other_operations_wait_for_the_copy(self, operation, admin_client, boil):
        self.work()
        response = admin_client.get(page_of(boil, "retire"))
        assert str(operation.pk) in response.url

    def test_a_batch_that_another_worker_has_written_is_rolled_back(
        self, learners, fry, boil
    ):
        copy = begin_merge(fry, boil)
        copy_next_people(copy)
        StepProgress.objects.mark(learners[0], boil.pk, "none")
        step_copying.run_batch(lambda: step_copying.copy_batch(copy))
        assert states(boil) == {}
        assert StepCopy.objects.get().copied_up_to == learners[0].pk


def test_a_batch_is_found_by_the_primary_key(learners, fry, boil):
    """Without reading the rows of others, and without sorting."""
    begin_merge(fry, boil)
    plan = explain(step_copies.FIND_LAST, [fry.pk, learners[0].pk, 999])
    assert "Index Only Scan using progress_stepprogress_pkey" in plan
    assert "Sort" not in plan
