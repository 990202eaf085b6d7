"""GET /"""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from progress.models import Completion
from roadmaps.models import Roadmap, Step
from tests.factories import RoadmapFactory, StepFactory, StepProgressFactory
from tests.html import read_html


def test_it_lists_published_roadmaps_in_their_order(client, db):
    RoadmapFactory(title="Second", position=2)
    RoadmapFactory(title="First", position=1)
    html = read_html(client.get("/"))
    assert html.index("First") < html.index("Second")


def test_it_counts_active_steps(client, db):
    roadmap = RoadmapFactory()
    StepFactory(roadmap=roadmap)
    StepFactory(roadmap=roadmap, is_retired=True)
    assert "1 step\n" in read_html(client.get("/")).replace("</p>", "\n")


def test_a_draft_is_for_staff_only(client, signed_in, user):
    RoadmapFactory(title="Half-baked", is_published=False)
    assert "Half-baked" not in read_html(client.get("/"))
    assert "Half-baked" not in read_html(signed_in.get("/"))
    user.is_staff = True
    user.save()
    html = read_html(signed_in.get("/"))
    assert "Half-baked" in html
    assert "Draft" in html


def test_an_empty_list_says_so_and_shows_editors_how_to_add_one(client, sign_in_staff):
    assert "No roadmaps have been published yet." in read_html(client.get("/"))
    link = "Create one in the admin"
    assert link in read_html(sign_in_staff("Editors").get("/"))
    assert link not in read_html(sign_in_staff("Publishers").get("/"))


class TestProgress:
    @pytest.fixture
    def html(self, backend, signed_in, user):
        for step in backend.steps.all()[:8]:
            state = "skipped" if step.slug == "caching" else "done"
            StepProgressFactory(user=user, step=step, state=state)
        RoadmapFactory(title="Untouched")
        return read_html(signed_in.get("/")).replace("&nbsp;", " ")

    def test_a_roadmap_in_progress_shows_its_total(self, html):
        assert "<b>7 of 14</b> required" in html
        assert "<b>0 of 8</b> optional" in html
        assert "1 skipped" in html

    def test_it_links_the_next_step(self, html):
        assert 'href="/roadmaps/backend-developer/hashing-algorithms/"' in html
        assert "Continue: Hashing Algorithms" in html

    def test_a_roadmap_not_started_shows_its_length(self, html):
        assert "0 steps" in html


class TestHours:
    """A roadmap says what it takes if each of its steps has an estimate."""

    def test_of_one_not_started(self, client, backend):
        backend.steps.update(hours_min=4, hours_max=6)
        assert "23 steps · about 90 to 140 hours" in read_html(client.get("/"))
        backend.steps.filter(slug="caching").update(hours_min=None, hours_max=None)
        assert "about" not in read_html(client.get("/")).partition("23 steps")[2][:100]

    def test_of_one_in_progress(self, signed_in, user, backend):
        backend.steps.update(hours_min=4, hours_max=6)
        StepProgressFactory(user=user, step=backend.steps.first())
        for path in ("/", "/progress/"):
            assert "about 90 to 130 hours left" in read_html(signed_in.get(path))


class TestCompleted:
    @pytest.fixture
    def html(self, backend, signed_in, user):
        backend.steps.update(added_at=datetime(2026, 1, 1, tzinfo=UTC))
        for step in backend.steps.filter(is_optional=False):
            StepProgressFactory(user=user, step=step)
        Completion.objects.create(
            user=user,
            roadmap=backend,
            completed_at=datetime(2026, 5, 3, 12, tzinfo=UTC),
        )
        shares = RoadmapFactory(title="Related", position=9)
        StepFactory(roadmap=shares, same_as="backend-developer/caching")
        RoadmapFactory(title="Unrelated", position=1)
        return read_html(signed_in.get("/"))

    def test_it_has_a_badge_and_no_next_step(self, html):
        assert "Completed on 3 May 2026" in html
        assert "9 optional steps remaining" in html
        assert "Continue" not in html
        assert "In progress" not in html

    def test_it_says_what_was_added_since(self, html, backend, signed_in):
        StepFactory(roadmap=backend, position=99)
        assert "1 step added since" in read_html(signed_in.get("/"))

    def test_roadmaps_that_share_steps_are_the_first_to_follow_next(self, html):
        follow_next = html[html.index("Follow next") : html.index('id="completed"')]
        assert follow_next.index("Related") < follow_next.index("Unrelated")
        assert "1 step · 1 shared with completed roadmaps" in follow_next
        assert html.count(">Related</a>") == 1


