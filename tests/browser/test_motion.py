"""Nothing moves for people who ask for reduced motion."""

from playwright.sync_api import expect

from tests.browser.roadmap_page import ROADMAP

COUNT_MOVING_PARTS = """() => [...document.querySelectorAll("*")].flatMap(element =>
    ["", "::before", "::after"].map(part => getComputedStyle(element, part))
).filter(style =>
    style.animationName !== "none"
    || style.transitionDuration.split(", ").some(time => time !== "0s")
    || style.scrollBehavior === "smooth"
).length"""


def test_nothing_moves_when_reduced_motion_is_requested(open_page, user_with_progress):
    page = open_page(ROADMAP, user_with_progress, reduced_motion="no-preference")
    expect(page.locator(".ring").first).not_to_have_css("transition-duration", "0s")
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(COUNT_MOVING_PARTS) == 0
