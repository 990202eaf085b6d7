"""GET /admin/roadmaps/roadmap/<id>/insight/"""

import re
from datetime import timedelta
from itertools import product

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from editing.insight import Insight, StepInsight, get_insight, round_down
from editing.insight_chart import Chart, get_grid_interval
from progress.learner_counts import INACTIVITY
from progress.models import Completion, StepProgress
from progress.route import State
from roadmaps.measured_effort import MeasuredEffort
from roadmaps.models import Step
from tests.factories import (
    StepProgressFactory,
    UserFactory,
    create_cooking_roadmap,
)
from tests.html import decode

NOW = timezone.now()
LONG_AGO = NOW - INACTIVITY - timedelta(days=300)


@pytest.fixture
def roadmap(db):
    return create_cooking_roadmap("boil", "fry", "bake")


@pytest.fixture
def mark_steps(roadmap):
    """Returns a function that makes new learners, who mark steps some days apart.

    `marks` are "slug" for a step that is done, "slug=state" for another state.
    """

    def mark_steps(people, *marks, started_at=LONG_AGO, days=1):
        steps = {step.slug: step for step in roadmap.steps.all()}
        users = UserFactory.create_batch(people)
        for user, (number, mark) in product(users, enumerate(marks)):
            slug, _, state = mark.partition("=")
            StepProgressFactory(
                user=user,
                step=steps[slug],
                state=state or State.DONE,
                started_at=started_at + timedelta(days=number * days),
            )
        return users

    return mark_steps


@pytest.fixture
def get_step(roadmap):
    """Returns a function that returns the insight of a step, by its slug."""

    def get_step(slug):
        return next(s for s in get_insight(roadmap, NOW).steps if s.step.slug == slug)

    return get_step


class TestCounts:
    def test_reached_finished_and_skipped_are_counted_separately(
        self, mark_steps, get_step
    ):
        mark_steps(15, "boil")
        mark_steps(10, "boil=learning")
        mark_steps(5, "boil=skipped")
        boil = get_step("boil")
        assert (boil.reached, boil.finished, boil.skipped) == (30, 15, 5)

    def test_fewer_than_five_count_as_zero(self, mark_steps, get_step):
        mark_steps(4, "boil")
        assert get_step("boil").reached == get_step("boil").finished == 0

    def test_counts_are_rounded_down_to_a_multiple_of_five(self, mark_steps, get_step):
        mark_steps(9, "boil")
        assert get_step("boil").reached == 5

    def test_other_roadmaps_are_not_counted(self, mark_steps, get_step):
        for _ in range(5):
            StepProgressFactory()
        assert get_step("boil").reached == 0

    def test_retired_steps_are_neither_listed_nor_numbered(
        self, roadmap, mark_steps, get_step
    ):
        mark_steps(5, "boil", "fry")
        roadmap.steps.filter(slug="boil").update(is_retired=True)
        assert [step.number for step in get_insight(roadmap).steps] == [1, 2]
        assert get_step("fry").reached == 5

    def test_one_query_counts_the_learners(
        self, roadmap, mark_steps, assert_max_queries
    ):
        mark_steps(5, "boil", "fry", "bake")
        # The other queries read the stored statistics, check whether there are many
        # marks, and read the steps, the completions and the measured efforts.
        with assert_max_queries(6):
            get_insight(roadmap)

    @pytest.mark.parametrize("few", range(5))
    def test_no_small_count_can_be_worked_out_from_the_others(self, few):
        """For each hidden number, another number under five gives the same page."""

        def published(finished, skipped, in_progress):
            return (
                round_down(finished + skipped + in_progress),
                round_down(finished),
                round_down(skipped),
            )

        pages = {}
        for counts in product(range(25), repeat=3):
            pages.setdefault(published(*counts), set()).add(counts)
        for counts in product(range(15), repeat=3):
            alike = pages[published(*counts)]
            for which, count in enumerate(counts):
                if count == few:
                    assert len({other[which] for other in alike}) > 1


