"""Nothing moves for those who asked for that."""

from playwright.sync_api import expect

from tests.browser.route import ROADMAP

MOVING = """() => [...document.querySelectorAll("*")].flatMap(element =>
    ["", "::before", "::after"].map(part => getComputedStyle(element, part))
).filter(style =>
    style.animationName !== "none"
    || style.transitionDuration.split(", ").some(time => time !== "0s")
    || style.scrollBehavior === "smooth"
).length"""


def test_there_is_no_transition_with_reduced_motion(open_page, under_way):
    page = open_page(ROADMAP, under_way, reduced_motion="reduce")
    assert page.evaluate(MOVING) == 0


def test_rings_change_softly_otherwise(open_page, backend):
    page = open_page(ROADMAP, reduced_motion="no-preference")
    expect(page.locator(".ring").first).not_to_have_css("transition-duration", "0s")
