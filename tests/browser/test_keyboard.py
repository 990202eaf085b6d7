"""Ticking with the keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.route import ROADMAP, control, more, row, should_be, stored, total


@pytest.fixture
def page(open_page, backend, user):
    """The roadmap, with the keyboard at the seventh step, Caching."""
    page = open_page(f"{ROADMAP}#caching", user)
    page.keyboard.press("Tab")
    expect(control(page, "Caching")).to_be_focused()
    return page


@pytest.mark.parametrize("key", ["Space", "Enter"])
def test_a_key_ticks_and_unticks_and_focus_stays(page, user, key):
    should_be(page, "Caching", "not started", "Mark done")
    page.keyboard.press(key)
    should_be(page, "Caching", "done", "Undo")
    expect(control(page, "Caching")).to_be_focused()
    assert stored(user) == {"caching": "done"}
    page.keyboard.press(key)
    should_be(page, "Caching", "not started", "Mark done")
    expect(control(page, "Caching")).to_be_focused()
    assert stored(user) == {}


def test_what_changed_is_said_aloud(page):
    said = page.get_by_role("status")
    page.keyboard.press("Space")
    expect(said).to_have_text("Step 7, Caching, done. 1 of 9 optional.")
    page.keyboard.press("Space")
    expect(said).to_have_text("Step 7, Caching, not started. 0 of 9 optional.")


def test_the_totals_change(page):
    expect(total(page)).to_contain_text("0 of 14 required · 0 of 9 optional")
    page.keyboard.press("Space")
    expect(total(page)).to_contain_text("0 of 14 required · 1 of 9 optional")
    expect(total(page)).to_contain_text("22 left")
    page.keyboard.press("Space")
    expect(total(page)).to_contain_text("0 of 14 required · 0 of 9 optional")


def test_the_title_between_them_leads_to_the_steps_page(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Caching")


def test_the_disclosure_marks_it_in_progress_and_focus_stays(page, user):
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(more(page, "Caching")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    should_be(page, "Caching", "in progress", "Mark done")
    back = row(page, "Caching").get_by_role("button", name="Not started", exact=True)
    expect(back).to_be_focused()
    assert stored(user) == {"caching": "learning"}
    page.keyboard.press("Enter")
    should_be(page, "Caching", "not started", "Mark done")
    assert stored(user) == {}


def test_the_disclosure_skips_it_and_focus_stays(page, user):
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    should_be(page, "Caching", "skipped", "Mark done")
    back = row(page, "Caching").get_by_role("button", name=re.compile("^Don.t skip$"))
    expect(back).to_be_focused()
    expect(total(page)).to_contain_text("0 of 8 optional · 1 skipped")
    assert stored(user) == {"caching": "skipped"}


def test_escape_closes_the_disclosure_and_goes_back_to_it(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    skip = row(page, "Caching").get_by_role("button", name="Skip")
    expect(skip).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(skip).to_be_hidden()
    expect(more(page, "Caching")).to_be_focused()


def test_the_list_of_what_is_left_leads_to_a_step(page):
    left = page.locator("summary", has_text="23 left")
    left.focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="23. Basic Infrastructure Knowledge").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(control(page, "Basic Infrastructure Knowledge")).to_be_focused()
    expect(control(page, "Basic Infrastructure Knowledge")).to_be_in_viewport()
