"""A step's own page: reading, marking the step, and going on to the next."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from progress.models import StepProgress
from tests.browser.account_pages import expect_heading, go_to_sign_in, sign_in
from tests.browser.roadmap_page import ROADMAP, step_row, stored_states, tick_button
from tests.browser.screens import (
    PHONE,
    expect_large_targets,
    expect_no_sideways_scroll,
)
from tests.browser.step_page import (
    CACHING,
    announcement,
    bottom_bar,
    expect_state,
    finish_panel,
    route_summary,
    side_column,
    state_button,
    undo_offer,
)
from tests.factories import NoteFactory, StepFactory

MAY_3 = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)
# What a person with one of nine optional steps done hears on marking that step.
ANNOUNCEMENTS = {
    "none": "Step 7, Caching, not started. 0 of 9 optional.",
    "learning": "Step 7, Caching, in progress. 0 of 9 optional.",
    "skipped": "Step 7, Caching, skipped. 0 of 8 optional.",
    "done": "Step 7, Caching, done. 1 of 9 optional.",
}


def expect_step_page(page, title="Caching", path=CACHING):
    expect(page).to_have_url(re.compile(rf"{path}([?#].*)?$"))
    expect_heading(page, title)


def expect_put_back(page, user):
    expect_step_page(page)
    expect_state(page, "done")
    expect(side_column(page)).to_contain_text("Done on 3 May 2026")
    caching = StepProgress.objects.get(user=user, step__slug="caching")
    assert (caching.started_at, caching.done_at) == (MAY_3, MAY_3)


def expect_inside_window(element):
    box = element.bounding_box()
    size = element.page.viewport_size
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] + box["height"] <= size["height"]


class TestReading:
    def test_links_lead_from_the_roadmap_along_the_steps_and_back(
        self, open_page, user_with_progress, javascript
    ):
        user = user_with_progress if javascript else None
        page = open_page(ROADMAP, user, java_script_enabled=javascript)
        page.get_by_role("link", name="Caching", exact=True).click()
        if user:
            page.get_by_role("link", name="Open the full page").click()
        expect_step_page(page)
        expect(page.get_by_role("heading", name="What to learn")).to_be_visible()
        expect(route_summary(page)).to_contain_text("Step 7 of 23")
        page.get_by_role("link", name="Next: Web Security").click()
        expect_step_page(page, "Web Security", f"{ROADMAP}web-security/")
        page.get_by_role("link", name="Previous: Caching").click()
        expect_step_page(page)
        page.get_by_role("link", name="Previous: Learn About APIs").click()
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
        expect(item).to_contain_text(f"· {resource.host} (external site) ↗")
        item.get_by_role("link", name=resource.title).click()
        expect(page).to_have_url(resource.url)


class TestMarking:
    def test_each_state_changes_the_totals(
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
                axe(page)
            else:
                expect(page.get_by_role("button", name="Copy")).to_have_count(0)

    def test_undo_restores_the_step_with_its_date(
        self, open_page, user_with_progress, axe, javascript
    ):
        page = open_page(CACHING, user_with_progress, java_script_enabled=javascript)
        state_button(page, "none").click()
        expect_state(page, "none")
        expect(undo_offer(page)).to_contain_text("done on 3 May 2026.")
        if javascript:
            axe(page)
        undo_offer(page).get_by_role("button").focus()
        page.keyboard.press("Enter")
        expect_put_back(page, user_with_progress)
        expect(undo_offer(page)).to_have_count(0)
        if javascript:
            expect(side_column(page).get_by_role("link")).to_be_focused()

    def test_the_keyboard_marks_the_step_and_focus_stays_in_place(
        self, open_page, user_with_progress
    ):
        user = user_with_progress
        page = open_page(CACHING, user)
        state_button(page, "none").focus()
        page.keyboard.press("Enter")
        expect_state(page, "none")
        expect(state_button(page, "done")).to_be_focused()
        for state in ("learning", "skipped"):
            state_button(page, state).focus()
            page.keyboard.press("Space")
            expect_state(page, state)
            pressed = side_column(page).get_by_role("button", pressed=True)
            expect(pressed).to_be_focused()
            page.keyboard.press("Space")  # a second press changes nothing
        assert stored_states(user)["caching"] == "skipped"
        for panel in (side_column(page), finish_panel(page)):
            panel.get_by_role("button", name="Mark done").focus()
            page.keyboard.press("Enter")
            way_on = panel.get_by_role("link", name="Continue: Choose a Backend")
            expect(way_on).to_be_focused()
            assert stored_states(user)["caching"] == "done"
            page.keyboard.press("Shift+Tab")
            page.keyboard.press("Enter")
            expect(panel.get_by_role("button", name="Mark done")).to_be_focused()

    def test_a_key_that_is_held_down_marks_once_and_stays(
        self, open_page, user, backend
    ):
        page = open_page(CACHING, user)
        finish_panel(page).get_by_role("button", name="Mark done").focus()
        page.keyboard.down("Enter")
        expect(finish_panel(page).get_by_role("link").first).to_be_focused()
        for _ in range(3):
            page.keyboard.down("Enter")  # repeats the key
        page.keyboard.up("Enter")
        page.keyboard.press("Enter")
        expect_heading(page, "Internet Fundamentals")
        assert stored_states(user) == {"caching": "done"}

    def test_the_roadmap_shows_the_new_state_on_going_back(
        self, open_page, user_with_progress
    ):
        page = open_page(f"{ROADMAP}", user_with_progress)
        page.goto(f"{ROADMAP}web-security/")
        state_button(page, "skipped").click()
        expect_state(page, "skipped")
        page.go_back()
        expect(tick_button(page, "Web Security")).to_contain_text("Skipped")

    def test_a_visitor_signs_in_and_returns_to_the_ticked_step(
        self, open_page, backend, user, javascript
    ):
        page = open_page(CACHING, java_script_enabled=javascript)
        expect_state(page, "none")
        finish_panel(page).get_by_role("button", name="Mark done").click()
        expect_heading(page, "Create an account to track your progress")
        go_to_sign_in(page)
        sign_in(page, user.email)
        expect_step_page(page)
        expect_state(page, "done")
        expect(finish_panel(page)).to_be_in_viewport()
        expect(route_summary(page)).to_contain_text("1 of 9 optional")
        assert stored_states(user) == {"caching": "done"}


class TestFinish:
    def test_reading_marking_and_going_on_never_leads_back_up(
        self, open_page, user, backend, javascript
    ):
        first, second, third = backend.steps.all()[:3]
        page = open_page(first.get_absolute_url(), user, java_script_enabled=javascript)
        for step, following in ((first, second), (second, third)):
            expect_heading(page, step.title)
            finish_panel(page).get_by_role("button", name="Mark done").click()
            way_on = finish_panel(page).get_by_role("link", name="Next:")
            expect(way_on).to_have_text(re.compile(f"Next: {following.title}"))
            expect(way_on).to_be_in_viewport()
            way_on.click()
        expect_heading(page, third.title)
        assert len(stored_states(user)) == 2

    def test_the_last_required_step_shows_the_completion_where_it_is_marked(
        self, open_page, user, backend, axe, javascript
    ):
        *others, last = backend.steps.filter(is_optional=False)
        for other in others:
            StepProgress.objects.mark(user, other.pk, "done")
        page = open_page(last.get_absolute_url(), user, java_script_enabled=javascript)
        panel = finish_panel(page)
        panel.get_by_role("button", name="Mark done").click()
        completed = panel.get_by_role("heading", name="Roadmap completed")
        expect(completed).to_be_in_viewport()
        expect(side_column(page)).to_contain_text("Roadmap completed")
        if javascript:
            axe(page)
        panel.get_by_role("link", name="Choose what to learn next").click()
        expect(page).to_have_url(re.compile("#roadmap_onward$"))


class TestPhone:
    def test_the_bar_marks_the_step_and_leads_on(
        self, open_page, backend, user, axe, javascript
    ):
        page = open_page(CACHING, user, java_script_enabled=javascript, **PHONE)
        bar = bottom_bar(page)
        expect(side_column(page)).to_be_hidden()
        assert bar.bounding_box()["height"] <= 64
        bar.locator("summary").tap()
        if javascript:
            axe(page)
            expect_large_targets(page)
        menu = bar.locator(".menu")
        expect_inside_window(menu)
        menu.get_by_role("button", name="In progress").tap()
        expect(bar.locator("summary")).to_contain_text("In progress")
        expect(menu).to_be_hidden()
        if javascript:
            expect(bar.locator("summary")).to_be_focused()
        assert stored_states(user) == {"caching": "learning"}
        for width in (360, 390):
            page.set_viewport_size({"width": width, "height": 640})
            assert bar.bounding_box()["height"] <= 64
        bar.get_by_role("button", name="Mark done").tap()
        expect(bar.locator("summary")).to_contain_text("Done")
        assert bar.bounding_box()["height"] <= 64
        if javascript:
            axe(page)
            expect_no_sideways_scroll(page)
        bar.locator("summary").tap()
        expect_inside_window(menu)
        menu.get_by_role("button", name="Undo").tap()
        expect(bar.locator("summary")).to_contain_text("In progress")
        assert stored_states(user) == {"caching": "learning"}
        bar.get_by_role("link", name="Next: Web Security").tap()
        expect_heading(page, "Web Security")

    @pytest.mark.fails_requests
    def test_an_alert_stands_above_the_bar(self, open_page, backend, user):
        page = open_page(CACHING, user, **PHONE)
        page.context.set_offline(True)
        bottom_bar(page).get_by_role("button", name="Mark done").tap()
        alert = page.get_by_role("alert")
        expect(alert).to_be_visible()
        box, bar = alert.bounding_box(), bottom_bar(page).bounding_box()
        assert box["y"] + box["height"] <= bar["y"]

    def test_the_bar_covers_neither_the_focus_nor_the_end_of_the_page(
        self, open_page, backend, user
    ):
        page = open_page(CACHING, user, **PHONE)
        bar = bottom_bar(page).bounding_box()
        for link in page.locator(".step-body a").filter(visible=True).all():
            link.focus()
            box = link.bounding_box()
            assert box["y"] + box["height"] <= bar["y"]
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        footer = page.get_by_role("button", name="Dark").bounding_box()
        assert footer["y"] + footer["height"] <= bar["y"]


def test_long_words_wrap_and_code_and_tables_scroll(open_page, backend, user):
    word = "c" * 120
    body = f"""## {word}

{word} `{word}`

```
{"long " * 100}
```

| {word} | two |
| - | - |
| a | b |
"""
    backend.steps.get(slug="caching").delete()
    step = StepFactory(roadmap=backend, slug="caching", title=word, summary=word)
    step.body = body
    step.save()
    NoteFactory(user=user, step=step, text=word)
    for options in (PHONE, {}):
        page = open_page(CACHING, user, **options)
        expect_no_sideways_scroll(page)
        for scroller in (page.locator(".prose pre"), page.locator(".prose .wide")):
            scroller.focus()
            expect(scroller).to_be_focused()
            page.keyboard.press("ArrowRight")
            page.wait_for_function(
                "element => element.scrollLeft > 0", arg=scroller.element_handle()
            )
        lines = "e => [...e.getClientRects()].filter(({ width }) => width).length"
        assert page.locator(".prose pre code").evaluate(lines) == 1
