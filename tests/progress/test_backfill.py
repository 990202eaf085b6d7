"""Completions that an edit causes on a roadmap with many marks"""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from editing import step_operations
from progress import backfill, models
from progress.backfill import write_completions
from progress.models import Completion
from tests.editing.editor import perform, work
from tests.factories import StepFactory, StepProgressFactory, UserFactory

MAY = timezone.now() - timedelta(days=30)


@pytest.fixture
def queue(settings, monkeypatch):
    """Queue tasks as in production, for a roadmap with more than two marks."""
    monkeypatch.setattr(models, "MANY_MARKS", 2)
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    return DBTaskResult.objects


@pytest.fixture
def almost_done(cooking, user):
    """The user has done all steps but the first."""
    for step in cooking.steps.all()[1:]:
        StepProgressFactory(user=user, step=step, started_at=MAY)
    return user


def test_a_worker_writes_them_after_the_edit(cooking, almost_done, queue):
    step_operations.retire(cooking.steps.first())
    assert not Completion.objects.exists()
    perform(queue.get())
    assert Completion.objects.get().completed_at == MAY


def test_a_repeat_changes_nothing(cooking, almost_done, queue):
    step_operations.retire(cooking.steps.first())
    for _ in range(2):
        perform(queue.get())
    assert Completion.objects.get().completed_at == MAY


def test_a_step_added_before_the_worker_runs_takes_no_completion_away(
    cooking, almost_done, queue
):
    step_operations.retire(cooking.steps.first())
    StepFactory(roadmap=cooking, position=9)
    perform(queue.get())
    assert Completion.objects.get().user == almost_done


def test_what_was_done_while_the_edit_was_saved_counts(cooking, user, queue):
    first, second, *others = cooking.steps.all()
    StepProgressFactory(user=user, step=first, state="learning")
    for step in others:
        StepProgressFactory(user=user, step=step, started_at=MAY)
    with transaction.atomic():
        step_operations.retire(first)
        # Another process stores it, and does not see yet that the step is retired.
        last = StepProgressFactory(user=user, step=second)
    perform(queue.get())
    assert Completion.objects.get().completed_at == last.done_at


def test_what_was_done_after_the_edit_completes_nothing(cooking, almost_done):
    required = list(cooking.steps.values_list("pk", flat=True)[1:])
    write_completions(cooking.pk, required, MAY - timedelta(days=1))
    assert not Completion.objects.exists()


def test_one_query_is_enough_if_nobody_has_done_the_newest_step(
    cooking, user, assert_max_queries
):
    *others, newest = cooking.steps.order_by("pk")
    for step in others:
        StepProgressFactory(user=user, step=step)
    with assert_max_queries(1):
        write_completions(cooking.pk, [step.pk for step in [*others, newest]])


def test_an_edit_that_is_undone_queues_nothing(cooking, almost_done, queue):
    with transaction.atomic():
        step_operations.retire(cooking.steps.first())
        assert queue.exists()
        transaction.set_rollback(True)
    assert not queue.exists()


@pytest.mark.parametrize("seconds", [5, 0])
def test_a_worker_goes_through_everybody_in_batches(
    cooking, almost_done, queue, monkeypatch, seconds
):
    monkeypatch.setattr(backfill, "BATCH_SIZE", 1)
    monkeypatch.setattr(backfill, "TASK_DURATION", seconds)
    others = UserFactory.create_batch(3)
    for step in cooking.steps.all()[1:]:
        StepProgressFactory(user=others[1], step=step, started_at=MAY)
    step_operations.retire(cooking.steps.first())
    work()
    assert queue.count() == 1 if seconds else queue.count() > 1
    completed = Completion.objects.values_list("user", flat=True)
    assert set(completed) == {almost_done.pk, others[1].pk}
