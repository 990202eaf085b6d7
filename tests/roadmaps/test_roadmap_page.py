"""GET /roadmaps/<roadmap>/"""

import html
import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from progress.models import Completion
from roadmaps.models import Step
from tests.factories import (
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
)
from tests.html import read_html

PATH = "/roadmaps/backend-developer/"

OPTIONAL = [
    "Caching",
    "CI/CD",
    "Web Servers",
    "Search Engines",
    "Message Brokers",
    "Real-Time Communication",
    "NoSQL Databases",
    "Observability",
    "Basic Infrastructure Knowledge",
]


def visible_lines(response):
    """The visible text of the page, line by line."""
    text = re.sub(
        r"<(head|script|style)\b.*?</\1>", "", response.content.decode(), flags=re.S
    )
    lines = html.unescape(re.sub(r"<[^>]+>", "\n", text)).splitlines()
    return [line.strip() for line in lines if line.strip()]


def rows(response):
    return re.findall(r'<li id="(.+?)</li>', read_html(response), re.S)


@pytest.fixture
def backend_page(client, backend):
    return client.get(PATH)


class TestBackendRoadmap:
    """Everything on the first roadmap's page, in order."""

    def test_its_head(self, backend_page):
        text = visible_lines(backend_page)
        head = [
            "All roadmaps",
            "⚙️",
            "Backend Development",
            "Backend Developer Roadmap",
            "Complete backend development roadmap covering APIs, databases, security,"
            " scalability, DevOps, architecture, and distributed systems.",
            "23 steps in this roadmap",
        ]
        places = [text.index(line) for line in head]
        assert places == sorted(places)

    def test_its_steps(self, backend_page, backend):
        shown = [
            (
                int(re.search(r'class="ring"[^>]*>(\d+)<', row)[1]),
                html.unescape(re.search("<h2><a[^>]+>(.+?)</a>", row)[1]),
                html.unescape(re.search("<p>(.+?)</p>", row)[1]),
            )
            for row in rows(backend_page)
        ]
        assert [number for number, _, _ in shown] == list(range(1, 24))
        assert [title for _, title, _ in shown][:3] == [
            "Internet Fundamentals",
            "Choose a Backend Language",
            "Version Control Systems",
        ]
        assert shown == [
            (number, step.title, step.summary)
            for number, step in enumerate(backend.steps.all(), start=1)
        ]

    def test_exactly_nine_steps_are_tagged_optional(self, backend_page):
        marked = [row for row in rows(backend_page) if ">Optional<" in row]
        titles = [
            html.unescape(re.search("<h2><a[^>]+>(.+?)</a>", row)[1]) for row in marked
        ]
        assert titles == OPTIONAL

    def test_it_ends_with_an_invitation_to_sign_in(self, backend_page):
        text = visible_lines(backend_page)
        invitation = text.index("Sign in to track your progress through this roadmap")
        assert text[invitation + 1] == "Login to track progress"
        assert invitation > text.index("Basic Infrastructure Knowledge")
        assert f'href="/accounts/login/?next={PATH.replace("/", "%2F")}"' in (
            read_html(backend_page)
        )


class TestVisitor:
    def test_gets_no_cookie_no_token_and_one_script(self, backend_page):
        assert not backend_page.cookies
        scripts = re.findall(rb"<script.*?>", backend_page.content)
        assert scripts == [b'<script src="/static/js/search-dialog.js" defer>']
        assert b"csrf" not in backend_page.content

    def test_gets_the_same_bytes_as_every_visitor(self, backend_page, backend):
        assert Client().get(PATH).content == backend_page.content

    def test_gets_the_same_list_as_a_new_user(self, backend_page, signed_in):
        def route(response):
            return re.search("<form id=.roadmap_route.*?</form>", read_html(response))[
                0
            ]

        assert route(signed_in.get(PATH)) == route(backend_page)

    def test_can_revalidate_the_page(self, client, backend_page):
        assert backend_page["Cache-Control"] == "no-cache"
        assert "Cookie" in backend_page["Vary"]
        again = {"If-None-Match": backend_page["ETag"]}
        assert client.get(PATH, headers=again).status_code == 304
        Step.objects.update(title="Changed")
        assert client.get(PATH, headers=again).status_code == 200