class TestHardestStep:
    def test_it_is_where_inactive_learners_made_their_last_mark(
        self, roadmap, mark_steps, get_step
    ):
        mark_steps(10, "boil", "fry")
        mark_steps(5, "boil")
        assert (get_step("boil").stopped, get_step("fry").stopped) == (5, 10)
        hardest = get_insight(roadmap, NOW).hardest
        assert [step.step.slug for step in hardest] == ["fry"]

    def test_the_last_mark_is_the_latest_one(self, mark_steps, get_step):
        mark_steps(5, "bake", "boil")
        assert (get_step("boil").stopped, get_step("bake").stopped) == (5, 0)

    def test_of_marks_at_the_same_time_the_last_on_the_route_counts(
        self, mark_steps, get_step
    ):
        mark_steps(5, "fry", "bake", "boil", days=0)
        assert get_step("bake").stopped == 5

    def test_a_learner_with_a_recent_mark_has_not_stopped(self, mark_steps, get_step):
        mark_steps(5, "boil", "fry", started_at=NOW - INACTIVITY)
        assert get_step("fry").stopped == 0

    def test_a_learner_who_completed_the_roadmap_has_not_stopped(
        self, roadmap, mark_steps, get_step
    ):
        for user in mark_steps(5, "boil", "fry", "bake"):
            Completion.objects.create(user=user, roadmap=roadmap, completed_at=LONG_AGO)
        assert get_step("bake").stopped == 0

    def test_all_steps_with_the_highest_count_are_named(self, roadmap, mark_steps):
        mark_steps(6, "boil")
        mark_steps(5, "fry")
        assert len(get_insight(roadmap, NOW).hardest) == 2

    def test_no_step_is_named_if_fewer_than_five_stopped_at_each(
        self, roadmap, mark_steps
    ):
        mark_steps(4, "boil")
        mark_steps(4, "fry")
        assert get_insight(roadmap, NOW).hardest == []


class TestMedian:
    def test_it_is_the_time_since_the_previous_mark(self, mark_steps, get_step):
        mark_steps(3, "boil", "fry", days=2)
        mark_steps(4, "boil", "fry", days=5.5)
        assert get_step("fry").days == 5.5

    def test_a_date_that_a_split_has_copied_does_not_count(self, mark_steps, get_step):
        mark_steps(5, "boil", "fry", days=0)
        assert get_step("fry").days is None

    def test_an_even_number_has_the_lower_middle_value(self, mark_steps, get_step):
        mark_steps(3, "boil", "fry", days=2)
        mark_steps(3, "boil", "fry", days=5)
        assert get_step("fry").days == 2

    def test_the_previous_mark_can_be_on_any_step_of_the_roadmap(
        self, mark_steps, get_step
    ):
        mark_steps(5, "bake=skipped", "boil", days=3)
        assert get_step("boil").days == 3

    def test_first_marks_are_left_out(self, mark_steps, get_step):
        mark_steps(5, "boil", "fry")
        assert get_step("boil").days is None

    def test_unfinished_steps_are_left_out(self, mark_steps, get_step):
        mark_steps(5, "boil", "fry=learning")
        assert get_step("fry").days is None

    def test_a_median_of_fewer_than_five_people_is_not_shown(
        self, mark_steps, get_step
    ):
        mark_steps(4, "boil", "fry")
        mark_steps(5, "fry=learning", "boil=learning")
        assert get_step("fry").days is None


class TestChart:
    def columns(self, *counts):
        steps = [
            StepInsight(Step(title="Boil"), number, *people, None)
            for number, people in enumerate(counts, start=1)
        ]
        return Chart(Insight(100, steps, NOW))

    @pytest.mark.parametrize(
        ("highest", "interval"),
        [
            (0, 5),
            (25, 5),
            (30, 10),
            (100, 20),
            (105, 50),
            (251, 100),
            (10**7, 2 * 10**6),
        ],
    )
    def test_the_grid_has_at_most_five_lines_at_round_numbers(self, highest, interval):
        assert get_grid_interval(highest) == interval

    def test_the_height_of_a_column_shows_the_number_of_people(self):
        chart = self.columns((20, 10, 5, 0), (10, 0, 0, 0))
        heights = [
            {part.name: part.height for part in column.parts}
            for column in chart.columns
        ]
        assert heights == [
            {"reached": 200, "finished": 100, "skipped": 50},
            {"reached": 100},
        ]

    def test_a_count_of_zero_has_no_column(self):
        assert self.columns((0, 0, 0, 0)).columns[0].parts == []

    def test_the_step_where_most_stop_is_marked(self):
        chart = self.columns((20, 10, 0, 5), (10, 5, 0, 10))
        assert [column.step.number for column in chart.hardest] == [2]


