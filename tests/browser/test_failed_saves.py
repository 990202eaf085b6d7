"""A tick that is not stored is never shown: an alert says why and offers a retry."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from progress.models import StepProgress
from tests.browser.account_pages import expect_heading, expect_signed_in, sign_in
from tests.browser.network import TICKS, fail_requests, lose_next_answer
from tests.browser.roadmap_page import (
    ROADMAP,
    expect_step,
    expect_totals,
    more_menu,
    show_tab_again,
    step_row,
    stored_states,
    tick_button,
    totals,
    undo_button,
)
from tests.browser.step_page import CACHING, expect_state, state_button

pytestmark = pytest.mark.fails_requests

REASONS = {
    429: "That was too many changes at once. Wait a moment.",
    500: "Something went wrong on our side.",
    503: "The database isn’t available right now.",
    0: "The server didn’t answer.",
}


@pytest.fixture
def page(open_page, user_with_progress):
    return open_page(ROADMAP, user_with_progress)


def alert(page):
    return page.get_by_role("alert")


def try_again_button(page):
    return alert(page).get_by_role("button", name="Try again")


class TestServerError:
    def test_each_step_keeps_its_stored_state_and_an_alert_says_why(self, page, user):
        before = stored_states(user)
        for status, reason in REASONS.items():
            fail_requests(page, TICKS, status)
            tick_button(page, "Testing").click()
            expect(alert(page)).to_contain_text(f"Not saved: Testing. {reason}")
            expect_step(page, "Testing", "not started", "Mark done")
            tick_button(page, "Caching").click()
            expect(alert(page)).to_contain_text(
                f"Not saved: Testing, Caching. {reason}"
            )
            expect_step(page, "Caching", "done", "Undo")
            expect(step_row(page, "Caching")).to_contain_text("Done 3 May")
            expect(page.locator(".route > li")).to_have_count(23)
            expect_totals(page, "1 of 13", "1 of 9")
            assert stored_states(user) == before
            page.unroute(TICKS)
            page.reload()

    def test_trying_again_saves_it_once_the_server_answers(self, page, user):
        fail_requests(page, TICKS, 503)
        tick_button(page, "Testing").click()
        with page.expect_response(TICKS):
            try_again_button(page).click()
        expect(alert(page)).to_contain_text("Not saved: Testing.")
        page.unroute(TICKS)
        try_again_button(page).click()
        expect_step(page, "Testing", "done", "Undo")
        expect(alert(page)).to_be_empty()
        expect(tick_button(page, "Testing")).to_be_focused()
        assert stored_states(user)["testing"] == "done"

    def test_trying_again_saves_all_that_failed(self, page, user):
        fail_requests(page, TICKS, 503)
        tick_button(page, "Testing").click()
        tick_button(page, "Caching").click()
        more_menu(page, "Authentication").click()
        skip = step_row(page, "Authentication").get_by_role("button", name="Skip")
        skip.click()
        expect(alert(page)).to_contain_text(
            "Not saved: Testing, Caching, Authentication."
        )
        page.unroute(TICKS)
        try_again_button(page).click()
        expect_step(page, "Testing", "done", "Undo")
        expect_step(page, "Caching", "not started", "Mark done")
        expect_step(page, "Authentication", "skipped", "Mark done")
        expect(alert(page)).to_be_empty()
        expect_totals(page, "2 of 12", "0 of 9")
        expect(totals(page)).to_contain_text("2 skipped")
        states = stored_states(user)
        assert "caching" not in states
        assert (states["testing"], states["authentication"]) == ("done", "skipped")

    @pytest.mark.parametrize(
        ("saved", "left"), [("Testing", "Caching"), ("Caching", "Testing")]
    )
    def test_the_alert_names_the_step_that_is_left(self, page, user, saved, left):
        fail_requests(page, TICKS, times=2)
        for title in ("Testing", "Caching"):
            tick_button(page, title).click()
        expect(alert(page)).to_contain_text("Not saved: Testing, Caching.")
        tick_button(page, saved).click()
        expect(alert(page)).to_contain_text(f"Not saved: {left}.")
        try_again_button(page).click()
        expect_step(page, "Testing", "done", "Undo")
        expect_step(page, "Caching", "not started", "Mark done")
        expect(alert(page)).to_be_empty()
        assert stored_states(user)["testing"] == "done"
        assert "caching" not in stored_states(user)

    def test_the_alert_names_the_step_that_failed_again(self, page, user):
        fail_requests(page, TICKS, times=2)
        for title in ("Testing", "Caching"):
            tick_button(page, title).click()
        expect(alert(page)).to_contain_text("Not saved: Testing, Caching.")
        fail_requests(page, TICKS, times=1)
        try_again_button(page).click()
        expect_step(page, "Caching", "not started", "Mark done")
        expect(alert(page)).to_contain_text("Not saved: Testing.")
        expect_step(page, "Testing", "not started", "Mark done")

    def test_the_steps_own_page_offers_a_retry_too(self, open_page, user_with_progress):
        page = open_page(CACHING, user_with_progress)
        fail_requests(page, TICKS)
        state_button(page, "none").click()
        expect(alert(page)).to_contain_text("Not saved: Caching. Something went wrong")
        expect_state(page, "done")
        page.unroute(TICKS)
        try_again_button(page).click()
        expect_state(page, "none")
        expect(alert(page)).to_be_empty()
        assert "caching" not in stored_states(user_with_progress)


class TestLostAnswer:
    def test_the_roadmap_shows_what_was_stored(self, page, user):
        done_at = StepProgress.objects.get(step__slug="caching").done_at
        tick_button(page, "Caching").click()
        expect_step(page, "Caching", "not started", "Mark done")
        lose_next_answer(page, TICKS)
        undo_button(page, "Caching").click()
        expect_step(page, "Caching", "done", "Undo")
        expect(alert(page)).to_be_empty()
        expect(step_row(page, "Caching")).to_contain_text("Done 3 May")
        assert StepProgress.objects.get(step__slug="caching").done_at == done_at
        lose_next_answer(page, TICKS)
        tick_button(page, "Caching").click()
        expect_step(page, "Caching", "not started", "Mark done")
        expect(alert(page)).to_be_empty()
        expect_totals(page, "1 of 13", "0 of 9")
        assert "caching" not in stored_states(user)
        lose_next_answer(page, TICKS)
        tick_button(page, "Testing").click()
        expect_step(page, "Testing", "done", "Undo")
        expect(alert(page)).to_be_empty()
        expect_totals(page, "2 of 13", "0 of 9")
        assert stored_states(user)["testing"] == "done"

    def test_the_steps_own_page_shows_what_was_stored(
        self, open_page, user_with_progress
    ):
        page = open_page(CACHING, user_with_progress)
        lose_next_answer(page, TICKS)
        state_button(page, "none").click()
        expect_state(page, "none")
        expect(alert(page)).to_be_empty()
        assert "caching" not in stored_states(user_with_progress)


class TestOffline:
    def test_ticks_are_not_shown_until_they_are_saved(self, page, user):
        before = stored_states(user)
        page.context.set_offline(True)
        show_tab_again(page)
        tick_button(page, "Testing").click()
        expect(alert(page)).to_contain_text("Not saved: Testing. You are offline.")
        expect_step(page, "Testing", "not started", "Mark done")
        expect(page.locator(".route > li")).to_have_count(23)
        expect_totals(page, "1 of 13", "1 of 9")
        for title in ("Observability", "Web Security"):
            tick_button(page, title).click()
        unsaved = "Not saved: Testing, Observability, Web Security."
        expect(alert(page)).to_contain_text(f"{unsaved} You are offline.")
        assert stored_states(user) == before
        with page.expect_response(f"**{ROADMAP}*"):
            page.context.set_offline(False)
        expect(alert(page)).to_contain_text(unsaved)
        expect_step(page, "Testing", "not started", "Mark done")
        try_again_button(page).click()
        for title in ("Testing", "Observability", "Web Security"):
            expect_step(page, title, "done", "Undo")
        expect(alert(page)).to_be_empty()
        assert len(stored_states(user)) == len(before) + 3

    def test_going_online_shows_what_is_stored(self, page, user):
        page.context.set_offline(True)
        StepProgress.objects.filter(user=user, step__slug="caching").delete()
        page.context.set_offline(False)
        expect_step(page, "Caching", "not started", "Mark done")
        expect_totals(page, "1 of 13", "0 of 9")


class TestSignedOut:
    @pytest.fixture
    def page(self, open_page, backend, user):
        page = open_page(ROADMAP, user)
        Session.objects.all().delete()
        return page

    def test_the_alert_leads_to_sign_in_and_back_to_the_ticked_step(self, page, user):
        tick_button(page, "Testing").click()
        expect(alert(page)).to_contain_text("Not saved: Testing. You are signed out")
        expect(page.locator(".route > li")).to_have_count(23)
        expect_step(page, "Testing", "not started", "Mark done")
        tick_button(page, "Web Security").click()
        expect(alert(page)).to_contain_text(
            "Not saved: Testing, Web Security. You are signed out."
        )
        assert stored_states(user) == {}
        link = alert(page).get_by_role("link")
        expect(link).to_have_text("Sign in to continue")
        link.click()
        expect_heading(page, "Sign in to track your progress")
        sign_in(page, user.email)
        expect(page).to_have_url(re.compile(rf"{ROADMAP}#web-security$"))
        expect_step(page, "Web Security", "done", "Undo")
        expect(step_row(page, "Web Security")).to_be_in_viewport()
        expect_step(page, "Testing", "not started", "Mark done")
        assert stored_states(user) == {"web-security": "done"}

    def test_signing_in_in_another_tab_lets_the_first_one_save(self, page, user):
        tick_button(page, "Caching").click()
        expect(alert(page)).to_contain_text("You are signed out.")
        other = page.context.new_page()
        other.goto("/accounts/login/")
        sign_in(other, user.email)
        expect_signed_in(other)
        tick_button(page, "Caching").click()
        expect_step(page, "Caching", "done", "Undo")
        expect(alert(page)).to_be_empty()
        assert stored_states(user) == {"caching": "done"}

    def test_a_tab_that_is_shown_again_shows_nobodys_progress(self, page):
        with page.expect_response(f"**{ROADMAP}"):
            show_tab_again(page)
        expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
        expect(page.locator(".route > li")).to_have_count(23)
        expect_step(page, "Caching", "not started", "Mark done")
