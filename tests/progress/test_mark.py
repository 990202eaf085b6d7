"""POST /progress/<step id>/<state>/"""

from datetime import UTC, datetime

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from progress.models import Completion, StepProgress
from progress.route import State
from roadmaps.models import Step
from tests.factories import (
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
)

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
HTMX = {**SAME_ORIGIN, "HX-Request": "true"}
MAY = datetime(2026, 5, 3, 12, tzinfo=UTC)


def address(step, state="done"):
    return reverse("progress:mark", args=[step.pk, state])


@pytest.fixture
def step(db):
    return StepFactory(title="Caching", slug="caching")


@pytest.fixture
def press(signed_in):
    def press(step, state="done", headers=SAME_ORIGIN, **kwargs):
        return signed_in.post(address(step, state), headers=headers, **kwargs)

    return press


def stored(user, step):
    return StepProgress.objects.filter(user=user, step=step).first()


class TestTheOutcome:
    def test_done_is_stored_with_its_date(self, press, user, step):
        press(step)
        row = stored(user, step)
        assert row.state == State.DONE
        assert row.done_at == row.started_at

    @pytest.mark.parametrize("state", ["learning", "skipped"])
    def test_the_other_states_have_no_date_of_being_done(
        self, press, user, step, state
    ):
        press(step, state)
        row = stored(user, step)
        assert (row.state, row.done_at) == (state, None)

    def test_none_leaves_no_row(self, press, user, step):
        press(step)
        press(step, "none")
        assert stored(user, step) is None

    @pytest.mark.parametrize("state", State.values)
    def test_a_repeat_changes_nothing(self, press, user, step, state):
        press(step, state)
        before = StepProgress.objects.values().first()
        press(step, state)
        assert StepProgress.objects.values().first() == before

    def test_a_repeat_keeps_the_date(self, press, user, step):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        press(step)
        assert stored(user, step).done_at == MAY

    def test_leaving_done_clears_its_date_and_keeps_the_start(self, press, user, step):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        press(step, "learning")
        row = stored(user, step)
        assert (row.started_at, row.done_at) == (MAY, None)

    def test_it_is_nobody_elses(self, press, user, step):
        theirs = StepProgressFactory(step=step, started_at=MAY)
        press(step, "skipped")
        theirs.refresh_from_db()
        assert theirs.done_at == MAY


class TestTheAnswer:
    def test_a_plain_form_lands_on_the_step(self, press, step):
        response = press(step)
        assert response.status_code == 302
        assert response.url == f"{step.roadmap.get_absolute_url()}#caching"

    def test_htmx_gets_the_row_the_total_and_what_to_say(self, press, step):
        StepFactory(roadmap=step.roadmap)
        StepFactory(roadmap=step.roadmap, title="Another", is_optional=True)
        response = press(step, headers=HTMX)
        html = response.content.decode()
        assert html.count("<hx-partial") == 3
        assert html.count("<li id=") == 1
        assert "Step 1, Caching, done. 1 of 2 required." in html
        assert "Another" in html  # in the list of what is left
        assert "<b>0</b> of 1 optional" in html

    def test_the_row_is_the_same_bytes_as_on_the_page(self, press, signed_in, step):
        answer = press(step, headers=HTMX).content.decode()
        row = answer[answer.index("<li id=") : answer.index("</li>")]
        page = signed_in.get(step.roadmap.get_absolute_url()).content.decode()
        assert row in page

    @pytest.mark.parametrize("steps", [23, 1000])
    def test_it_takes_at_most_five_queries(self, press, step, at_most, steps):
        """The session, the person, the lock, the snapshot and the write."""
        Step.objects.bulk_create(StepFactory.build_batch(steps, roadmap=step.roadmap))
        press(step, "learning", headers=HTMX)  # fills the cache of the content
        for state in ("done", "skipped", "none", "done", "done"):
            with at_most(5):
                press(step, state, headers=HTMX)

    def test_a_completion_takes_one_query_more(self, press, step, at_most):
        press(step, "learning", headers=HTMX)
        for state in ("done", "none"):
            with at_most(6):
                press(step, state, headers=HTMX)


