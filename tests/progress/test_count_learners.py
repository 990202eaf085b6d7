"""manage.py count_learners"""

from collections import defaultdict
from datetime import timedelta
from io import StringIO
from itertools import groupby
from statistics import median_low

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Min
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.postgresql.run_once import run_once
from editing.insight import get_insight
from progress import learner_counts, models
from progress.models import Completion, StepProgress
from progress.statistics import RoadmapStatistics
from tests.factories import (
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
)
from tests.plans import explain

LONG_AGO = timezone.now() - timedelta(days=90)
LIST = "/admin/roadmaps/roadmap/"


@pytest.fixture
def count_learners(db):
    def count_learners():
        output = StringIO()
        call_command("count_learners", stdout=output)
        return output.getvalue()

    return count_learners


@pytest.fixture
def few_are_many(monkeypatch):
    monkeypatch.setattr(models, "MANY_MARKS", 5)


@pytest.fixture
def learners(fry):
    """Six learners who have done a step, and one of them the roadmap."""
    learners = [StepProgressFactory(step=fry).user for _ in range(6)]
    Completion.objects.create(
        user=learners[0], roadmap=fry.roadmap, completed_at=learners[0].date_joined
    )
    return learners


@pytest.mark.usefixtures("few_are_many")
class TestManyMarks:
    def test_the_list_shows_the_stored_counts(
        self, count_learners, learners, admin_client
    ):
        assert count_learners().startswith("Roadmaps counted: 1\n")
        with CaptureQueriesContext(connection) as queries:
            html = admin_client.get(LIST).content.decode()
        assert '<td class="field-learner_count">6</td>' in html
        assert '<td class="field-completion_count">1</td>' in html
        statement = next(
            query["sql"] for query in queries if "learner_count" in query["sql"]
        )
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN ANALYZE {statement}")
            plan = [line for (line,) in cursor.fetchall()]
        scans = [line for line in plan if "on progress_stepprogress" in line]
        assert scans
        assert all("never executed" in scan for scan in scans)

    def test_until_then_the_pages_say_so(self, learners, cooking, admin_client):
        html = admin_client.get(LIST).text
        for name in ("learner_count", "completion_count"):
            assert f'<td class="field-{name}">Not counted yet</td>' in html
        page = admin_client.get(f"{LIST}{cooking.pk}/insight/").text
        assert "The learners of this roadmap have not been counted yet." in page
        assert "Counted on" not in page

    def test_insight_shows_the_stored_counts_and_their_time(
        self, count_learners, learners, cooking, fry, admin_client, monkeypatch
    ):
        with monkeypatch.context() as patch:
            patch.setattr(models, "MANY_MARKS", 6)
            counted_now = get_insight(cooking)
        count_learners()
        StepProgressFactory.create_batch(5, step=fry)
        stored = get_insight(cooking)
        assert stored[:2] == counted_now[:2]
        [reached] = [step.reached for step in stored.steps if step.step == fry]
        assert reached == 5
        page = admin_client.get(f"{LIST}{cooking.pk}/insight/").content.decode()
        assert f"Counted on {stored.counted_at:%-d %B %Y, %H:%M}." in page

    def test_counting_again_replaces_the_counts(
        self, count_learners, learners, fry, cooking
    ):
        count_learners()
        StepProgressFactory.create_batch(5, step=fry)
        count_learners()
        assert RoadmapStatistics.objects.get().learner_count == 11
        assert get_insight(cooking).learners == 10


