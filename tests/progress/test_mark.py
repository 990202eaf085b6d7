"""POST /progress/<step id>/<state>/"""

from datetime import UTC, datetime

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from prometheus_client import REGISTRY

from progress.models import Completion, StepProgress
from progress.route import State
from roadmaps.models import Step
from tests.factories import (
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
)
from tests.html import read_html

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
HTMX = {**SAME_ORIGIN, "HX-Request": "true"}
MAY = datetime(2026, 5, 3, 12, tzinfo=UTC)


def address(step, state="done"):
    return reverse("progress:mark", args=[step.pk, state])


@pytest.fixture
def step(db):
    return StepFactory(title="Caching", slug="caching")


@pytest.fixture
def mark(signed_in):
    def mark(step, state="done", headers=SAME_ORIGIN, **kwargs):
        return signed_in.post(address(step, state), headers=headers, **kwargs)

    return mark


def stored(user, step):
    return StepProgress.objects.filter(user=user, step=step).first()


class TestStoredStatus:
    def test_done_has_its_date(self, mark, user, step):
        mark(step)
        row = stored(user, step)
        assert row.state == State.DONE
        assert row.done_at == row.started_at

    def test_none_leaves_no_row(self, mark, user, step):
        mark(step)
        mark(step, "none")
        assert stored(user, step) is None

    def test_leaving_done_clears_its_date_and_keeps_the_start(self, mark, user, step):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        mark(step, "learning")
        row = stored(user, step)
        assert (row.state, row.started_at, row.done_at) == ("learning", MAY, None)

    @pytest.mark.parametrize("state", State.values)
    def test_a_repeat_changes_nothing(self, mark, user, step, state):
        mark(step, state)
        before = StepProgress.objects.values().first()
        mark(step, state)
        assert StepProgress.objects.values().first() == before

    def test_progress_of_others_stays(self, mark, step):
        theirs = StepProgressFactory(step=step, started_at=MAY)
        mark(step, "skipped")
        theirs.refresh_from_db()
        assert theirs.done_at == MAY


class TestResponse:
    def test_a_plain_form_returns_to_the_step(self, mark, step):
        StepFactory(roadmap=step.roadmap)
        response = mark(step)
        assert response.status_code == 302
        assert response.url == f"{step.roadmap.get_absolute_url()}#caching"

    def test_htmx_gets_every_region_that_changed(self, mark, step):
        StepFactory(roadmap=step.roadmap)
        StepFactory(roadmap=step.roadmap, title="Another", is_optional=True)
        html = read_html(mark(step, headers=HTMX))
        assert html.count("<hx-partial") == 4
        assert html.count("<li id=") == 1
        assert "Step 1, Caching, done. 1 of 2 required." in html
        assert "<b>0 of 1</b> optional" in html
        assert "Continue: " in html
        assert "To do <span>2</span>" in html

    def test_the_page_keeps_its_filter(self, mark, step):
        shown = {"show": "done"}
        html = read_html(mark(step, headers=HTMX, data=shown))
        assert '?show=done" aria-current="true"' in html
        assert mark(step, data=shown).url.endswith("?show=done#caching")

    def test_the_row_is_the_same_as_on_the_page(self, mark, signed_in, step):
        response = read_html(mark(step, headers=HTMX))
        row = response[response.index("<li id=") : response.index("</li>")]
        page = read_html(signed_in.get(step.roadmap.get_absolute_url()))
        assert row in page

    def test_what_one_person_marks_does_not_show_for_others(
        self, mark, signed_in, client, step
    ):
        path = step.roadmap.get_absolute_url()
        client.get(path)  # caches the content that everybody shares
        mark(step)
        assert 'data-state="done"' in signed_in.get(path).text
        assert 'data-state="done"' not in client.get(path).text


class TestQueries:
    @pytest.mark.parametrize("steps", [23, 1000])
    def test_a_mark_takes_at_most_five(self, mark, step, assert_max_queries, steps):
        """The session, the person, the lock, the snapshot and the write."""
        Step.objects.bulk_create(StepFactory.build_batch(steps, roadmap=step.roadmap))
        mark(step, "learning", headers=HTMX)  # fills the cache of the content
        for state in ("done", "skipped", "none", "done", "done"):
            with assert_max_queries(5):
                mark(step, state, headers=HTMX)

    def test_a_completion_takes_one_more_and_three_for_what_to_follow_next(
        self, mark, step, assert_max_queries
    ):
        optional = StepFactory(roadmap=step.roadmap, is_optional=True)
        mark(step, "learning", headers=HTMX)
        for marked, state, queries in (
            (step, "done", 9),
            (optional, "done", 5),
            (step, "none", 6),
        ):
            with assert_max_queries(queries):
                mark(marked, state, headers=HTMX)


class TestMetric:
    def test_it_counts_marks_of_signed_in_people_without_error(
        self, mark, client, step
    ):
        def count():
            return REGISTRY.get_sample_value("cairn_ticks_total", {"state": "done"})

        mark(step)
        before = count()
        client.post(address(step), headers=SAME_ORIGIN)
        mark(step, headers={})
        assert count() == before
        mark(step)
        assert count() == before + 1


