"""manage.py count_learners"""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from editing.insight import get_insight
from progress import models
from progress.models import Completion
from progress.statistics import RoadmapStatistics
from tests.factories import RoadmapFactory, StepProgressFactory, UserFactory

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

    def test_insight_shows_the_stored_counts_and_their_time(
        self, count_learners, learners, cooking, fry, admin_client
    ):
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