class TestPerson:
    def test_sees_each_step_in_its_state(self, signed_in, user, backend):
        may = datetime(2025, 5, 3, tzinfo=UTC)
        states = ["done", "learning", "skipped"]
        for step, state in zip(backend.steps.all(), states, strict=False):
            StepProgressFactory(user=user, step=step, state=state, started_at=may)
        shown = rows(signed_in.get(PATH))
        assert "Internet Fundamentals, step 1. Done. Undo" in shown[0]
        assert ">3 May 2025<" in shown[0]
        assert "In progress" in shown[1]
        assert "Skipped" in shown[2]
        assert "Relational Databases, step 4. Not started. Mark done" in shown[3]

    def test_sees_no_progress_of_others(self, signed_in, backend):
        StepProgressFactory(user=UserFactory(), step=backend.steps.first())
        page = signed_in.get(PATH)
        assert "<b>0 of 14</b> required" in read_html(page)
        assert 'data-state="done"' not in read_html(page)

    def test_is_led_to_the_next_step_by_its_name(self, signed_in, user, backend):
        assert "Start: Internet Fundamentals" in read_html(signed_in.get(PATH))
        StepProgressFactory(user=user, step=backend.steps.first())
        page = read_html(signed_in.get(PATH))
        assert "Continue: Choose a Backend Language" in page

    def test_gets_links_to_the_optional_steps_that_remain(
        self, signed_in, user, backend
    ):
        for step in backend.steps.exclude(title__in=["CI/CD", "Caching"]):
            StepProgressFactory(user=user, step=step)
        page = read_html(signed_in.get(PATH))
        assert "2 optional steps remaining" in page
        assert '<a href="#ci-cd">CI/CD</a>' in page

    def test_is_offered_roadmaps_that_share_steps_after_a_completed_one(
        self, signed_in, user, backend, cooking
    ):
        cooking.steps.filter(slug="fry").update(same_as="backend-developer/caching")
        first, *others = backend.steps.all()
        Step.objects.filter(pk__in=[step.pk for step in others]).update(
            is_optional=True
        )
        assert "What to follow next" not in read_html(signed_in.get(PATH))
        StepProgressFactory(user=user, step=first)
        page = read_html(signed_in.get(PATH))
        assert '<a href="/roadmaps/cooking/">Cooking</a>' in page
        assert "1 step in common" in page

    def test_sees_when_they_completed_it(self, signed_in, user, backend):
        Completion.objects.create(
            user=user, roadmap=backend, completed_at=datetime(2026, 5, 3, tzinfo=UTC)
        )
        assert "Completed on 3 May 2026" in read_html(signed_in.get(PATH))

    def test_sees_a_retired_step_that_they_did(self, signed_in, client, user, backend):
        step = backend.steps.get(slug="caching")
        StepProgressFactory(user=user, step=step)
        Step.objects.filter(slug__in=["caching", "testing"]).update(is_retired=True)
        theirs = visible_lines(signed_in.get(PATH))
        retired = theirs.index("Completed steps no longer in this roadmap")
        assert theirs[retired + 1] == "Caching"
        assert "Testing" not in theirs
        assert "21 steps in this roadmap" in theirs
        assert "Caching" not in visible_lines(client.get(PATH))

    def test_the_page_is_not_cached(self, signed_in, backend):
        page = signed_in.get(PATH)
        assert page["Cache-Control"] == "no-store"
        assert "ETag" not in page

    def test_a_refresh_returns_only_what_can_have_changed(self, signed_in, backend):
        part = read_html(signed_in.get(PATH, headers={"HX-Request": "true"}))
        assert part.count("<hx-partial") == 4
        assert part.count("<li id=") == 23
        assert "<html" not in part

    def test_a_refresh_after_signing_out_reloads_the_page(self, client, backend):
        response = client.get(PATH, headers={"HX-Request": "true"})
        assert response["HX-Refresh"] == "true"

    @pytest.mark.parametrize("token", ["", "nonsense", "a:b:c"])
    def test_an_invalid_undo_token_is_ignored(self, signed_in, backend, token):
        page = signed_in.get(PATH, query_params={"undo": token})
        assert page.status_code == 200


class TestChangeBadge:
    """Its rules are tested in tests/progress/test_route.py."""

    @pytest.fixture
    def step(self, backend):
        return backend.steps.get(slug="caching")

    def test_a_step_added_after_they_started_is_new(self, signed_in, user, backend):
        StepProgressFactory(user=user, step=backend.steps.first())
        StepFactory(roadmap=backend, slug="added", position=99)
        shown = rows(signed_in.get(PATH))
        assert [">New<" in row for row in shown] == [False] * 23 + [True]

    def test_nothing_is_new_for_visitors_and_new_users(
        self, client, signed_in, backend
    ):
        StepFactory(roadmap=backend, slug="added", position=99)
        for either in (client, signed_in):
            assert ">New<" not in read_html(either.get(PATH))

    @pytest.mark.parametrize(("day", "changed"), [(4, True), (2, False)])
    def test_a_step_revised_after_they_did_it_says_so(
        self, signed_in, user, step, day, changed
    ):
        ticked = datetime(2026, 5, 3, tzinfo=UTC)
        StepProgressFactory(user=user, step=step, started_at=ticked)
        step.revised_at = datetime(2026, 5, day, tzinfo=UTC)
        step.save()
        for path in (PATH, step.get_absolute_url()):
            html_ = read_html(signed_in.get(path))
            assert ("Changed since you did it" in html_) == changed