class TestBatches:
    @pytest.fixture
    def everybody(self, cooking):
        """Marks of eight people on two roadmaps in all states, and completions."""
        other = RoadmapFactory()
        StepFactory.create_batch(2, roadmap=other)
        steps = [*cooking.steps.all(), *other.steps.all()]
        for number, user in enumerate(UserFactory.create_batch(8)):
            for index, step in enumerate(steps):
                add_mark(user, step, number, index)
            if number % 3 == 0:
                Completion.objects.create(
                    user=user, roadmap=cooking, completed_at=user.date_joined
                )
        return [cooking, other]

    @pytest.mark.parametrize("size", [1, 3, 100])
    def test_they_add_up_to_a_plain_computation(
        self, everybody, few_are_many, count_learners, monkeypatch, size
    ):
        monkeypatch.setattr(learner_counts, "BATCH_SIZE", size)
        count_learners()
        for roadmap in everybody:
            expected = compute(roadmap)
            stored = RoadmapStatistics.objects.get(roadmap=roadmap)
            for counted in (stored, learner_counts.count_learners(roadmap)):
                steps = {pk: list(counts) for pk, counts in counted.steps.items()}
                numbers = counted.learner_count, counted.completion_count
                assert (*numbers, steps) == expected

    def test_each_batch_is_a_range_of_the_primary_key(self, everybody):
        somebody = StepProgress.objects.aggregate(Min("user"))["user__min"]
        parameters = {
            "roadmaps": [roadmap.pk for roadmap in everybody],
            "after": somebody,
            "last": somebody + 1,
            "tenth": 8640,
            "min_duration": 300,
            "inactive_since": LONG_AGO,
        }
        statement = learner_counts.COUNT_LEARNERS
        plan = explain(statement, parameters, without=["seqscan", "bitmapscan"])
        [_, scan] = plan.split("using progress_stepprogress_pkey", 1)
        assert scan.splitlines()[1].strip().startswith("Index Cond: ((user_id > ")


def test_a_second_run_is_refused_while_the_first_one_goes_on(count_learners):
    with run_once("count_learners"), pytest.raises(CommandError, match="Another run"):
        count_learners()
    count_learners()


def test_somebody_who_waits_sees_how_far_it_is(learners, monkeypatch):
    class Terminal(StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(learner_counts, "BATCH_SIZE", 2)
    call_command("count_learners", stdout=(output := Terminal()))
    lines = output.getvalue().splitlines()
    assert len(lines) > 5
    assert lines[-3] == "100 % of the people counted"


def add_mark(user, step, number, index):
    states = ["done", "skipped", "learning", "none", "done"]
    state = states[(number * 3 + index) % 5]
    started_at = LONG_AGO + timedelta(days=index)
    took = timedelta(days=(number * 7 + index * 3) % 11)
    done_at = started_at + took if state == "done" else None
    if state != "none":
        StepProgressFactory(
            user=user, step=step, state=state, started_at=started_at, done_at=done_at
        )


def compute(roadmap):
    """Count the learners of the roadmap in Python."""

    def get_time(mark):
        return mark.done_at or mark.started_at

    rows = StepProgress.objects.filter(step__roadmap=roadmap).select_related("step")
    rows = sorted(
        rows,
        key=lambda mark: (
            mark.user_id,
            get_time(mark),
            mark.step.position,
            mark.step_id,
        ),
    )
    completed = set(roadmap.completions.values_list("user", flat=True))
    inactive_since = timezone.now() - learner_counts.INACTIVITY
    steps, tenths = {}, defaultdict(list)
    for user, marks in groupby(rows, key=lambda mark: mark.user_id):
        before, own = None, list(marks)
        for mark in own:
            pk = str(mark.step_id)
            counts = steps.setdefault(pk, [0, 0, 0, 0, 0, None])
            counts[0] += 1
            counts[1] += mark.state == "done"
            counts[2] += mark.state == "skipped"
            is_inactive = get_time(mark) < inactive_since and user not in completed
            counts[3] += mark is own[-1] and is_inactive
            if before and mark.done_at and mark.done_at != before:
                tenths[pk].append((mark.done_at - before).days * 10)
            before = get_time(mark)
    for pk, durations in tenths.items():
        steps[pk][4:] = len(durations), median_low(durations) / 10
    return len({mark.user_id for mark in rows}), len(completed), steps


class TestFewMarks:
    def test_they_are_counted_when_somebody_looks(
        self, count_learners, learners, fry, cooking
    ):
        assert count_learners().startswith("Roadmaps counted: 0\n")
        StepProgressFactory(step=fry, user=UserFactory())
        assert get_insight(cooking).learners == 5
        assert not RoadmapStatistics.objects.exists()

    def test_stored_counts_are_dropped_when_few_are_left(
        self, count_learners, learners, cooking, monkeypatch
    ):
        monkeypatch.setattr(models, "MANY_MARKS", 5)
        count_learners()
        RoadmapFactory()
        monkeypatch.undo()
        count_learners()
        assert not RoadmapStatistics.objects.exists()