class TestOrder:
    @pytest.fixture
    def started(self, user):
        """Three roadmaps, the last of which was worked on last."""
        titles = ("Completed one", "Older", "Newer")
        for day, title in enumerate(titles, start=1):
            roadmap = RoadmapFactory(title=title)
            done, *_ = StepFactory.create_batch(3, roadmap=roadmap)
            on_day = datetime(2026, 5, day, tzinfo=UTC)
            StepProgressFactory(user=user, step=done, started_at=on_day)
            if day == 1:
                Completion.objects.create(
                    user=user, roadmap=roadmap, completed_at=on_day
                )
        RoadmapFactory(title="Untouched", position=0)
        RoadmapFactory.create_batch(3, title="Another")

    def test_in_progress_comes_first_and_the_completed_last(self, started, signed_in):
        html = read_html(signed_in.get("/"))
        titles = ("Newer", "Older", "Untouched", "Completed one")
        places = [html.index(f">{title}</a>") for title in titles]
        assert places == sorted(places)

    def test_only_the_roadmap_last_worked_on_has_a_filled_button(
        self, started, signed_in
    ):
        html = read_html(signed_in.get("/"))
        assert html.count('class="button"') == 1
        assert html.index('class="button"') < html.index('class="button quiet"')


class TestHiddenRoadmap:
    def test_it_is_named_but_not_linked_for_who_has_marks(self, cooking, user, client):
        Roadmap.objects.update(is_published=False)
        StepProgressFactory(user=user, step=cooking.steps.first())
        client.force_login(user)
        html = read_html(client.get("/"))
        assert "Cooking" in html
        assert "This roadmap is hidden for now. Your progress is safe." in html
        assert "/roadmaps/cooking/" not in html
        assert "Continue" not in html

    def test_others_see_nothing_of_it(self, cooking, signed_in, client):
        Roadmap.objects.update(is_published=False)
        for other in (signed_in, client):
            assert "Cooking" not in read_html(other.get("/"))


