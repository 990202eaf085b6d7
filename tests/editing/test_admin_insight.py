"""GET /admin/roadmaps/roadmap/<id>/insight/"""

import re
from datetime import timedelta
from itertools import product

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from editing.insight import INACTIVITY, Insight, StepInsight, get_insight, round_down
from editing.insight_chart import Chart, get_grid_interval
from progress.models import Completion, StepProgress
from progress.route import State
from roadmaps.models import Step
from tests.factories import (
    StepProgressFactory,
    UserFactory,
    cooking_with,
)

NOW = timezone.now()
LONG_AGO = NOW - INACTIVITY - timedelta(days=300)


@pytest.fixture
def roadmap(db):
    return cooking_with("boil", "fry", "bake")


@pytest.fixture
def walk(roadmap):
    """A function that makes as many people, who mark steps some days apart.

    `marks` are "slug" for a step that is done, "slug=state" for another state.
    """

    def walk(people, *marks, begun=LONG_AGO, days=1):
        steps = {step.slug: step for step in roadmap.steps.all()}
        walkers = UserFactory.create_batch(people)
        for user, (number, mark) in product(walkers, enumerate(marks)):
            slug, _, state = mark.partition("=")
            StepProgressFactory(
                user=user,
                step=steps[slug],
                state=state or State.DONE,
                started_at=begun + timedelta(days=number * days),
            )
        return walkers

    return walk


@pytest.fixture
def told(roadmap):
    """A function that returns what the insight says of a step, by its slug."""

    def told(slug):
        return next(s for s in get_insight(roadmap, NOW).steps if s.step.slug == slug)

    return told


class TestTheCounts:
    def test_reached_finished_and_skipped_are_told_apart(self, walk, told):
        walk(15, "boil")
        walk(10, "boil=learning")
        walk(5, "boil=skipped")
        boil = told("boil")
        assert (boil.reached, boil.finished, boil.skipped) == (30, 15, 5)

    def test_fewer_than_five_are_none(self, walk, told):
        walk(4, "boil")
        assert told("boil").reached == told("boil").finished == 0

    def test_others_are_rounded_down_to_a_multiple_of_five(self, walk, told):
        walk(9, "boil")
        assert told("boil").reached == 5

    def test_another_roadmap_counts_for_itself(self, walk, told):
        for _ in range(5):
            StepProgressFactory()
        assert told("boil").reached == 0

    def test_a_retired_step_is_not_listed_and_numbers_close_up(
        self, roadmap, walk, told
    ):
        walk(5, "boil", "fry")
        roadmap.steps.filter(slug="boil").update(is_retired=True)
        assert [step.number for step in get_insight(roadmap).steps] == [1, 2]
        assert told("fry").reached == 5

    def test_one_query_counts_the_people(self, roadmap, walk, at_most):
        walk(5, "boil", "fry", "bake")
        with at_most(2):  # and one reads the steps
            get_insight(roadmap)

    @pytest.mark.parametrize("few", range(5))
    def test_no_small_count_can_be_worked_out_from_the_others(self, few):
        """Whatever number under five is hidden, the page is the same for another."""

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
                    assert len({others[which] for others in alike}) > 1


class TestWhereMostStop:
    def test_is_where_silent_learners_marked_last(self, roadmap, walk, told):
        walk(10, "boil", "fry")
        walk(5, "boil")
        assert (told("boil").stopped, told("fry").stopped) == (5, 10)
        hardest = get_insight(roadmap, NOW).hardest
        assert [step.step.slug for step in hardest] == ["fry"]

    def test_last_is_meant_in_time_whatever_the_route(self, walk, told):
        walk(5, "bake", "boil")
        assert (told("boil").stopped, told("bake").stopped) == (5, 0)

    def test_of_marks_at_the_same_time_the_last_on_the_route_counts(self, walk, told):
        walk(5, "fry", "bake", "boil", days=0)
        assert told("bake").stopped == 5

    def test_who_marked_something_lately_has_not_stopped(self, walk, told):
        walk(5, "boil", "fry", begun=NOW - INACTIVITY)
        assert told("fry").stopped == 0

    def test_who_completed_the_roadmap_has_not_stopped(self, roadmap, walk, told):
        for user in walk(5, "boil", "fry", "bake"):
            Completion.objects.create(user=user, roadmap=roadmap, completed_at=LONG_AGO)
        assert told("bake").stopped == 0

    def test_steps_with_the_same_count_are_all_named(self, roadmap, walk):
        walk(6, "boil")
        walk(5, "fry")
        assert len(get_insight(roadmap, NOW).hardest) == 2

    def test_is_nowhere_when_fewer_than_five_stopped_at_any_step(self, roadmap, walk):
        walk(4, "boil")
        walk(4, "fry")
        assert get_insight(roadmap, NOW).hardest == []


