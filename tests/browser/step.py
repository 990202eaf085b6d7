"""A step's own page, in the words that its tests speak."""

from playwright.sync_api import expect

from tests.browser.route import ROADMAP

CACHING = f"{ROADMAP}caching/"
LABELS = {
    "none": "Not started",
    "learning": "In progress",
    "done": "Done",
    "skipped": "Skipped",
}


def standing(page):
    """The four buttons that say where one stands."""
    return page.get_by_role("group", name="Where you stand on")


def choice(page, state):
    return standing(page).get_by_role("button", name=LABELS[state], exact=True)


def should_stand_at(page, state):
    """Expect one button of the four to be pressed, the one of `state`."""
    pressed = standing(page).get_by_role("button", pressed=True)
    expect(pressed).to_have_text(LABELS[state])


def place(page):
    """Where the step stands on the route, and the total."""
    return page.get_by_role("navigation", name="The route")


def said(page):
    """The live region that says what a press has changed."""
    return page.locator("#page_said")


def box(page):
    """Where the private note is written."""
    return page.get_by_label("Your note")


def should_say(page, text):
    """Expect the note's own live region to say `text`."""
    expect(page.locator("#step_note").get_by_role("status")).to_contain_text(text)


def look_at(page):
    """Headless Chromium holds every tab for visible, so it must be told."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