class TestRefusal:
    def test_get_is_405_and_stores_nothing(self, signed_in, step, user):
        response = signed_in.get(address(step))
        assert response.status_code == 405
        assert response["Allow"] == "POST"
        assert "All roadmaps" in read_html(response)
        assert stored(user, step) is None

    @pytest.mark.parametrize(
        "path",
        [
            "/progress/1/finished/",
            "/progress/1/DONE/",
            "/progress/999999/done/",
            "/progress/3000000000/done/",
            "/progress/3000000000/none/",
            "/progress/999999999999999999/done/",
            "/progress/99999999999999999999/done/",
            "/progress/-1/done/",
            "/progress/one/done/",
        ],
    )
    def test_an_unknown_step_or_state_is_404(self, signed_in, path):
        assert signed_in.post(path, headers=SAME_ORIGIN).status_code == 404

    def test_a_retired_step_is_404_and_keeps_its_status(self, mark, user, step):
        StepProgressFactory(user=user, step=step)
        Step.objects.update(is_retired=True)
        assert mark(step, "none").status_code == 404
        assert stored(user, step).state == State.DONE

    def test_a_draft_is_404_except_for_staff(self, mark, user):
        draft = StepFactory(roadmap=RoadmapFactory(is_published=False))
        assert mark(draft).status_code == 404
        user.is_staff = True
        user.save()
        assert mark(draft).status_code == 302

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
            {"Origin": "https://evil.example"},
            {"Origin": "https://testserver"},
            {"Origin": "null"},
        ],
    )
    def test_a_foreign_or_missing_origin_is_403(self, mark, user, step, headers):
        response = mark(step, headers=headers)
        assert response.status_code == 403
        assert "All roadmaps" in read_html(response)
        assert stored(user, step) is None

    def test_an_old_browser_may_send_its_origin_instead(self, mark, user, step):
        mark(step, headers={"Origin": "http://testserver"})
        assert stored(user, step).state == State.DONE

    def test_no_csrf_token_is_needed(self, user, step):
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        assert client.post(address(step), headers=SAME_ORIGIN).status_code == 302

    def test_a_lost_database_is_503_with_a_retry(self, signed_in, step, monkeypatch):
        def fail(*args, **kwargs):
            raise OperationalError("the connection is lost")

        monkeypatch.setattr(StepProgress.objects, "mark", fail)
        signed_in.raise_request_exception = False
        response = signed_in.post(address(step), headers=SAME_ORIGIN)
        assert response.status_code == 503
        assert response["Retry-After"] == "5"
        assert "Temporarily unavailable" in read_html(response)


class TestCompletion:
    """Its rules are tested in test_route.py."""

    @pytest.fixture
    def steps(self, step):
        roadmap = step.roadmap
        optional = StepFactory(roadmap=roadmap, is_optional=True)
        return [step, StepFactory(roadmap=roadmap), optional]

    def completed_at(self, user):
        return Completion.objects.values_list("completed_at", flat=True).first()

    def test_the_last_required_step_writes_it(self, mark, user, steps):
        mark(steps[0])
        assert self.completed_at(user) is None
        mark(steps[1])
        assert self.completed_at(user) == stored(user, steps[1]).done_at

    def test_unticking_a_required_step_removes_it(self, mark, user, steps):
        mark(steps[0])
        mark(steps[1])
        mark(steps[0], "learning")
        assert self.completed_at(user) is None

    def test_skipping_a_step_and_then_opening_it_removes_it(self, mark, user, steps):
        mark(steps[0])
        mark(steps[1])
        mark(steps[1], "skipped")
        assert self.completed_at(user)
        mark(steps[1], "none")
        assert self.completed_at(user) is None

    def test_an_edit_never_removes_it(self, mark, signed_in, user, steps):
        mark(steps[0])
        mark(steps[1])
        first = self.completed_at(user)
        added = StepFactory(roadmap=steps[0].roadmap)
        mark(added, "learning")
        assert self.completed_at(user) == first
        page = read_html(signed_in.get(steps[0].roadmap.get_absolute_url()))
        assert "Completed on" in page
        assert "1 step added since" in page
        mark(added)
        assert self.completed_at(user) == first

    def test_only_the_mark_that_completes_it_celebrates(self, mark, signed_in, steps):
        mark(steps[0])
        html = read_html(mark(steps[1], headers=HTMX))
        assert 'class="completion just"' in html
        assert "required. Roadmap completed." in html
        later = read_html(mark(steps[2], headers=HTMX))
        assert 'class="completion"' in later

    def test_without_javascript_the_page_celebrates(self, mark, signed_in, steps):
        mark(steps[0])
        url = mark(steps[1]).url
        assert url.endswith(f"?completed=1#{steps[1].slug}")
        assert 'class="completion just"' in read_html(signed_in.get(url))

    def test_the_page_shows_it_later_and_links_what_is_left(
        self, mark, signed_in, steps
    ):
        mark(steps[0])
        mark(steps[1])
        html = read_html(signed_in.get(steps[0].roadmap.get_absolute_url()))
        assert 'class="completion"' in html
        assert f'<a href="#{steps[2].slug}">{steps[2].title}</a>' in html