class TestWhoIsRefused:
    def test_get_does_nothing_and_says_405_on_a_page(self, signed_in, step, user):
        response = signed_in.get(address(step))
        assert response.status_code == 405
        assert response["Allow"] == "POST"
        assert "All roadmaps" in response.content.decode()
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

    def test_a_retired_step_is_404_and_keeps_what_is_stored(self, press, user, step):
        StepProgressFactory(user=user, step=step)
        Step.objects.update(is_retired=True)
        assert press(step, "none").status_code == 404
        assert stored(user, step).state == State.DONE

    def test_a_draft_is_404_but_for_staff(self, press, user, step):
        draft = StepFactory(roadmap=RoadmapFactory(is_published=False))
        assert press(draft).status_code == 404
        user.is_staff = True
        user.save()
        assert press(draft).status_code == 302

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
    def test_a_foreign_or_missing_origin_is_403(self, press, user, step, headers):
        response = press(step, headers=headers)
        assert response.status_code == 403
        assert "All roadmaps" in response.content.decode()
        assert stored(user, step) is None

    def test_an_old_browser_may_vouch_by_origin(self, press, user, step):
        press(step, headers={"Origin": "http://testserver"})
        assert stored(user, step).state == State.DONE

    def test_it_asks_for_no_token(self, user, step):
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        assert client.post(address(step), headers=SAME_ORIGIN).status_code == 302

    def test_a_database_that_is_away_is_503_and_worth_another_try(
        self, signed_in, step, monkeypatch
    ):
        def gone(*args, **kwargs):
            raise OperationalError("the connection is lost")

        monkeypatch.setattr(StepProgress.objects, "mark", gone)
        signed_in.raise_request_exception = False
        response = signed_in.post(address(step), headers=SAME_ORIGIN)
        assert response.status_code == 503
        assert response["Retry-After"] == "5"
        assert "Cairn is catching its breath" in response.content.decode()


class TestCompletion:
    @pytest.fixture
    def steps(self, step):
        roadmap = step.roadmap
        optional = StepFactory(roadmap=roadmap, is_optional=True)
        return [step, StepFactory(roadmap=roadmap), optional]

    def completed_at(self, user):
        return Completion.objects.values_list("completed_at", flat=True).first()

    def test_the_last_required_step_completes_the_roadmap(self, press, user, steps):
        press(steps[0])
        assert self.completed_at(user) is None
        press(steps[1])
        assert self.completed_at(user) == stored(user, steps[1]).done_at

    def test_skipping_the_last_required_step_completes_it(self, press, user, steps):
        press(steps[0])
        press(steps[1], "skipped")
        assert self.completed_at(user) == stored(user, steps[0]).done_at

    def test_unticking_a_required_step_takes_it_back(self, press, user, steps):
        press(steps[0])
        press(steps[1])
        press(steps[0], "learning")
        assert self.completed_at(user) is None

    def test_unticking_an_optional_step_does_not(self, press, user, steps):
        for step in steps:
            press(step)
        press(steps[2], "none")
        assert self.completed_at(user)

    def test_skipping_one_of_two_done_steps_does_not(self, press, user, steps):
        press(steps[0])
        press(steps[1])
        press(steps[0], "skipped")
        assert self.completed_at(user)

    def test_skipping_everything_takes_it_back(self, press, user, steps):
        press(steps[0])
        press(steps[1])
        press(steps[0], "skipped")
        press(steps[1], "skipped")
        assert self.completed_at(user) is None

    def test_opening_a_skipped_required_step_again_takes_it_back(
        self, press, user, steps
    ):
        press(steps[0])
        press(steps[1], "skipped")
        press(steps[1], "none")
        assert self.completed_at(user) is None

    def test_opening_one_by_way_of_skipped_takes_it_back(self, press, user, steps):
        press(steps[0])
        press(steps[1])
        press(steps[1], "skipped")
        press(steps[1], "none")
        assert self.completed_at(user) is None

    def test_an_edit_takes_nothing_back(self, press, signed_in, user, steps):
        press(steps[0])
        press(steps[1])
        added = StepFactory(roadmap=steps[0].roadmap)
        press(added, "learning")
        assert self.completed_at(user)
        page = signed_in.get(steps[0].roadmap.get_absolute_url()).content.decode()
        assert "completed on" in page
        assert "1 step added since" in page

    def test_completing_it_again_keeps_the_first_date(self, press, user, steps):
        press(steps[0])
        press(steps[1])
        first = self.completed_at(user)
        press(StepFactory(roadmap=steps[0].roadmap))
        assert self.completed_at(user) == first

    def test_the_answer_that_completes_it_lands_the_last_stone(self, press, steps):
        press(steps[0])
        html = press(steps[1], headers=HTMX).content.decode()
        assert 'class="cairn just"' in html
        assert "You completed the" in html
        again = press(steps[2], headers=HTMX).content.decode()
        assert "The last stone is on" in again
        assert "just" not in again

    def test_it_is_there_to_be_seen_later_and_stands_still(
        self, press, signed_in, steps
    ):
        press(steps[0])
        press(steps[1])
        html = signed_in.get(steps[0].roadmap.get_absolute_url()).content.decode()
        assert 'class="cairn"' in html
        assert f'<a href="#{steps[2].slug}">{steps[2].title}</a>' in html


