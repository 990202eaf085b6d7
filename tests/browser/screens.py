"""Requirements for pages on a phone 320 pixels wide."""

PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True}
SMALLEST_TARGET = 44  # pixels, WCAG 2.5.5
SIZES = """elements => elements.map(element => {
    const { width, height } = element.getBoundingClientRect();
    return [element.textContent.trim(), Math.round(width), Math.round(height)];
})"""


def use_phone_screen(page):
    """Make the window of an open page as small as a phone's."""
    page.set_viewport_size(PHONE["viewport"])


def expect_no_sideways_scroll(page):
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    page.mouse.move(160, 320)
    page.mouse.wheel(400, 0)
    page.evaluate("new Promise(requestAnimationFrame)")
    assert page.evaluate("scrollX") == 0, page.url


def expect_large_targets(page):
    """Expect every link and button to be at least 44 pixels wide and high.

    The segments of the progress bar are exempt: each step also has a larger target.
    """
    targets = page.locator("a:not([aria-hidden] *), button, summary")
    sizes = targets.filter(visible=True).evaluate_all(SIZES)
    too_small = [size for size in sizes if min(size[1:]) < SMALLEST_TARGET]
    assert too_small == [], too_small
