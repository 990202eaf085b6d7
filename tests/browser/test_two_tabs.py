"""The same roadmap open twice, by one person."""

import pytest
from playwright.sync_api import expect

from tests.browser.route import ROADMAP, control, more, row, should_be, stored, total


@pytest.fixture
def first(open_page, backend, user):
    return open_page(ROADMAP, user)


@pytest.fixture
def second(first):
    page = first.context.new_page()
    page.goto(ROADMAP)
    return page


def look_at(page):
    """Headless Chromium holds every tab for visible, so it must be told."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_tick_in_one_shows_in_the_other_and_focus_stays(first, second):
    control(second, "Caching").focus()
    control(first, "Caching").click()
    should_be(first, "Caching", "done", "Undo")
    should_be(second, "Caching", "not started", "Mark done")
    look_at(second)
    should_be(second, "Caching", "done", "Undo")
    expect(total(second)).to_contain_text("1 of 9 optional")
    expect(control(second, "Caching")).to_be_focused()


def test_looking_again_leaves_an_open_disclosure_open(first, second):
    more(second, "Testing").click()
    control(first, "Caching").click()
    should_be(first, "Caching", "done", "Undo")
    look_at(second)
    should_be(second, "Caching", "done", "Undo")
    skip = row(second, "Testing").get_by_role("button", name="Skip", exact=True)
    expect(skip).to_be_visible()


def test_looking_again_keeps_the_offer_to_put_a_step_back(open_page, under_way):
    page = open_page(ROADMAP, under_way)
    control(page, "Caching").click()
    expect(row(page, "Caching")).to_contain_text("Was done on 3 May 2026.")
    with page.expect_response(f"**{ROADMAP}*"):
        look_at(page)
    control(page, "Testing").click()
    should_be(page, "Testing", "done", "Undo")
    expect(row(page, "Caching")).to_contain_text("Was done on 3 May 2026.")


def test_ticking_in_the_stale_tab_what_is_ticked_is_harmless(first, second, user):
    control(first, "Caching").click()
    should_be(first, "Caching", "done", "Undo")
    done_at = user.progress.get().done_at
    control(second, "Caching").click()
    should_be(second, "Caching", "done", "Undo")
    expect(total(second)).to_contain_text("1 of 9 optional")
    assert user.progress.get().done_at == done_at


def test_a_tick_in_the_stale_tab_brings_the_totals_up_to_date(first, second, user):
    control(first, "Caching").click()
    should_be(first, "Caching", "done", "Undo")
    control(second, "Testing").click()
    should_be(second, "Testing", "done", "Undo")
    expect(total(second)).to_contain_text("1 of 14 required · 1 of 9 optional")
    assert stored(user) == {"caching": "done", "testing": "done"}


def test_coming_back_by_the_back_button_shows_what_is_stored(first, second):
    second.get_by_role("link", name="All roadmaps").click()
    expect(second).to_have_title("Roadmaps · Cairn")
    control(first, "Caching").click()
    should_be(first, "Caching", "done", "Undo")
    second.go_back()
    should_be(second, "Caching", "done", "Undo")
