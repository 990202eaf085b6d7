"""Marks at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest
from django.db import connection, transaction
from django.test import Client

from core import rate_limit
from progress.models import Completion, StepProgress
from tests.factories import StepFactory, UserFactory
from tests.progress.test_mark import HTMX, address

pytestmark = pytest.mark.django_db(transaction=True)


def mark_all(user, steps_and_states):
    """Returns the status codes."""
    client = Client()
    client.force_login(user)
    try:
        return [
            client.post(address(step, state), headers=HTMX).status_code
            for step, state in steps_and_states
        ]
    finally:
        connection.close()


def test_many_marks_of_one_step_leave_one_consistent_row(monkeypatch):
    monkeypatch.setattr(rate_limit, "CHANGES_PER_MINUTE", 1000)
    user, step = UserFactory(), StepFactory()
    marks = [(step, state) for state in ("done", "none")] * 5 + [(step, "done")]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(mark_all, [user] * 8, [marks] * 8))
    assert {status for statuses in answers for status in statuses} == {200}
    row = StepProgress.objects.get()
    assert row.done_at >= row.started_at
    assert Completion.objects.get().completed_at == row.done_at


def test_the_last_steps_at_the_same_moment_complete_the_roadmap():
    user, step = UserFactory(), StepFactory()
    steps = [step, *StepFactory.create_batch(7, roadmap=step.roadmap)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(mark_all, [user] * 8, [[(step, "done")] for step in steps]))
    last = StepProgress.objects.order_by("done_at").last()
    assert Completion.objects.get().completed_at == last.done_at


def test_a_mark_during_the_deletion_of_the_account_stores_nothing(signed_in, user):
    step = StepFactory()
    answers = []

    def mark():
        try:
            answers.append(signed_in.post(address(step), headers=HTMX).status_code)
        finally:
            connection.close()

    marking = Thread(target=mark)
    with transaction.atomic():
        user.delete()
        marking.start()
        marking.join(0.3)
        assert marking.is_alive()  # it waits for the deletion
    marking.join()
    assert answers == [404]
    assert not StepProgress.objects.exists()