class TestTheMedian:
    def test_is_the_time_since_the_mark_before(self, walk, told):
        walk(3, "boil", "fry", days=2)
        walk(4, "boil", "fry", days=5.5)
        assert told("fry").days == 5.5

    def test_of_an_even_number_is_the_lower_of_the_middle_two(self, walk, told):
        walk(3, "boil", "fry", days=2)
        walk(3, "boil", "fry", days=5)
        assert told("fry").days == 2

    def test_takes_the_mark_before_from_any_step_of_the_roadmap(self, walk, told):
        walk(5, "bake=skipped", "boil", days=3)
        assert told("boil").days == 3

    def test_is_of_none_who_made_their_first_mark(self, walk, told):
        walk(5, "boil", "fry")
        assert told("boil").days is None

    def test_is_of_none_who_did_not_finish(self, walk, told):
        walk(5, "boil", "fry=learning")
        assert told("fry").days is None

    def test_of_fewer_than_five_people_is_not_told(self, walk, told):
        walk(4, "boil", "fry")
        walk(5, "fry=learning", "boil=learning")
        assert told("fry").days is None


class TestThePicture:
    def columns(self, *counts):
        steps = [
            StepInsight(Step(title="Boil"), number, *of, None)
            for number, of in enumerate(counts, start=1)
        ]
        return Chart(Insight(100, steps))

    @pytest.mark.parametrize(
        ("most", "between"),
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
    def test_has_at_most_five_round_lines(self, most, between):
        assert get_grid_interval(most) == between

    def test_a_column_is_as_high_as_its_people_are_many(self):
        chart = self.columns((20, 10, 5, 0), (10, 0, 0, 0))
        heights = [
            {part.name: part.height for part in column.parts}
            for column in chart.columns
        ]
        assert heights == [
            {"reached": 200, "finished": 100, "skipped": 50},
            {"reached": 100},
        ]

    def test_too_few_have_no_column(self):
        assert self.columns((0, 0, 0, 0)).columns[0].parts == []

    def test_the_step_where_most_stop_is_marked(self):
        chart = self.columns((20, 10, 0, 5), (10, 5, 0, 10))
        assert [column.step.number for column in chart.hardest] == [2]


class TestThePage:
    @pytest.fixture
    def path(self, roadmap):
        return f"/admin/roadmaps/roadmap/{roadmap.pk}/insight/"

    def test_says_it_in_a_picture_and_in_a_table(self, admin_client, path, walk):
        walk(10, "boil", "fry=skipped", days=2.5)
        walk(5, "boil")
        html = admin_client.get(path).content.decode()
        assert "15 learners have marked a step" in html
        assert "<strong>step 2, Fry</strong>: 10 learners." in html
        fry = re.search(r"Fry\s*</th>(.*?)</tr>", html, re.DOTALL)[1]
        assert re.findall(r"<td.*?>(.*?)</td>", fry) == [
            "10",
            "fewer than 5",
            "10",
            "10",
            "not shown",
        ]
        assert "<title>2 Fry: 10 reached it, fewer than 5 finished, 10 skipped" in html

    def test_of_a_roadmap_that_hardly_anybody_began_says_so(
        self, admin_client, path, walk
    ):
        walk(4, "boil", "fry")
        html = admin_client.get(path).content.decode()
        assert "Fewer than 5 learners have marked a step" in html
        assert 'class="picture"' not in html

    def test_of_a_roadmap_without_steps_opens(self, admin_client, path):
        Step.objects.all().delete()
        assert admin_client.get(path).status_code == 200

    def test_names_nobody(self, admin_client, path, walk):
        walkers = walk(6, "boil")
        html = admin_client.get(path).content.decode()
        assert not any(user.email in html for user in walkers)

    def test_escapes_titles(self, admin_client, path, roadmap, walk):
        walk(5, "boil")
        roadmap.steps.filter(slug="boil").update(title="<b>Boil")
        html = admin_client.get(path).content.decode()
        assert "<b>Boil" not in html
        assert "&lt;b&gt;Boil" in html

    def test_has_no_style_or_script_of_its_own(self, admin_client, path, walk):
        walk(5, "boil")
        main = admin_client.get(path).content.decode().partition("<main")[2]
        assert "style=" not in main
        assert "<script" not in main

    def test_is_linked_from_the_list_and_from_the_roadmap(
        self, admin_client, path, roadmap
    ):
        listed = admin_client.get("/admin/roadmaps/roadmap/").content.decode()
        opened = admin_client.get(
            f"/admin/roadmaps/roadmap/{roadmap.pk}/change/"
        ).content.decode()
        assert f'href="{path}"' in listed
        assert f'href="{path}"' in opened

    def test_of_no_roadmap_is_not_found(self, admin_client, db):
        path = "/admin/roadmaps/roadmap/4711/insight/"
        assert admin_client.get(path).status_code == 404

    def test_only_shows(self, admin_client, path):
        assert admin_client.post(path).status_code == 405

    def test_changes_nothing(self, admin_client, path, walk):
        walk(5, "boil")
        before = list(StepProgress.objects.values())
        admin_client.get(path)
        assert list(StepProgress.objects.values()) == before


class TestWhoMaySeeIt:
    @pytest.fixture
    def open_as(self, roadmap):
        """A function that opens the page with these permissions, as staff."""

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
    def test_staff_who_may_see_the_roadmap(self, open_as, permission):
        assert open_as(permission).status_code == 200

    def test_no_staff_without_that_permission(self, open_as):
        assert open_as("view_step", "view_stepprogress").status_code == 403

    def test_no_other_person(self, signed_in, client, roadmap):
        path = f"/admin/roadmaps/roadmap/{roadmap.pk}/insight/"
        for stranger in (signed_in, client):
            assert stranger.get(path).status_code in (302, 403)
