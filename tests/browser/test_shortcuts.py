"""The keyboard shortcuts, and working without them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.roadmap_page import ROADMAP, expect_step, stored_states, tick_button
from tests.browser.step_page import CACHING, expect_state


@pytest.fixture
def page(open_page, backend, user):
    return open_page(ROADMAP, user)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_j_and_k_move_between_the_steps_and_x_ticks(page, user):
    press(page, "j")
    expect(tick_button(page, "Internet Fundamentals")).to_be_focused()
    press(page, "x")
    expect_step(page, "Internet Fundamentals", "done", "Undo")
    press(page, "x")
    expect_step(page, "Internet Fundamentals", "not started", "Mark done")
    assert stored_states(user) == {}
    press(page, "j", "j", "k")
    expect(tick_button(page, "Choose a Backend Language")).to_be_focused()
    page.goto(f"{ROADMAP}?show=required")
    tick_button(page, "Learn About APIs").focus()
    press(page, "j")
    expect(tick_button(page, "Web Security")).to_be_focused()
    page.goto(f"{ROADMAP}#caching")
    press(page, "j")
    expect(tick_button(page, "Caching")).to_be_focused()


def test_o_opens_the_step_and_n_its_note(page):
    press(page, "j", "o")
    expect(page.get_by_role("dialog", name="Internet Fundamentals")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Internet Fundamentals")
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_visible()
    press(page, "n")
    expect(page.get_by_label("Your note")).to_be_focused()
    page.goto(ROADMAP)
    press(page, "j", "n")
    expect(page).to_have_url(re.compile("/internet-fundamentals/#id_text$"))
    expect(page.get_by_label("Your note")).to_be_visible()


def test_x_ticks_on_the_steps_own_page_but_not_while_typing(open_page, backend, user):
    page = open_page(CACHING, user)
    press(page, "x")
    expect_state(page, "done")
    press(page, "x")
    expect_state(page, "none")
    note = page.get_by_label("Your note")
    note.press_sequentially("xjk?on and/or")
    expect(note).to_have_value("xjk?on and/or")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect_state(page, "none")


def test_the_list_of_shortcuts_switches_them_off_for_good(page, user, axe):
    press(page, "?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading")).to_be_focused()
    axe(page)
    press(page, "Space", "Enter")  # by reflex: they change nothing
    expect(dialog.get_by_role("checkbox")).to_be_checked()
    expect(dialog).to_be_visible()
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(dialog).to_be_visible()
    page.get_by_label("Use shortcuts in this browser").uncheck()
    page.get_by_role("button", name="Close").click()
    for _ in range(2):
        press(page, "j", "x", "?", "/")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page).to_have_url(re.compile(f"{ROADMAP}$"))
        page.reload()
    assert stored_states(user) == {}


def test_escape_leaves_the_note(open_page, backend, user):
    page = open_page(CACHING, user)
    press(page, "n")
    note = page.get_by_label("Your note")
    expect(note).to_be_focused()
    press(page, "x", "Escape")
    expect(note).not_to_be_focused()
    expect(note).to_have_value("x")
    press(page, "x")
    expect_state(page, "done")


def test_each_page_lists_what_works_on_it(open_page, backend, user):
    only_on = {ROADMAP: ["j", "k", "o"], CACHING: ["Esc"]}
    page = open_page(ROADMAP, user)
    for path, own_keys in only_on.items():
        page.goto(path)
        press(page, "?")
        keys = page.get_by_role("dialog").locator("kbd")
        expect(keys.last).to_be_visible()
        shown = keys.all_text_contents()
        assert sorted(shown) == sorted([*own_keys, "x", "n", "/", "Ctrl K", "?"])


def test_a_phone_without_a_keyboard_does_not_mention_them(open_page, backend, user):
    page = open_page(ROADMAP, user, has_touch=True, is_mobile=True)
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_hidden()
    expect(page.locator(".search-link kbd")).to_be_hidden()


def test_without_javascript_no_shortcuts_are_mentioned(open_page, backend, user):
    page = open_page(ROADMAP, user, java_script_enabled=False)
    expect(page.get_by_text("Keyboard shortcuts").first).to_be_hidden()
