"""How long learners usually take: measured by manage.py count_learners"""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from editing.step_operations import merge
from progress.learner_counts import count_all
from progress.measured_effort import store_medians
from progress.models import StepProgress
from progress.route import State
from progress.statistics import MIN_PEOPLE
from roadmaps.measured_effort import MeasuredEffort, round_duration
from tests.factories import StepProgressFactory, TopicFactory, UserFactory
from tests.html import read_html
from tests.progress.test_topic import HTMX

STARTED = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)
PATH = "/roadmaps/cooking/fry/"


@pytest.fixture
def finish(fry):
    """Returns a function in which one learner a duration finishes a step."""

    def finish(*durations, step=fry, state=State.DONE, days=True):
        for duration in durations:
            took = timedelta(days=duration) if days else duration
            StepProgressFactory(
                step=step,
                state=state,
                started_at=STARTED,
                done_at=STARTED + took if state == State.DONE else None,
            )

    return finish


def measure():
    """Return the measured days by the slugs of steps."""
    output = StringIO()
    call_command("count_learners", stdout=output)
    measured = dict(MeasuredEffort.objects.values_list("step__slug", "days"))
    assert output.getvalue().endswith(f"Steps measured: {len(measured)}\n")
    return measured


@pytest.mark.parametrize(
    ("days", "duration"),
    [
        (0, (1, "day")),
        (1, (1, "day")),
        (2, (2, "day")),
        (9, (9, "day")),
        (13, (13, "day")),
        (14, (2, "week")),
        (15, (3, "week")),
        (21, (3, "week")),
        (56, (8, "week")),
        (57, (2, "month")),
        (60, (2, "month")),
        (61, (3, "month")),
        (365, (13, "month")),
    ],
)
def test_durations_are_rounded_up_as_people_say_them(days, duration):
    assert round_duration(days) == duration


def test_rounding_is_never_downwards_and_keeps_the_order():
    in_days = {"day": 1, "week": 7, "month": 30}
    rounded = [round_duration(days) for days in range(1, 2_000)]
    values = [number * in_days[unit] for number, unit in rounded]
    assert all(value >= days for days, value in enumerate(values, start=1))
    assert values == sorted(values)