class TestPage:
    @pytest.fixture
    def path(self, roadmap):
        return f"/admin/roadmaps/roadmap/{roadmap.pk}/insight/"

    def test_it_has_a_chart_and_a_table(self, admin_client, path, mark_steps):
        mark_steps(10, "boil", "fry=skipped", days=2.5)
        mark_steps(5, "boil")
        html = " ".join(decode(admin_client.get(path)).split())
        assert "15 learners have marked a step" in html
        assert "<strong>step 2, Fry</strong>: 10 learners." in html
        fry = re.search(r"Fry *</th>(.*?)</tr>", html)[1]
        assert re.findall(r"<td.*?>(.*?)</td>", fry) == [
            "10",
            "fewer than 5",
            "10",
            "10",
            "not shown",
            "",
            "not shown",
        ]
        assert (
            "<title>2. Fry. Reached: 10. Finished: fewer than 5. Skipped: 10." in html
        )

    def test_fewer_than_five_learners_are_not_shown(
        self, admin_client, path, mark_steps
    ):
        mark_steps(4, "boil", "fry")
        html = admin_client.get(path).content.decode()
        assert "Fewer than 5 learners have marked a step" in html
        assert 'class="picture"' not in html

    def test_a_roadmap_without_steps_opens(self, admin_client, path):
        Step.objects.all().delete()
        assert admin_client.get(path).status_code == 200

    def test_it_names_nobody(self, admin_client, path, mark_steps):
        users = mark_steps(6, "boil")
        html = admin_client.get(path).content.decode()
        assert not any(user.email in html for user in users)

    def test_titles_are_escaped(self, admin_client, path, roadmap, mark_steps):
        mark_steps(5, "boil")
        roadmap.steps.filter(slug="boil").update(title="<b>Boil")
        html = admin_client.get(path).content.decode()
        assert "<b>Boil" not in html
        assert "&lt;b&gt;Boil" in html

    def test_it_has_no_inline_style_or_script(self, admin_client, path, mark_steps):
        mark_steps(5, "boil")
        main = admin_client.get(path).content.decode().partition("<main")[2]
        assert "style=" not in main
        assert "<script" not in main

    def test_the_list_and_the_roadmap_link_to_it(self, admin_client, path, roadmap):
        listed = admin_client.get("/admin/roadmaps/roadmap/").content.decode()
        opened = admin_client.get(
            f"/admin/roadmaps/roadmap/{roadmap.pk}/change/"
        ).content.decode()
        assert f'href="{path}"' in listed
        assert f'href="{path}"' in opened

    def test_an_unknown_roadmap_is_404(self, admin_client, db):
        path = "/admin/roadmaps/roadmap/4711/insight/"
        assert admin_client.get(path).status_code == 404

    def test_a_post_is_405(self, admin_client, path):
        assert admin_client.post(path).status_code == 405

    def test_it_changes_nothing(self, admin_client, path, mark_steps):
        mark_steps(5, "boil")
        before = list(StepProgress.objects.values())
        admin_client.get(path)
        assert list(StepProgress.objects.values()) == before

    def test_it_compares_the_estimate_with_what_learners_took(
        self, admin_client, path, roadmap, mark_steps
    ):
        mark_steps(5, "boil")
        boil = roadmap.steps.get(slug="boil")
        boil.hours_min, boil.hours_max = 4, 6
        boil.save()
        MeasuredEffort.objects.create(step=boil, days=9)
        html = " ".join(decode(admin_client.get(path)).split())
        row = re.search(r"Boil *</th>(.*?)</tr>", html)[1]
        assert re.findall(r"<td.*?>(.*?)</td>", row)[-2:] == ["4–6", "9"]


class TestPermissions:
    @pytest.fixture
    def open_as(self, roadmap):
        """Returns a function that opens the page with these permissions, as staff."""

        def open_as(*permissions):
            user = UserFactory(is_staff=True)
            user.user_permissions.set(
                Permission.objects.filter(codename__in=permissions)
            )
            client = Client()
            client.force_login(user)
            return client.get(f"/admin/roadmaps/roadmap/{roadmap.pk}/insight/")

        return open_as

    @pytest.mark.parametrize("permission", ["view_roadmap", "change_roadmap"])
    def test_staff_who_may_view_or_change_the_roadmap_can_open_it(
        self, open_as, permission
    ):
        assert open_as(permission).status_code == 200

    def test_staff_without_that_permission_are_refused(self, open_as):
        assert open_as("view_step", "view_stepprogress").status_code == 403

    def test_learners_and_visitors_are_refused(self, signed_in, client, roadmap):
        path = f"/admin/roadmaps/roadmap/{roadmap.pk}/insight/"
        for stranger in (signed_in, client):
            assert stranger.get(path).status_code in (302, 403)
