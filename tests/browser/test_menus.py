"""A step's menu stays inside the window, on every screen."""

import pytest

from tests.browser.roadmap_page import ROADMAP, more_menu

WIDTHS = [320, 360, 390, 414, 768, 1280, 1600]
STEPS = ["Internet Fundamentals", "Caching", "Basic Infrastructure Knowledge"]
OPEN_MENU = "details[name=more][open] .menu"
# The page scrolls to a menu after its “toggle” event, so the test waits for that.
INSIDE_WINDOW = """selector => {
  const box = document.querySelector(selector)?.getBoundingClientRect();
  return box && box.left >= 0 && box.right <= document.documentElement.clientWidth
    && box.top >= 0 && box.bottom <= innerHeight;
}"""


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_an_open_menu_stays_inside_the_window(open_page, user_with_progress, direction):
    page = open_page(ROADMAP, user_with_progress)
    page.evaluate(f"document.documentElement.dir = '{direction}'")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 640})
        for title in STEPS:
            summary = more_menu(page, title)
            summary.evaluate("it => it.scrollIntoView({block: 'end'})")
            summary.click()
            page.wait_for_function(INSIDE_WINDOW, arg=OPEN_MENU)
            page.keyboard.press("Escape")