class TestManyRoadmaps:
    @pytest.fixture
    def sixty(self, db):
        for category in ("Music", "Art"):
            for number in range(30):
                title = f"{category} {number:02}"
                RoadmapFactory(title=title, category=category, position=number)

    def test_a_few_are_neither_grouped_nor_filtered(self, client, db):
        RoadmapFactory.create_batch(12)
        html = read_html(client.get("/"))
        assert "Things to know" not in html
        assert "Filter by word" not in html
        RoadmapFactory()
        html = read_html(client.get("/"))
        assert "Things to know" in html
        assert "Filter by word" in html

    def test_they_are_grouped_by_category(self, client, sixty):
        html = read_html(client.get("/"))
        art, music = (html.index(f">{name}</h3>") for name in ("Art", "Music"))
        assert art < html.index("Art 00") < html.index("Art 29") < music

    def test_there_are_fifty_on_a_page(self, client, sixty):
        html = read_html(client.get("/"))
        assert html.count('<li class="roadmap-entry') == 50
        assert "Page 1 of 2" in html
        assert 'rel="next" href="?page=2"' in html
        html = read_html(client.get("/?page=2"))
        assert html.count('<li class="roadmap-entry') == 10
        assert 'rel="prev" href="?page=1"' in html

    @pytest.mark.parametrize("page", ["0", "-1", "99", "x", "2²"])
    def test_an_unknown_page_is_the_nearest(self, client, sixty, page):
        assert client.get("/", {"page": page}).status_code == 200

    def test_a_filter_asks_for_every_word(self, client, sixty):
        html = read_html(client.get("/", {"q": "mUSIC 07"}))
        assert html.count('<li class="roadmap-entry') == 1
        assert ">Music 07</a>" in html
        assert "Show all roadmaps" in html

    def test_a_filter_keeps_its_words_on_the_next_page(self, client, sixty):
        RoadmapFactory.create_batch(30, category="Art")
        assert "?q=art&amp;page=2" in read_html(client.get("/?q=art"))

    def test_a_filter_that_nothing_matches_says_so(self, client, sixty):
        html = read_html(client.get("/", {"q": "<chess>"}))
        assert "No roadmaps match “&lt;chess&gt;”." in html

    def test_a_filter_also_applies_to_what_is_in_progress(self, signed_in, user, sixty):
        for title in ("Art 03", "Music 03"):
            step = StepFactory(roadmap=Roadmap.objects.get(title=title))
            StepProgressFactory(user=user, step=step)
        html = read_html(signed_in.get("/?q=music"))
        assert ">Music 03</a>" in html
        assert "Art 03" not in html

    def test_later_pages_do_not_repeat_what_is_in_progress(
        self, signed_in, user, sixty
    ):
        step = StepFactory(roadmap=Roadmap.objects.get(title="Art 03"))
        StepProgressFactory(user=user, step=step)
        assert "In progress" in read_html(signed_in.get("/"))
        assert "In progress" not in read_html(signed_in.get("/?page=2"))


class TestVisitor:
    def test_the_page_says_what_this_is_and_what_to_press(self, client, cooking):
        html = read_html(client.get("/"))
        assert "<h1>Learn a subject one step at a time</h1>" in html
        assert 'class="example" aria-hidden="true"' in html
        assert "You can read without an account." in html

    def test_a_new_person_sees_no_empty_heading(self, signed_in, cooking):
        html = read_html(signed_in.get("/"))
        assert "Choose a roadmap" in html
        for heading in ("In progress", "Completed", "Not started", "Follow next"):
            assert heading not in html


class TestQueries:
    def test_a_thousand_roadmaps_take_no_more_queries(
        self, client, signed_in, user, db, assert_max_queries
    ):
        built = RoadmapFactory.build_batch(1000)
        first, *_ = Roadmap.objects.bulk_create(built)
        StepProgressFactory(user=user, step=StepFactory(roadmap=first))
        for path in ("/", "/?page=9", "/?q=roadmap"):
            with assert_max_queries(2):
                assert client.get(path).status_code == 200
            with assert_max_queries(7):
                assert signed_in.get(path).status_code == 200

    def test_a_completed_roadmap_takes_three_more(
        self, signed_in, user, cooking, assert_max_queries
    ):
        StepProgressFactory(user=user, step=cooking.steps.first())
        completion = {"user": user, "roadmap": cooking}
        Completion.objects.create(**completion, completed_at=timezone.now())
        with assert_max_queries(10):
            signed_in.get("/")

    @pytest.mark.parametrize("steps", [23, 230])
    def test_a_visitor_takes_two(self, client, db, assert_max_queries, steps):
        built = StepFactory.build_batch(steps, roadmap=RoadmapFactory())
        Step.objects.bulk_create(built)
        with assert_max_queries(2):
            client.get("/")

    @pytest.mark.parametrize("steps", [23, 230])
    def test_a_person_takes_at_most_seven(
        self, signed_in, user, assert_max_queries, steps
    ):
        for roadmap in RoadmapFactory.create_batch(3):
            built = StepFactory.build_batch(steps, roadmap=roadmap)
            first, *_ = Step.objects.bulk_create(built)
            StepProgressFactory(user=user, step=first)
        with assert_max_queries(7):
            signed_in.get("/")


def test_a_visitors_page_sets_no_cookie_and_can_be_revalidated(backend):
    client = Client()
    response = client.get("/")
    assert not response.cookies
    assert response["Cache-Control"] == "no-cache"
    again = client.get("/", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
