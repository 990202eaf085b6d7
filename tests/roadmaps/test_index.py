"""GET /"""

import pytest
from django.test import Client

from roadmaps.models import Step
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
    assert "No roadmap is published yet." in read_html(client.get("/"))
    link = "Write one in the admin."
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
        assert "<b>7</b> of 14 required" in html
        assert "<b>0</b> of 8 optional" in html
        assert "1 skipped" in html
        assert "50 %" in html

    def test_it_links_the_next_step(self, html):
        assert "/roadmaps/backend-developer/#hashing-algorithms" in html
        assert "Continue with step 9" in html

    def test_a_roadmap_not_started_shows_its_length(self, html):
        assert "0 steps" in html


class TestQueries:
    @pytest.mark.parametrize("steps", [23, 230])
    def test_a_visitor_takes_one(self, client, db, assert_max_queries, steps):
        built = StepFactory.build_batch(steps, roadmap=RoadmapFactory())
        Step.objects.bulk_create(built)
        with assert_max_queries(1):
            client.get("/")

    @pytest.mark.parametrize("steps", [23, 230])
    def test_a_person_takes_at_most_five(
        self, signed_in, user, assert_max_queries, steps
    ):
        for roadmap in RoadmapFactory.create_batch(3):
            built = StepFactory.build_batch(steps, roadmap=roadmap)
            first, *_ = Step.objects.bulk_create(built)
            StepProgressFactory(user=user, step=first)
        with assert_max_queries(5):
            signed_in.get("/")


def test_a_visitors_page_sets_no_cookie_and_can_be_revalidated(backend):
    client = Client()
    response = client.get("/")
    assert not response.cookies
    assert response["Cache-Control"] == "no-cache"
    again = client.get("/", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
