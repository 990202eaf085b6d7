"""A phone 320 pixels wide."""

import pytest
from playwright.sync_api import expect

from tests.browser.route import ROADMAP, control, more

PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True}
TARGET = 44  # pixels, WCAG 2.5.5
SIZES = """elements => elements.map(element => {
    const { width, height } = element.getBoundingClientRect();
    return [element.textContent.trim(), Math.round(width), Math.round(height)];
})"""


@pytest.fixture
def phone(open_page):
    return lambda path, user=None: open_page(path, user, **PHONE)


def should_not_scroll_sideways(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.mouse.move(160, 320)
    page.mouse.wheel(400, 0)
    page.evaluate("new Promise(requestAnimationFrame)")
    assert page.evaluate("scrollX") == 0


def should_be_easy_to_hit(page):
    """Expect every target to be big enough. The strip's segments are for pointers that
    are finer; each of its steps has a target of its own.
    """
    targets = page.locator("a:not([aria-hidden] *), button, summary")
    sizes = targets.filter(visible=True).evaluate_all(SIZES)
    assert [size for size in sizes if min(size[1:]) < TARGET] == []


@pytest.mark.parametrize(
    "path",
    ["/", ROADMAP, "/accounts/login/", "/accounts/signup/"],
)
def test_a_visitors_page_fits(phone, backend, path):
    should_not_scroll_sideways(phone(path))


@pytest.mark.fails_requests
def test_a_page_that_is_not_there_fits(phone, db):
    should_not_scroll_sideways(phone("/no/such/page/"))


@pytest.mark.parametrize("path", ["/", ROADMAP])
def test_a_page_with_steps_in_every_state_fits(phone, under_way, path):
    should_not_scroll_sideways(phone(path, under_way))


def test_an_open_disclosure_fits(phone, under_way):
    page = phone(ROADMAP, under_way)
    more(page, "Caching").click()
    should_not_scroll_sideways(page)
    page.locator("summary", has_text="left").click()
    should_not_scroll_sideways(page)


def test_a_visitors_targets_are_easy_to_hit(phone, backend):
    should_be_easy_to_hit(phone(ROADMAP))


def test_the_targets_of_somebody_under_way_are_easy_to_hit(phone, under_way):
    page = phone(ROADMAP, under_way)
    should_be_easy_to_hit(page)
    more(page, "Caching").click()
    should_be_easy_to_hit(page)
    page.locator("summary", has_text="left").click()
    should_be_easy_to_hit(page)


def test_the_offer_to_put_a_step_back_is_easy_to_hit(phone, under_way):
    page = phone(ROADMAP, under_way)
    control(page, "Caching").click()
    expect(page.get_by_role("button", name="Put it back")).to_be_visible()
    should_be_easy_to_hit(page)
    should_not_scroll_sideways(page)


@pytest.mark.fails_requests
def test_the_alert_is_easy_to_hit_and_fits(phone, under_way):
    page = phone(ROADMAP, under_way)
    page.route("**/progress/**", lambda route: route.fulfill(status=500))
    control(page, "Caching").tap()
    expect(page.get_by_role("button", name="Try again")).to_be_in_viewport()
    should_be_easy_to_hit(page)
    should_not_scroll_sideways(page)
