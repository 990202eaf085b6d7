"""Marking steps with the keyboard alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.roadmap_page import (
    ROADMAP,
    expect_step,
    expect_totals,
    more_menu,
    step_row,
    stored_states,
    tick_button,
    totals,
)


@pytest.fixture
def page(open_page, backend, user):
    """The roadmap, with the focus on the seventh step, Caching."""
    page = open_page(f"{ROADMAP}#caching", user)
    page.keyboard.press("Tab")
    expect(tick_button(page, "Caching")).to_be_focused()
    return page


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_a_tick_is_announced_counted_and_keeps_the_focus(page, user):
    status = page.get_by_role("status")
    expect_step(page, "Caching", "not started", "Mark done")
    expect_totals(page, "0 of 14", "0 of 9")
    for key in ("Space", "Enter"):
        press(page, key)
        expect_step(page, "Caching", "done", "Undo")
        expect(tick_button(page, "Caching")).to_be_focused()
        expect(status).to_have_text("Step 7, Caching, done. 1 of 9 optional.")
        expect_totals(page, "0 of 14", "1 of 9")
        assert stored_states(user) == {"caching": "done"}
        press(page, key)
        expect_step(page, "Caching", "not started", "Mark done")
        expect(tick_button(page, "Caching")).to_be_focused()
        expect(status).to_have_text("Step 7, Caching, not started. 0 of 9 optional.")
        expect_totals(page, "0 of 14", "0 of 9")
        assert stored_states(user) == {}


def test_a_menu_closes_and_gives_the_focus_back(page, user):
    in_row = step_row(page, "Caching")
    press(page, "Tab", "Tab")
    expect(more_menu(page, "Caching")).to_be_focused()
    press(page, "Enter", "Tab", "Enter")
    expect_step(page, "Caching", "in progress", "Mark done")
    not_started = in_row.get_by_role("button", name="Not started", exact=True)
    expect(not_started).to_be_hidden()
    expect(more_menu(page, "Caching")).to_be_focused()
    press(page, "Space")  # a second press only opens the menu again
    expect(not_started).to_be_visible()
    assert stored_states(user) == {"caching": "learning"}
    press(page, "Tab", "Tab", "Space")
    expect_step(page, "Caching", "skipped", "Mark done")
    expect(more_menu(page, "Caching")).to_be_focused()
    expect_totals(page, "0 of 14", "0 of 8")
    expect(totals(page)).to_contain_text("1 skipped")
    assert stored_states(user) == {"caching": "skipped"}
    press(page, "Enter", "Tab")
    unskip = in_row.get_by_role("button", name="Unskip")
    expect(unskip).to_be_visible()
    press(page, "Escape")
    expect(unskip).to_be_hidden()
    expect(more_menu(page, "Caching")).to_be_focused()


@pytest.mark.parametrize("key", ["Enter", "x"])
def test_a_key_that_is_held_down_ticks_once(page, key):
    page.keyboard.down(key)
    expect_step(page, "Caching", "done", "Undo")
    page.keyboard.down(key)  # repeats the key
    page.keyboard.up(key)
    tick_button(page, "Testing").click()  # answered after all other ticks
    expect_step(page, "Testing", "done", "Undo")
    expect_step(page, "Caching", "done", "Undo")


def test_the_link_to_the_next_step_and_its_title_lead_to_it(page):
    first = "Internet Fundamentals"
    page.get_by_role("link", name=f"Start: {first}").focus()
    press(page, "Enter", "Tab")
    expect(tick_button(page, first)).to_be_focused()
    expect(tick_button(page, first)).to_be_in_viewport()
    press(page, "Tab", "Enter")
    expect(page.get_by_role("dialog", name=first)).to_be_visible()


def test_the_next_steps_button_is_not_undone_by_a_second_press(page, user):
    mark_done = page.get_by_role("button", name="Mark done Internet Fundamentals")
    mark_done.focus()
    press(page, "Enter")
    expect_step(page, "Internet Fundamentals", "done", "Undo")
    expect(mark_done).to_be_hidden()
    expect(more_menu(page, "Internet Fundamentals")).to_be_focused()
    press(page, "Enter")
    expect(tick_button(page, "Internet Fundamentals")).to_be_visible()
    assert stored_states(user) == {"internet-fundamentals": "done"}
