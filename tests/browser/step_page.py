"""Helpers for the tests of a step's own page."""

from playwright.sync_api import expect

from tests.browser.roadmap_page import ROADMAP

CACHING = f"{ROADMAP}caching/"
LABELS = {
    "none": "Not started",
    "learning": "In progress",
    "done": "Mark done",
    "skipped": "Skip",
}


def side_column(page):
    """The controls beside the text, on a laptop."""
    return page.locator("#step_side")


def finish_panel(page):
    """The controls below the text."""
    return page.locator("#step_finish")


def bottom_bar(page):
    """The controls at the bottom of a phone's window."""
    return page.locator("#step_bar")


def state_button(page, state):
    """The button of the side column that gives the step this state.

    A step that is done has only the button to undo that.
    """
    is_done = side_column(page).locator(".done-on").count()
    name = "Undo" if is_done else LABELS[state]
    return side_column(page).get_by_role("button", name=name, exact=True)


def undo_offer(page):
    """The offer to put back the state that the last mark replaced."""
    return side_column(page).locator(".offer")


def expect_state(page, state):
    """Expect the side column to say that the step has this state, and no other."""
    pressed = side_column(page).get_by_role("button", pressed=True)
    if state == "done":
        expect(side_column(page)).to_contain_text("Done on")
        expect(pressed).to_have_count(0)
    else:
        label = {**LABELS, "skipped": "Skipped"}[state]
        expect(pressed).to_have_text(label)


def route_summary(page):
    """The step's position on the route, and the roadmap's totals."""
    return page.get_by_role("region", name="Progress")


def announcement(page):
    """The live region that announces a change of state."""
    return page.locator("#page_said")


def note_box(page):
    return page.get_by_label("Your note")


def expect_note_status(page, text):
    """Expect the note's live region to contain `text`."""
    expect(page.locator("#step_note").get_by_role("status")).to_contain_text(text)
