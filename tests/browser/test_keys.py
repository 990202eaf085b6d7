"""The shortcuts, and how to do without them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.route import ROADMAP, control, should_be, stored

STEP = f"{ROADMAP}caching/"


@pytest.fixture
def page(open_page, backend, user):
    return open_page(ROADMAP, user)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_j_and_k_walk_the_steps(page):
    press(page, "j")
    expect(control(page, "Internet Fundamentals")).to_be_focused()
    press(page, "j", "j", "k")
    expect(control(page, "Choose a Backend Language")).to_be_focused()


def test_they_begin_at_the_step_that_was_linked(open_page, backend, user):
    page = open_page(f"{ROADMAP}#caching", user)
    press(page, "j")
    expect(control(page, "Caching")).to_be_focused()


def test_they_pass_by_what_a_filter_hides(open_page, backend, user):
    page = open_page(f"{ROADMAP}?show=required", user)
    control(page, "Learn About APIs").focus()
    press(page, "j")
    expect(control(page, "Web Security")).to_be_focused()


def test_x_ticks_and_unticks(page, user):
    press(page, "j", "x")
    should_be(page, "Internet Fundamentals", "done", "Undo")
    press(page, "x")
    should_be(page, "Internet Fundamentals", "not started", "Mark done")
    assert stored(user) == {}


def test_x_ticks_on_the_steps_own_page(open_page, backend, user):
    page = open_page(STEP, user)
    press(page, "x")
    done = page.get_by_role("button", name="Done", exact=True)
    expect(done).to_have_attribute("aria-pressed", "true")
    press(page, "x")
    expect(done).to_have_attribute("aria-pressed", "false")


def test_o_opens_the_step_and_n_its_note(page):
    press(page, "j", "o")
    expect(page.get_by_role("heading", level=1)).to_have_text("Internet Fundamentals")
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_visible()
    press(page, "n")
    expect(page.get_by_label("Your note")).to_be_focused()


def test_n_opens_the_note_from_the_route(page):
    press(page, "j", "n")
    expect(page).to_have_url(re.compile("/internet-fundamentals/#id_text$"))
    expect(page.get_by_label("Your note")).to_be_visible()


def test_nothing_happens_while_one_types(open_page, backend, user):
    page = open_page(STEP, user)
    note = page.get_by_label("Your note")
    note.press_sequentially("xjk?on")
    expect(note).to_have_value("xjk?on")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_list_of_them_is_one_key_or_one_press_away(page, axe):
    press(page, "?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    axe(page)
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(dialog).to_be_visible()


def test_they_can_be_switched_off_for_good(page, user):
    press(page, "?")
    page.get_by_label("Shortcuts are on in this browser").uncheck()
    page.get_by_role("button", name="Close").click()
    for _ in range(2):
        press(page, "j", "x", "?")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.reload()
    assert stored(user) == {}


def test_without_javascript_nothing_speaks_of_them(open_page, backend, user):
    page = open_page(ROADMAP, user, java_script_enabled=False)
    expect(page.get_by_text("Keyboard shortcuts").first).to_be_hidden()
