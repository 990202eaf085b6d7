"""Ticks and deletions at the same time as a merge."""

import threading

import pytest
from django.db import connection, transaction

from editing import step_operations
from progress.models import StepProgress
from progress.route import State
from roadmaps.models import Step
from tests.factories import StepFactory, StepProgressFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def steps():
    first = StepFactory()
    return first, StepFactory(roadmap=first.roadmap)


def in_thread(work):
    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_tick_before_the_merge_is_merged_too(steps):
    step, into = steps
    user = UserFactory()
    with transaction.atomic():
        StepProgress.objects.mark(user, step.pk, State.DONE)
        merging = in_thread(lambda: step_operations.merge(step, into=into))
        merging.join(0.2)
        assert merging.is_alive()  # it waits
    merging.join()
    assert StepProgress.objects.get(user=user, step=into).state == State.DONE


def test_a_tick_during_the_merge_waits_and_is_refused(steps):
    step, into = steps
    user = UserFactory()
    errors = []

    def tick():
        try:
            StepProgress.objects.mark(user, step.pk, State.DONE)
        except Step.DoesNotExist:
            errors.append(True)

    with transaction.atomic():
        step_operations.merge(step, into=into)
        ticking = in_thread(tick)
        ticking.join(0.2)
        assert ticking.is_alive()
    ticking.join()
    assert errors == [True]
    assert not StepProgress.objects.exists()


def test_an_account_that_is_being_deleted_is_left_out(steps):
    step, into = steps
    leaving = StepProgressFactory(step=step).user
    staying = StepProgressFactory(step=step).user
    with transaction.atomic():
        leaving.delete()
        merging = in_thread(lambda: step_operations.merge(step, into=into))
        merging.join(0.2)
    merging.join()
    assert list(into.progress.values_list("user", flat=True)) == [staying.pk]
