"""Helpers for the tests of a step's own page."""

from playwright.sync_api import expect

from tests.browser.roadmap_page import ROADMAP

CACHING = f"{ROADMAP}caching/"
LABELS = {
    "none": "Not started",
    "learning": "In progress",
    "done": "Done",
    "skipped": "Skipped",
}


def state_buttons(page):
    """The group of the four buttons, one for each state."""
    return page.get_by_role("group", name="Where you stand on")


def state_button(page, state):
    return state_buttons(page).get_by_role("button", name=LABELS[state], exact=True)


def expect_state(page, state):
    """Expect the button of `state`, and no other, to be pressed."""
    pressed = state_buttons(page).get_by_role("button", pressed=True)
    expect(pressed).to_have_text(LABELS[state])


def route_summary(page):
    """The step's position on the route, and the roadmap's totals."""
    return page.get_by_role("navigation", name="The route")


def announcement(page):
    """The live region that announces a change of state."""
    return page.locator("#page_said")


def note_box(page):
    return page.get_by_label("Your note")


def expect_note_status(page, text):
    """Expect the note's live region to contain `text`."""
    expect(page.locator("#step_note").get_by_role("status")).to_contain_text(text)
