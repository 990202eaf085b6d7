"""GET /roadmaps/<roadmap>/<step>/"""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from progress.models import StepProgress
from progress.route import State
from roadmaps.models import Resource
from tests.factories import RoadmapFactory, StepFactory, StepProgressFactory
from tests.html import read_html
from tests.progress.test_mark import HTMX, SAME_ORIGIN, address

PATH = "/roadmaps/backend-developer/caching/"
STATE_REGIONS = [
    "#step_side",
    "#step_finish",
    "#step_bar",
    "#step_place",
    "#step_facts",
]
MAY = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.fixture
def step(backend):
    return backend.steps.get(slug="caching")


def html(client, path=PATH, **kwargs):
    return read_html(client.get(path, **kwargs)).replace("&nbsp;", " ")


class TestContent:
    def test_shows_what_to_learn(self, client, step):
        page = html(client)
        assert "<h1>Caching</h1>" in page
        assert step.summary in page
        assert ">What to learn</h2>" in page
        assert "Step 7 of 23" in page
        assert "Optional" in page

    def test_lists_the_resources_with_kind_and_host(self, client, step):
        step.resources.all().delete()
        Resource.objects.create(
            step=step,
            title="HTTP Caching",
            url="https://www.example.org/a",
            kind="docs",
        )
        page = html(client)
        assert 'href="https://www.example.org/a"' in page
        assert "Documentation · example.org" in page
        assert "(external site)" in page

    def test_links_the_previous_and_the_next_step(self, client, step):
        page = html(client)
        assert 'rel="prev" href="/roadmaps/backend-developer/learn-about-apis/"' in page
        assert 'rel="next" href="/roadmaps/backend-developer/web-security/"' in page

    def test_the_first_and_the_last_step_have_one_link_less(self, client, backend):
        first, *_, last = backend.steps.all()
        assert 'rel="prev"' not in html(client, first.get_absolute_url())
        assert 'rel="next"' not in html(client, last.get_absolute_url())

    def test_the_roadmap_links_it(self, client, step):
        assert f'<a href="{PATH}">Caching</a>' in html(
            client, "/roadmaps/backend-developer/"
        )


class TestVisitor:
    def test_gets_the_same_bytes_as_every_visitor_and_no_cookie(self, client, step):
        response = client.get(PATH)
        assert not response.cookies
        assert response.content == Client().get(PATH).content
        assert b"csrf" not in response.content

    def test_is_sent_to_sign_in_and_back(self, client, step):
        response = client.post(address(step), {"at": "step"}, headers=SAME_ORIGIN)
        assert response.url.endswith(
            "?next=%2Froadmaps%2Fbackend-developer%2Fcaching%2F"
        )


class TestPerson:
    def test_sees_their_status(self, signed_in, user, step):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        page = html(signed_in)
        assert page.count("Done on <time") == 3  # one of them is for paper
        assert page.count('aria-pressed="true"') == 1  # the theme
        assert "3 May 2026" in page
        assert "<b>1 of 9</b> optional" in page

    @pytest.mark.parametrize("state", ["none", "learning", "skipped"])
    def test_sees_the_state_of_a_step_that_is_not_done(
        self, signed_in, user, step, state
    ):
        StepProgress.objects.mark(user, step.pk, state)
        page = html(signed_in)
        pressed = re.findall('id="side_([a-z]+)"[^>]*aria-pressed="true"', page)
        assert pressed == [state]
        assert page.count(">Mark done</button>") == 3
        assert ("In progress since" in page) is (state == "learning")

    @pytest.mark.parametrize("state", State.values)
    def test_marks_it_and_stays_on_the_page(self, signed_in, user, step, state):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        response = signed_in.post(
            address(step, state), {"at": "step"}, headers=SAME_ORIGIN
        )
        assert response.url.split("?")[0] == PATH
        row = StepProgress.objects.first()
        assert (row.state if row else "none") == state

    def test_is_offered_to_undo_with_the_date(self, signed_in, user, step):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        response = signed_in.post(
            address(step, "none"), {"at": "step"}, headers=SAME_ORIGIN
        )
        assert "You marked this done on 3 May 2026." in html(signed_in, response.url)

    def test_undoes_done_with_one_button(self, signed_in, user, step):
        StepProgressFactory(user=user, step=step, state="learning", started_at=MAY)
        response = signed_in.post(address(step), {"at": "step"}, headers=SAME_ORIGIN)
        page = html(signed_in, response.url)
        assert "This was in progress." not in page
        undo_urls = set(re.findall('_undo"[^>]*formaction="(.*?)"', page))
        (undo_url,) = undo_urls
        signed_in.post(undo_url, {"at": "step"}, headers=SAME_ORIGIN)
        row = StepProgress.objects.get()
        assert (row.state, row.started_at) == ("learning", MAY)

    def test_is_offered_to_undo_on_a_revised_step(self, signed_in, user, step):
        StepProgressFactory(user=user, step=step, state="learning", started_at=MAY)
        step.revised_at = MAY
        step.save()
        response = signed_in.post(
            address(step, "none"), {"at": "step"}, headers=SAME_ORIGIN
        )
        assert "This was in progress." in html(signed_in, response.url)

    def test_gets_only_what_the_mark_changed(self, signed_in, step):
        response = signed_in.post(address(step), {"at": "step"}, headers=HTMX)
        part = read_html(response)
        targets = re.findall('hx-target="([^"]*)"', part)
        assert targets == [*STATE_REGIONS, "#page_said"]
        assert "Step 7, Caching, done. 1 of 9 optional." in part

    def test_refreshes_only_what_can_have_changed(self, signed_in, step):
        part = html(signed_in, headers=HTMX)
        targets = re.findall('hx-target="([^"]*)"', part)
        assert targets[:-2] == STATE_REGIONS
        assert targets[-2] == "#step_note"
        assert "<html" not in part

    def test_takes_at_most_seven_queries(self, signed_in, step, assert_max_queries):
        signed_in.get(PATH)
        with assert_max_queries(7):
            signed_in.get(PATH)