class TestFilters:
    @pytest.mark.parametrize(
        "show", ["remaining", "required", "optional", "learning", "done"]
    )
    def test_the_address_selects_the_filter(self, signed_in, backend, show):
        html_ = read_html(signed_in.get(PATH, query_params={"show": show}))
        assert f'data-show="{show}"' in html_
        assert f'href="{PATH}?show={show}" aria-current="true"' in html_

    @pytest.mark.parametrize("show", ["", "nonsense", '"><script>'])
    def test_anything_else_shows_all(self, signed_in, backend, show):
        html_ = read_html(signed_in.get(PATH, query_params={"show": show}))
        assert "data-show" not in html_
        assert f'href="{PATH}" aria-current="true"' in html_

    def test_each_says_how_many_steps_it_shows(self, client, user_with_progress):
        client.force_login(user_with_progress)
        html_ = read_html(client.get(PATH))
        filters = re.findall(
            r'<a href="[^"#]*"[^>]*>([\w ]+) <span>(\d+)</span>', html_
        )
        assert filters == [
            ("All", "23"),
            ("To do", "20"),
            ("Required", "14"),
            ("Optional", "9"),
            ("In progress", "1"),
            ("Done", "2"),
        ]

    def test_a_visitor_gets_none(self, backend_page):
        assert "?show=" not in read_html(backend_page)


class TestQueries:
    @pytest.fixture(params=[23, 1000])
    def path(self, request, db):
        roadmap = RoadmapFactory()
        Step.objects.bulk_create(
            StepFactory.build_batch(request.param, roadmap=roadmap)
        )
        return roadmap.get_absolute_url()

    def test_a_visitor_takes_one_and_the_first_two_more(
        self, client, path, assert_max_queries
    ):
        with assert_max_queries(3):
            client.get(path)
        with assert_max_queries(1):
            client.get(path)

    def test_a_person_takes_at_most_four(self, signed_in, path, assert_max_queries):
        with assert_max_queries(6):
            signed_in.get(path)
        with assert_max_queries(4):
            signed_in.get(path)

    def test_marks_on_another_roadmap_take_one_more(
        self, signed_in, user, path, assert_max_queries
    ):
        StepProgressFactory(user=user)
        signed_in.get(path)
        with assert_max_queries(5):
            signed_in.get(path)


class TestEditLink:
    def test_is_for_those_who_may_change_roadmaps(
        self, sign_in_staff, admin_client, backend
    ):
        link = f'<a href="/admin/roadmaps/roadmap/{backend.pk}/change/">Edit roadmap'
        for group in ("Editors", "Publishers"):
            assert link in read_html(sign_in_staff(group).get(PATH))
        assert link in read_html(admin_client.get(PATH))

    def test_nobody_else_has_it(self, client, signed_in, sign_in_staff, backend):
        for other in (client, signed_in, sign_in_staff()):
            assert "Edit roadmap" not in read_html(other.get(PATH))

    def test_only_staff_who_are_no_superusers_need_two_queries_for_it(
        self, sign_in_staff, admin_client, backend, assert_max_queries
    ):
        for client, count in ((sign_in_staff("Editors"), 6), (admin_client, 4)):
            client.get(PATH)
            with assert_max_queries(count):
                client.get(PATH)


class TestNotFound:
    @pytest.mark.parametrize("slug", ["nope", "Backend-Developer", "a" * 3000])
    def test_an_unknown_roadmap_is_404(self, client, backend, slug):
        assert client.get(f"/roadmaps/{slug}/").status_code == 404

    def test_a_draft_is_404_except_for_staff(self, client, signed_in, user, backend):
        backend.is_published = False
        backend.save()
        assert client.get(PATH).status_code == 404
        assert signed_in.get(PATH).status_code == 404
        user.is_staff = True
        user.save()
        page = read_html(signed_in.get(PATH))
        assert "Draft" in page
        assert '<meta name="robots" content="noindex">' in page

    def test_a_post_is_405(self, client, backend):
        assert client.post(PATH).status_code == 405

    def test_a_roadmap_without_steps_is_a_page(self, client, db):
        roadmap = RoadmapFactory()
        page = client.get(roadmap.get_absolute_url())
        assert "0 steps in this roadmap" in visible_lines(page)