class TestUndo:
    @pytest.fixture
    def step(self, user, step):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        return step

    def undo_url(self, response):
        html = read_html(response)
        start = html.index('class="offer"')
        return html[start:].split('formaction="', 1)[1].split('"', 1)[0]

    def test_unticking_offers_to_restore_the_dates(self, mark, signed_in, user, step):
        response = mark(step, "none", headers=HTMX)
        assert "You marked this done on 3 May 2026." in read_html(response)
        signed_in.post(self.undo_url(response), headers=HTMX)
        row = stored(user, step)
        assert (row.state, row.started_at, row.done_at) == (State.DONE, MAY, MAY)

    def test_it_works_without_javascript(self, mark, signed_in, user, step):
        page_url = mark(step, "none").url
        assert page_url.endswith("#caching")
        page = signed_in.get(page_url)
        assert "You marked this done on 3 May 2026." in read_html(page)
        signed_in.post(self.undo_url(page), headers=SAME_ORIGIN)
        assert stored(user, step).done_at == MAY
        assert 'class="offer"' not in read_html(signed_in.get(page_url))

    @pytest.mark.parametrize("is_edited", [False, True])
    def test_it_restores_a_completion_with_its_date(
        self, mark, signed_in, user, step, is_edited
    ):
        Completion.objects.create(user=user, roadmap=step.roadmap, completed_at=MAY)
        if is_edited:
            StepFactory(roadmap=step.roadmap)
        response = mark(step, "none", headers=HTMX)
        assert not Completion.objects.exists()
        signed_in.post(self.undo_url(response), headers=HTMX)
        assert Completion.objects.get().completed_at == MAY

    @pytest.mark.parametrize("state", ["done", "skipped"])
    def test_it_leaves_a_completion_that_the_mark_left(
        self, mark, signed_in, user, step, state
    ):
        """An edit has added steps since the person completed the roadmap."""
        added = StepFactory(roadmap=step.roadmap)
        StepFactory(roadmap=step.roadmap)
        StepProgressFactory(user=user, step=added, state=State.LEARNING)
        Completion.objects.create(user=user, roadmap=step.roadmap, completed_at=MAY)
        response = mark(added, state, headers=HTMX)
        signed_in.post(self.undo_url(response), headers=HTMX)
        assert stored(user, added).state == State.LEARNING
        assert Completion.objects.get().completed_at == MAY

    def test_ticking_again_is_an_undo_while_one_is_offered(
        self, mark, signed_in, user, step
    ):
        html = read_html(mark(step, "none", headers=HTMX))
        station = html.split('class="station" formaction="')[1].split('"')[0]
        signed_in.post(station, headers=HTMX)
        assert stored(user, step).done_at == MAY

    def test_the_offer_stays_when_a_plain_form_marks_another_step(
        self, mark, signed_in, step
    ):
        other = StepFactory(roadmap=step.roadmap)
        page = read_html(signed_in.get(mark(step, "none").url))
        token = page.split('name="undo" value="')[1].split('"')[0]
        page_url = mark(other, data={"undo": token}).url
        assert "You marked this done on 3 May 2026." in read_html(
            signed_in.get(page_url)
        )

    def test_the_offer_stays_when_the_page_refreshes_itself(
        self, mark, signed_in, step
    ):
        html = read_html(mark(step, "none", headers=HTMX))
        token = html.split('name="undo" value="')[1].split('"')[0]
        path = step.roadmap.get_absolute_url()
        refreshed = signed_in.get(path, {"undo": token}, headers=HTMX)
        assert "You marked this done on 3 May 2026." in read_html(refreshed)

    def test_a_first_mark_offers_nothing(self, mark, step):
        other = StepFactory(roadmap=step.roadmap)
        assert 'class="offer"' not in read_html(mark(other, headers=HTMX))

    @pytest.mark.parametrize("token", ["nonsense", "a:b:c", "\x00", "ü" * 50])
    def test_an_invalid_token_is_400(self, mark, user, step, token):
        response = mark(step, "none", query_params={"undo": token})
        assert response.status_code == 400
        assert "All roadmaps" in read_html(response)
        assert stored(user, step).done_at == MAY

    def test_a_token_of_another_person_is_400(self, mark, step):
        stranger = UserFactory()
        StepProgressFactory(user=stranger, step=step, started_at=MAY)
        client = Client()
        client.force_login(stranger)
        response = client.post(address(step, "none"), headers=HTMX)
        token = self.undo_url(response).split("undo=")[1]
        assert mark(step, query_params={"undo": token}).status_code == 400

    def test_a_token_for_another_state_is_400(self, mark, signed_in, step):
        url = self.undo_url(mark(step, "none", headers=HTMX))
        other = url.replace("/done/", "/skipped/")
        assert signed_in.post(other, headers=HTMX).status_code == 400
