"""A step's own page: reading, marking the step, and going on to the next."""

import re
from datetime import UTC, datetime

from playwright.sync_api import expect

from progress.models import StepProgress
from tests.browser.account_pages import expect_heading, go_to_sign_in, sign_in
from tests.browser.roadmap_page import ROADMAP, step_row, stored_states, tick_button
from tests.browser.step_page import (
    CACHING,
    announcement,
    expect_state,
    route_summary,
    state_button,
)

MAY_3 = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)
# What a person with one of nine optional steps done hears on marking that step.
ANNOUNCEMENTS = {
    "learning": "Step 7, Caching, in progress. 0 of 9 optional.",
    "done": "Step 7, Caching, done. 1 of 9 optional.",
    "skipped": "Step 7, Caching, skipped. 0 of 8 optional.",
    "none": "Step 7, Caching, not started. 0 of 9 optional.",
}


def expect_step_page(page, title="Caching", path=CACHING):
    expect(page).to_have_url(re.compile(rf"{path}([?#].*)?$"))
    expect_heading(page, title)


def expect_put_back(page, user):
    expect_step_page(page)
    expect_state(page, "done")
    expect(page.get_by_text("Done on 3 May 2026")).to_be_visible()
    caching = StepProgress.objects.get(user=user, step__slug="caching")
    assert (caching.started_at, caching.done_at) == (MAY_3, MAY_3)


class TestReading:
    def test_links_lead_from_the_roadmap_along_the_steps_and_back(
        self, open_page, user_with_progress, javascript
    ):
        user = user_with_progress if javascript else None
        page = open_page(ROADMAP, user, java_script_enabled=javascript)
        page.get_by_role("link", name="Caching", exact=True).click()
        expect_step_page(page)
        expect(page.get_by_role("heading", name="What to learn")).to_be_visible()
        expect(route_summary(page)).to_contain_text("Step 7 of 23 · optional")
        page.get_by_role("link", name="Step 8 Web Security").click()
        expect_step_page(page, "Web Security", f"{ROADMAP}web-security/")
        page.get_by_role("link", name="Step 7 Caching").click()
        expect_step_page(page)
        page.get_by_role("link", name="Step 6 Learn About APIs").click()
        expect_step_page(page, "Learn About APIs", f"{ROADMAP}learn-about-apis/")
        page.locator(".strip .segment").nth(6).click()
        expect_step_page(page)
        page.get_by_role("link", name="Backend Developer Roadmap").click()
        expect(page).to_have_url(re.compile(rf"{ROADMAP}#caching$"))
        expect(step_row(page, "Caching")).to_be_in_viewport()

    def test_code_is_copied_and_resources_open(self, open_page, backend, axe):
        allowed = ["clipboard-read", "clipboard-write"]
        page = open_page(CACHING, permissions=allowed)
        axe(page)
        code = page.locator(".prose pre code").first.text_content()
        page.get_by_role("button", name="Copy").first.click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == code
        page.context.route(
            re.compile("^https:"), lambda route: route.fulfill(body="There")
        )
        resource = backend.steps.get(slug="caching").resources.first()
        item = page.get_by_role("listitem").filter(has_text=resource.title)
        expect(item).to_contain_text(resource.get_kind_display())
        expect(item).to_contain_text(f"{resource.host} ↗, another site")
        item.get_by_role("link", name=resource.title).click()
        expect(page).to_have_url(resource.url)


class TestMarking:
    def test_each_state_changes_the_totals_and_can_be_undone(
        self, open_page, user_with_progress, axe, javascript
    ):
        page = open_page(CACHING, user_with_progress, java_script_enabled=javascript)
        if javascript:
            axe(page)
        for state, text in ANNOUNCEMENTS.items():
            state_button(page, state).click()
            expect_state(page, state)
            expect_step_page(page)
            here = page.locator(".segment.here")
            expect(here).to_have_attribute("data-state", state)
            count = text.split(". ")[1].rstrip(".")
            summary = f"1 of 13 required · {count}"
            expect(route_summary(page)).to_contain_text(summary)
            assert stored_states(user_with_progress).get("caching", "none") == state
            if javascript:
                expect(announcement(page)).to_have_text(text)
                expect(state_button(page, state)).to_be_focused()
            else:
                expect(page.get_by_role("button", name="Copy")).to_have_count(0)

    def test_undo_restores_the_step_with_its_date(
        self, open_page, user_with_progress, axe, javascript
    ):
        page = open_page(CACHING, user_with_progress, java_script_enabled=javascript)
        for state in ("none", "learning", "skipped"):
            state_button(page, state).click()
            expect_state(page, state)
            expect(
                page.get_by_text("You marked this done on 3 May 2026.")
            ).to_be_visible()
            put_back = page.get_by_role("button", name="Undo Caching")
            if javascript:
                axe(page)
            put_back.focus()
            page.keyboard.press("Enter")
            expect_put_back(page, user_with_progress)
            expect(page.get_by_text("You marked this done on")).to_have_count(0)
            if javascript:
                expect(state_button(page, "done")).to_be_focused()

    def test_the_keyboard_marks_the_step_and_focus_stays(
        self, open_page, user_with_progress
    ):
        page = open_page(CACHING, user_with_progress)
        with page.expect_response("**/progress/**"):
            state_button(page, "done").click()
        expect_put_back(page, user_with_progress)
        state_button(page, "learning").focus()
        page.keyboard.press("Space")
        expect_state(page, "learning")
        expect(state_button(page, "learning")).to_be_focused()
        for state in ("done", "skipped"):
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            expect_state(page, state)
            expect(state_button(page, state)).to_be_focused()
        assert stored_states(user_with_progress)["caching"] == "skipped"

    def test_the_roadmap_shows_the_new_state_on_going_back(
        self, open_page, user_with_progress
    ):
        page = open_page(ROADMAP, user_with_progress)
        page.get_by_role("link", name="Caching", exact=True).click()
        state_button(page, "skipped").click()
        expect_state(page, "skipped")
        page.go_back()
        expect(tick_button(page, "Caching")).to_contain_text("Skipped")

    def test_a_visitor_signs_in_and_returns_to_the_ticked_step(
        self, open_page, backend, user, javascript
    ):
        page = open_page(CACHING, java_script_enabled=javascript)
        expect_state(page, "none")
        state_button(page, "done").click()
        expect_heading(page, "Create an account to track your progress")
        go_to_sign_in(page)
        sign_in(page, user.email)
        expect_step_page(page)
        expect_state(page, "done")
        expect(route_summary(page)).to_contain_text("1 of 9 optional")
        assert stored_states(user) == {"caching": "done"}
