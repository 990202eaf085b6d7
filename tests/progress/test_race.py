"""Many marks at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from core import rate_limit
from progress.models import Completion, StepProgress
from tests.factories import StepFactory, UserFactory
from tests.progress.test_mark import HTMX, address

pytestmark = pytest.mark.django_db(transaction=True)


def press_in(user, steps_and_states):
    client = Client()
    client.force_login(user)
    try:
        return [
            client.post(address(step, state), headers=HTMX).status_code
            for step, state in steps_and_states
        ]
    finally:
        connection.close()


def test_eight_threads_at_one_step_leave_one_consistent_row(monkeypatch):
    monkeypatch.setattr(rate_limit, "CHANGES_A_MINUTE", 1000)
    user, step = UserFactory(), StepFactory()
    presses = [(step, state) for state in ("done", "none")] * 10 + [(step, "done")]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(press_in, [user] * 8, [presses] * 8))
    assert {status for statuses in answers for status in statuses} == {200}
    row = StepProgress.objects.get()
    assert row.done_at >= row.started_at
    assert Completion.objects.get().completed_at == row.done_at


def test_two_last_steps_at_once_complete_the_roadmap():
    user, step = UserFactory(), StepFactory()
    steps = [step, *StepFactory.create_batch(7, roadmap=step.roadmap)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(press_in, [user] * 8, [[(step, "done")] for step in steps]))
    last = StepProgress.objects.order_by("done_at").last()
    assert Completion.objects.get().completed_at == last.done_at
