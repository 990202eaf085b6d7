"""A step that is open in a dialog over its roadmap."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.account_pages import expect_heading
from tests.browser.network import TICKS, fail_requests
from tests.browser.roadmap_page import ROADMAP, step_row, stored_states, totals
from tests.browser.screens import (
    PHONE,
    expect_large_targets,
    expect_no_sideways_scroll,
)
from tests.browser.step_page import CACHING

AT_ROADMAP = re.compile(f"{ROADMAP}$")
AT_STEP = re.compile(f"{CACHING}$")


def title_link(page):
    return page.locator("#caching h2 a")


def dialog(page):
    return page.get_by_role("dialog", name="Caching")


def open_dialog(page):
    title_link(page).click()
    expect(dialog(page)).to_be_visible()
    expect(page).to_have_url(AT_STEP)
    expect(page).to_have_title(re.compile("^Caching · "))
    expect(dialog(page).get_by_role("heading", name="Caching")).to_be_focused()


def expect_closed(page):
    expect(page.locator("#step_dialog")).to_be_hidden()
    expect(page).to_have_url(AT_ROADMAP)
    expect(page).to_have_title(re.compile("^Backend Developer Roadmap · "))
    expect(title_link(page)).to_be_focused()


def test_it_closes_in_three_ways_and_gives_the_focus_back(open_page, backend, user):
    page = open_page(ROADMAP, user)
    for close in (
        lambda: page.keyboard.press("Escape"),
        page.go_back,
        lambda: page.get_by_role("button", name="Close").first.click(),
    ):
        open_dialog(page)
        close()
        expect_closed(page)
    page.go_forward()
    expect(dialog(page)).to_be_visible()
    page.reload()
    expect_heading(page, "Caching")
    expect(page.get_by_label("Your note")).to_be_visible()


def test_the_way_back_after_the_step_was_reloaded_or_left(open_page, backend, user):
    page = open_page(ROADMAP, user)
    open_dialog(page)
    page.reload()
    expect_heading(page, "Caching")
    page.go_back()
    expect_heading(page, "Backend Developer Roadmap")
    open_dialog(page)
    dialog(page).get_by_role("link", name="Next: Web Security").first.click()
    expect_heading(page, "Web Security")
    page.go_back()
    expect_heading(page, "Caching")
    page.go_back()
    expect_heading(page, "Backend Developer Roadmap")


def test_a_second_press_opens_it_only_once(open_page, backend, user):
    page = open_page(ROADMAP, user)
    title_link(page).press("Enter")
    title_link(page).press("Enter")
    expect(dialog(page)).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Escape")
    expect_closed(page)


@pytest.mark.fails_requests
def test_it_says_who_signed_out_that_the_tick_was_not_saved(open_page, backend, user):
    page = open_page(ROADMAP, user)
    page.context.clear_cookies()
    open_dialog(page)
    dialog(page).locator("#step_finish").get_by_role("button", name="Mark done").click()
    alert = dialog(page).get_by_role("alert")
    expect(alert).to_contain_text("Not saved: Caching. You are signed out.")
    page.wait_for_load_state("networkidle")
    expect(alert.get_by_role("link", name="Sign in")).to_be_visible()


def test_the_focus_goes_to_the_next_step_if_a_filter_hides_the_row(
    open_page, backend, user
):
    page = open_page(f"{ROADMAP}?show=remaining", user)
    open_dialog(page)
    dialog(page).locator("#step_finish").get_by_role("button", name="Mark done").click()
    expect(dialog(page).locator("#step_finish")).to_contain_text("Done on")
    expect(page.locator("#caching")).to_have_attribute("data-state", "done")
    page.keyboard.press("Escape")
    expect(page.locator("#step_dialog")).to_be_hidden()
    expect(page.get_by_role("link", name="Continue:")).to_be_focused()


def test_keys_in_it(open_page, backend, user):
    page = open_page(ROADMAP, user, **PHONE)
    open_dialog(page)
    menu = dialog(page).locator("#step_bar details")
    menu.locator("summary").press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(dialog(page)).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_label("Your note")).to_be_focused()


def test_a_tick_in_it_updates_the_list_and_the_total(open_page, backend, user, axe):
    page = open_page(ROADMAP, user)
    open_dialog(page)
    axe(page)
    dialog(page).locator("#step_finish").get_by_role("button", name="Mark done").click()
    expect(dialog(page).locator("#step_finish")).to_contain_text("Done on")
    expect(dialog(page).get_by_role("status")).to_contain_text("Caching, done.")
    expect(step_row(page, "Caching")).to_contain_text("Undo")
    axe(page)
    page.keyboard.press("Escape")
    expect_closed(page)
    expect(totals(page)).to_contain_text("1 of 9 optional")
    assert stored_states(user) == {"caching": "done"}


@pytest.mark.fails_requests
def test_a_failed_tick_is_reported_in_it(open_page, backend, user):
    page = open_page(ROADMAP, user)
    open_dialog(page)
    fail_requests(page, TICKS)
    mark = dialog(page).locator("#step_finish").get_by_role("button", name="Mark done")
    mark.click()
    alert = dialog(page).get_by_role("alert")
    expect(alert).to_contain_text("Not saved: Caching.")
    page.unroute(TICKS)
    alert.get_by_role("button", name="Try again").click()
    expect(dialog(page).locator("#step_finish")).to_contain_text("Done on")
    expect(alert).to_be_empty()
    assert stored_states(user) == {"caching": "done"}


def test_on_a_phone(open_page, backend, user, axe):
    page = open_page(ROADMAP, user, **PHONE)
    open_dialog(page)
    axe(page)
    expect_large_targets(page)
    expect_no_sideways_scroll(page)
    head = page.locator("#step_dialog > form").bounding_box()
    assert head["width"] == page.viewport_size["width"]  # it covers what scrolls below
    dialog(page).locator("#step_bar").get_by_role("button", name="Mark done").tap()
    expect(dialog(page).locator("#step_bar")).to_contain_text("Done")


def test_other_clicks_open_the_page(open_page, backend, user):
    page = open_page(ROADMAP, user)
    for options in ({"button": "middle"}, {"modifiers": ["Control"]}):
        with page.context.expect_page() as opened:
            title_link(page).click(**options)
        expect_heading(opened.value, "Caching")
        expect(page).to_have_url(AT_ROADMAP)


@pytest.mark.fails_requests
def test_if_the_step_cannot_be_loaded_the_link_is_followed(open_page, backend, user):
    page = open_page(ROADMAP, user)
    page.route(f"**{CACHING}", lambda route: route.abort(), times=1)
    title_link(page).click()
    expect_heading(page, "Caching")
    expect(page.get_by_label("Your note")).to_be_visible()


def test_without_a_script_and_for_visitors_the_link_leads_to_the_page(
    open_page, backend, user
):
    for person, javascript in ((user, False), (None, True)):
        page = open_page(ROADMAP, person, java_script_enabled=javascript)
        title_link(page).click()
        expect_heading(page, "Caching")
        expect(page.get_by_role("dialog")).to_have_count(0)