class TestMeasuring:
    def test_it_is_the_median_rounded_up_to_whole_days(self, finish):
        finish(0.2, 1, 8.3, 30, 400)
        assert measure() == {"fry": 9}

    def test_of_two_in_the_middle_the_lower_counts(self, finish):
        finish(1, 2, 3, 4, 5, 6)
        assert measure() == {"fry": 3}

    def test_less_than_a_day_is_a_day(self, finish):
        finish(*[0.1] * 5)
        assert measure() == {"fry": 1}

    def test_fewer_than_five_are_not_stored(self, finish):
        finish(*[9] * (MIN_PEOPLE - 1))
        assert measure() == {}
        finish(9)
        assert measure() == {"fry": 9}

    def test_marks_made_at_once_do_not_count(self, finish):
        finish(9, 9, 9, 9)
        finish(*[timedelta(0), timedelta(minutes=4)] * 5, days=False)
        assert measure() == {}
        finish(timedelta(minutes=6), days=False)
        assert measure() == {"fry": 9}

    @pytest.mark.parametrize("state", ["learning", "skipped"])
    def test_only_done_steps_count(self, finish, state):
        finish(*[9] * 4)
        finish(*[9] * 5, state=state)
        assert measure() == {}

    def test_dates_of_an_uploaded_file_that_cannot_be_do_not_count(self, finish):
        finish(*[-9] * 5)
        assert measure() == {}
        finish(*[700_000] * 5)  # a file can say that somebody began in the year 100
        assert measure() == {"fry": 700_000}

    def test_the_first_topic_that_is_ticked_starts_a_step(self, fry):
        topic = TopicFactory(step=fry)
        for user in UserFactory.create_batch(5):
            StepProgress.objects.check_topic(user, topic.pk, is_checked=True)
            marks = StepProgress.objects.filter(user=user)
            marks.update(started_at=STARTED)
            StepProgress.objects.mark(user, fry.pk, "done")
            marks.update(done_at=STARTED + timedelta(days=3))
        assert measure() == {"fry": 3}

    def test_each_step_of_each_roadmap_has_its_own(self, finish, cooking):
        finish(*[2] * 5)
        finish(*[4] * 5, step=cooking.steps.get(slug="bake"))
        elsewhere = StepProgressFactory(started_at=STARTED).step
        elsewhere.slug = "elsewhere"
        elsewhere.save()
        finish(*[6] * 5, step=elsewhere)
        assert measure() == {"fry": 2, "bake": 4, "elsewhere": 6}

    def test_a_retired_step_has_none_until_it_is_brought_back(self, finish, fry):
        finish(*[2] * 5)
        measure()
        fry.is_retired = True
        fry.save()
        assert measure() == {}
        fry.is_retired = False
        fry.save()
        assert measure() == {"fry": 2}

    def test_a_merged_step_has_the_learners_of_both(self, finish, fry, cooking, user):
        bake = cooking.steps.get(slug="bake")
        finish(2, 2, 2)
        finish(6, 6, 6, 6, step=bake)
        assert measure() == {}
        merge(bake, fry, user)
        assert measure() == {"fry": 6}

    def test_a_second_run_changes_nothing(self, finish):
        finish(*[9] * 5)
        assert measure() == measure() == {"fry": 9}

    def test_a_deleted_account_no_longer_counts(self, finish):
        finish(*[9] * 5)
        measure()
        User.objects.last().delete()
        assert measure() == {}

    def test_only_a_change_renews_the_version_of_the_content(self, finish, cooking):
        def read_version():
            cooking.refresh_from_db()
            return cooking.content_version

        finish(*[9] * 5)
        versions = [read_version()]
        for _ in range(2):
            measure()
            versions.append(read_version())
        assert versions[0] != versions[1] == versions[2]

    def test_a_count_that_changes_shows_on_the_page(self, finish, client):
        finish(*[9] * 5)
        for days in (9, 12):
            measure()
            assert f"within {days} days" in client.get(PATH).content.decode()
            finish(*[12] * 8)

    def test_storing_takes_three_statements_however_many_steps_there_are(
        self, finish, cooking, assert_max_queries
    ):
        for step in cooking.steps.all():
            finish(*range(1, 9), step=step)
        counts = count_all()
        with assert_max_queries(3):  # which steps, what is stored, and store
            store_medians(counts.days)


class TestStepPage:
    def read(self, client, **kwargs):
        return read_html(client.get(PATH, **kwargs))

    @pytest.mark.parametrize(
        ("days", "words"),
        [(1, "a day"), (9, "9 days"), (20, "3 weeks"), (75, "3 months")],
    )
    def test_says_it_to_everybody(self, client, signed_in, fry, days, words):
        MeasuredEffort.objects.create(step=fry, days=days)
        for who in (client, signed_in):
            sentence = f"<p>learners usually finish within {words}</p>"
            assert sentence in self.read(who)

    def test_says_it_beside_the_estimate(self, client, fry):
        fry.hours_min, fry.hours_max = 4, 6
        fry.save()
        MeasuredEffort.objects.create(step=fry, days=9)
        page = self.read(client)
        assert page.index("about 4–6 hours") < page.index("usually finish within 9")

    def test_says_nothing_if_few_have_finished(self, client, fry):
        assert "usually finish" not in self.read(client)

    def test_of_visitors_is_new_after_a_new_count(self, client, fry):
        MeasuredEffort.objects.create(step=fry, days=9)
        first = client.get(PATH)
        same = Client().get(PATH)
        assert (same.content, same["ETag"]) == (first.content, first["ETag"])
        MeasuredEffort.objects.update(days=10)
        headers = {"If-None-Match": first["ETag"]}
        assert "within 10 days" in self.read(client, headers=headers)

    def test_keeps_it_when_the_step_is_marked(self, signed_in, user, fry):
        MeasuredEffort.objects.create(step=fry, days=9)
        StepProgress.objects.mark(user, fry.pk, "learning")
        assert "within 9 days" in self.read(signed_in)
        part = self.read(signed_in, headers=HTMX)
        assert 'hx-target="#step_facts"' in part
        assert "usually finish" not in part  # only what can have changed


def test_the_privacy_page_says_it(client, db):
    page = read_html(client.get("/privacy/"))
    assert MIN_PEOPLE == 5
    assert "shown once at least five people have finished the step" in page
