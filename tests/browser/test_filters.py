"""Filters show some of the steps, and links still reach the hidden ones."""

import re

import pytest
from playwright.sync_api import expect

from progress.models import StepProgress
from tests.browser.roadmap_page import (
    ROADMAP,
    expect_step,
    expect_totals,
    show_tab_again,
    step_row,
    stored_states,
    tick_button,
    totals,
)
from tests.browser.screens import expect_no_sideways_scroll, use_phone_screen
from tests.factories import StepProgressFactory

NO_STEPS = "No steps match this filter."
SHOWN = {
    "All": lambda step, state: True,
    "To do": lambda step, state: state not in ("done", "skipped"),
    "Required": lambda step, state: not step.is_optional,
    "Optional": lambda step, state: step.is_optional,
    "In progress": lambda step, state: state == "learning",
    "Done": lambda step, state: state == "done",
}


def filters(page):
    return page.get_by_role("navigation", name="Show")


def choose(page, label):
    link = filters(page).get_by_role("link", name=re.compile(rf"^{label} \d+$"))
    link.click()
    expect(link).to_have_attribute("aria-current", "true")


def expect_count(page, label, count):
    """Expect the filter to say how many steps it shows."""
    expect(filters(page)).to_contain_text(re.compile(rf"{label}\s+{count}\b"))


def expect_titles(page, titles):
    expect(page.locator(".route h2").filter(visible=True)).to_have_text(titles)


def expect_all_steps(page):
    expect(page.locator(".route h2").filter(visible=True)).to_have_count(23)


def expect_in_sight(page, title):
    """Expect a step to be on the screen and not under the totals at its top."""
    expect(step_row(page, title)).to_be_in_viewport()
    box = totals(page).bounding_box()
    assert step_row(page, title).bounding_box()["y"] >= box["y"] + box["height"]


def test_each_filter_shows_its_steps(
    open_page, backend, user_with_progress, axe, javascript
):
    page = open_page(ROADMAP, user_with_progress, java_script_enabled=javascript)
    states = stored_states(user_with_progress)
    for label, is_shown in SHOWN.items():
        choose(page, label)
        steps = [
            step
            for step in backend.steps.all()
            if is_shown(step, states.get(step.slug, "none"))
        ]
        expect_titles(page, [step.title for step in steps])
        expect_count(page, label, len(steps))
        expect(page.get_by_text(NO_STEPS)).to_be_hidden()
        expect_totals(page, "1 of 13", "1 of 9")
        if javascript:
            axe(page)


def test_the_address_holds_the_filter(open_page, user_with_progress):
    page = open_page(ROADMAP, user_with_progress)
    choose(page, "In progress")
    expect(page).to_have_url(re.compile(rf"{ROADMAP}\?show=learning$"))
    page.reload()
    expect_titles(page, ["Choose a Backend Language"])
    page.go_back()
    expect_all_steps(page)
    choose(page, "Required")
    use_phone_screen(page)
    expect_no_sideways_scroll(page)


@pytest.mark.parametrize("key", ["Space", None], ids=["keyboard", "pointer"])
def test_a_ticked_step_stays_until_the_focus_leaves_it(
    open_page, user_with_progress, key
):
    page = open_page(f"{ROADMAP}?show=remaining", user_with_progress)
    if key:
        tick_button(page, "Testing").focus()
        page.keyboard.press(key)
    else:
        tick_button(page, "Testing").click()
    expect_step(page, "Testing", "done", "Undo")
    expect(tick_button(page, "Testing")).to_be_focused()
    expect(step_row(page, "Testing")).to_be_in_viewport()
    page.keyboard.press("Space")
    expect_step(page, "Testing", "not started", "Mark done")
    page.keyboard.press("Space")
    expect_step(page, "Testing", "done", "Undo")
    tick_button(page, "Web Security").focus()
    expect(step_row(page, "Testing")).to_be_hidden()


def test_the_counts_and_the_filter_survive_a_tick(
    open_page, user_with_progress, javascript
):
    page = open_page(
        f"{ROADMAP}?show=required", user_with_progress, java_script_enabled=javascript
    )
    tick_button(page, "Testing").click()
    expect_step(page, "Testing", "done", "Undo")
    expect_count(page, "To do", 19)
    expect_count(page, "Done", 3)
    current = filters(page).locator("[aria-current=true]")
    expect(current).to_have_text(re.compile("^Required"))
    expect(page.locator("#caching")).to_be_hidden()
    if javascript:
        with page.expect_response(f"**{ROADMAP}*"):
            show_tab_again(page)
        expect(current).to_have_text(re.compile("^Required"))


def test_links_reach_a_step_that_is_hidden(open_page, user_with_progress, javascript):
    page = open_page(ROADMAP, user_with_progress, java_script_enabled=javascript)
    page.goto(f"{ROADMAP}?show=remaining")
    expect(page.locator("#caching")).to_be_hidden()
    totals(page).locator(".segment").nth(6).click()
    expect_in_sight(page, "Caching")


def test_continue_reaches_a_step_that_is_hidden(
    open_page, backend, user, axe, javascript
):
    page = open_page(f"{ROADMAP}?show=learning", user, java_script_enabled=javascript)
    expect_titles(page, [])
    expect(page.get_by_text(NO_STEPS)).to_be_visible()
    if javascript:
        axe(page)
    page.get_by_role("link", name="Start: Internet Fundamentals").click()
    expect_in_sight(page, "Internet Fundamentals")
    tick_button(page, "Internet Fundamentals").click()
    expect_step(page, "Internet Fundamentals", "done", "Undo")
    page.get_by_role("link", name="Continue: Choose a Backend Language").click()
    expect_in_sight(page, "Choose a Backend Language")


def test_a_filter_without_steps_says_so(open_page, backend, user, javascript):
    for step in backend.steps.all():
        StepProgressFactory(user=user, step=step)
    caching = StepProgress.objects.filter(step__slug="caching")
    caching.update(state="skipped", done_at=None)
    page = open_page(ROADMAP, user, java_script_enabled=javascript)
    for label in ("To do", "In progress"):
        choose(page, label)
        expect_titles(page, [])
        expect(page.locator(".route")).to_be_hidden()
        expect(page.get_by_text(NO_STEPS)).to_be_visible()
    page.get_by_role("link", name="Show all steps").click()
    expect_all_steps(page)
    expect(page.get_by_text(NO_STEPS)).to_have_count(0)