class TestUndo:
    def offer(self, response):
        html = response.content.decode()
        if response.status_code == 302:
            return response.url
        start = html.index('class="offer"')
        return html[start:].split('formaction="', 1)[1].split('"', 1)[0]

    def test_unticking_offers_to_put_the_date_back(self, press, signed_in, user, step):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        answer = press(step, "none", headers=HTMX)
        assert "Was done on 3 May 2026." in answer.content.decode()
        signed_in.post(self.offer(answer), headers=HTMX)
        row = stored(user, step)
        assert (row.state, row.started_at, row.done_at) == (State.DONE, MAY, MAY)

    def test_it_is_offered_without_javascript(self, press, signed_in, user, step):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        landing = press(step, "none").url
        assert landing.endswith("#caching")
        page = signed_in.get(landing)
        assert "Was done on 3 May 2026." in page.content.decode()
        signed_in.post(self.offer(page), headers=SAME_ORIGIN)
        assert stored(user, step).done_at == MAY
        assert 'class="offer"' not in signed_in.get(landing).content.decode()

    def test_it_brings_a_completion_back_with_its_date(
        self, press, signed_in, user, step
    ):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        Completion.objects.create(user=user, roadmap=step.roadmap, completed_at=MAY)
        answer = press(step, "none", headers=HTMX)
        assert not Completion.objects.exists()
        signed_in.post(self.offer(answer), headers=HTMX)
        assert Completion.objects.get().completed_at == MAY

    def test_it_brings_a_completion_back_that_an_edit_had_left_behind(
        self, press, signed_in, user, step
    ):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        Completion.objects.create(user=user, roadmap=step.roadmap, completed_at=MAY)
        StepFactory(roadmap=step.roadmap)
        answer = press(step, "none", headers=HTMX)
        signed_in.post(self.offer(answer), headers=HTMX)
        assert Completion.objects.get().completed_at == MAY

    def test_the_control_itself_puts_it_back_while_that_is_on_offer(
        self, press, signed_in, user, step
    ):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        html = press(step, "none", headers=HTMX).content.decode()
        station = html.split('class="station" formaction="')[1].split('"')[0]
        signed_in.post(station, headers=HTMX)
        assert stored(user, step).done_at == MAY

    def test_it_stays_on_offer_when_other_steps_are_marked_without_javascript(
        self, press, signed_in, user, step
    ):
        other = StepFactory(roadmap=step.roadmap)
        StepProgressFactory(user=user, step=step, started_at=MAY)
        page = signed_in.get(press(step, "none").url).content.decode()
        token = page.split('name="undo" value="')[1].split('"')[0]
        landing = press(other, data={"undo": token}).url
        assert "Was done on 3 May 2026." in signed_in.get(landing).content.decode()

    def test_a_page_that_refreshes_itself_keeps_its_offers(
        self, press, signed_in, user, step
    ):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        html = press(step, "none", headers=HTMX).content.decode()
        token = html.split('name="undo" value="')[1].split('"')[0]
        fresh = signed_in.get(
            step.roadmap.get_absolute_url(), {"undo": token}, headers=HTMX
        )
        assert "Was done on 3 May 2026." in fresh.content.decode()

    def test_nothing_is_offered_where_nothing_was_stored(self, press, step):
        assert 'class="offer"' not in press(step, headers=HTMX).content.decode()

    @pytest.mark.parametrize("token", ["nonsense", "a:b:c", "\x00", "ü" * 50])
    def test_a_token_that_is_none_of_ours_is_400(self, press, user, step, token):
        response = press(step, query_params={"undo": token})
        assert response.status_code == 400
        assert "All roadmaps" in response.content.decode()
        assert stored(user, step) is None

    def test_a_token_of_somebody_else_is_400(self, press, user, step):
        stranger = UserFactory()
        StepProgressFactory(user=stranger, step=step, started_at=MAY)
        client = Client()
        client.force_login(stranger)
        answer = client.post(address(step, "none"), headers=HTMX)
        token = self.offer(answer).split("undo=")[1]
        response = press(step, query_params={"undo": token})
        assert response.status_code == 400
        assert stored(user, step) is None

    def test_a_token_of_another_state_is_400(self, press, signed_in, user, step):
        StepProgressFactory(user=user, step=step, started_at=MAY)
        path = self.offer(press(step, "none", headers=HTMX))
        other = path.replace("/done/", "/skipped/")
        assert signed_in.post(other, headers=HTMX).status_code == 400