def finish(page):
    """The text of the panel where the step ends, without tags."""
    panel = re.search('<form id="step_finish".*?</form>', page, re.DOTALL)[0]
    return " ".join(re.sub("<.*?>", " ", panel).split())


class TestFinish:
    """The panel where the step ends."""

    def mark(self, client, step, **kwargs):
        data = {"at": "finish"}
        return client.post(address(step), data, **kwargs)

    def test_offers_to_mark_the_step_done_and_to_go_on(self, client, signed_in, step):
        for each in (client, signed_in):
            text = finish(html(each))
            assert text == "Finished this step? Mark done Next: Web Security →"

    def test_the_last_step_has_no_next_one(self, client, backend):
        last = backend.steps.last()
        assert "Next" not in finish(html(client, last.get_absolute_url()))

    def test_offers_the_step_to_do_next_once_the_step_is_done(
        self, signed_in, user, backend, step
    ):
        part = read_html(self.mark(signed_in, step, headers=HTMX))
        assert "Continue: Internet Fundamentals" in finish(part)
        assert "Next: Web Security" in finish(part)
        for before in backend.steps.all()[:6]:
            StepProgress.objects.mark(user, before.pk, "done")
        text = finish(html(signed_in))
        assert text.endswith("Undo Next: Web Security →")
        assert "Continue" not in text

    def test_comes_back_to_the_panel_without_javascript(self, client, signed_in, step):
        response = self.mark(signed_in, step, headers=SAME_ORIGIN)
        assert response.url == f"{PATH}#step_finish"
        response = self.mark(client, step, headers=SAME_ORIGIN)
        assert response.url.endswith("caching%2F%23step_finish")

    def test_the_last_required_step_completes_the_roadmap(
        self, signed_in, user, backend
    ):
        *others, last = backend.steps.filter(is_optional=False)
        for other in others:
            StepProgress.objects.mark(user, other.pk, "done")
        part = read_html(self.mark(signed_in, last, headers=HTMX))
        assert "Roadmap completed You completed Backend Developer" in finish(part)
        assert "Choose what to learn next" in finish(part)
        assert part.count(f'href="{backend.get_absolute_url()}#roadmap_completion') == 2
        assert 'class="completed just"' in part
        page = html(signed_in, last.get_absolute_url())
        assert "Roadmap completed" in finish(page)
        assert "completed just" not in page
        assert "Roadmap completed" not in finish(html(signed_in))  # it is still open

    def test_there_is_always_a_way_on(self, signed_in, user, db):
        step = StepFactory(is_optional=True)
        StepProgressFactory(user=user, step=step)
        page = html(signed_in, step.get_absolute_url())
        assert "Back to the roadmap" in finish(page)


class TestEditLink:
    LINK = "Edit step</a>"

    def test_is_for_those_who_may_change_steps(self, sign_in_staff, admin_client, step):
        for client in (sign_in_staff("Editors"), admin_client):
            page = html(client)
            assert f'<a href="/admin/roadmaps/step/{step.pk}/change/">Edit' in page
            assert self.LINK not in html(client, headers=HTMX)

    def test_nobody_else_has_it(self, client, signed_in, sign_in_staff, step):
        for other in (client, signed_in, sign_in_staff(), sign_in_staff("Publishers")):
            assert self.LINK not in html(other)

    def test_only_staff_who_are_no_superusers_need_two_queries_for_it(
        self, sign_in_staff, admin_client, step, assert_max_queries
    ):
        for client, count in ((sign_in_staff("Editors"), 9), (admin_client, 7)):
            client.get(PATH)
            with assert_max_queries(count):
                client.get(PATH)


class TestNotFound:
    @pytest.mark.parametrize("slug", ["nope", "Caching", "a" * 3000])
    def test_an_unknown_step_is_404(self, client, backend, slug):
        assert client.get(f"/roadmaps/backend-developer/{slug}/").status_code == 404

    def test_a_step_of_another_roadmap_is_404(self, client, backend):
        other = StepFactory(slug="elsewhere")
        path = f"/roadmaps/{backend.slug}/{other.slug}/"
        assert client.get(path).status_code == 404

    def test_a_retired_step_is_404(self, client, step):
        step.is_retired = True
        step.save()
        assert client.get(PATH).status_code == 404

    def test_a_draft_is_404(self, client, db):
        draft = StepFactory(roadmap=RoadmapFactory(is_published=False))
        assert client.get(draft.get_absolute_url()).status_code == 404
