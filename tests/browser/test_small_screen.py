"""A phone 320 pixels wide: nothing scrolls sideways, and targets are large."""

import pytest
from playwright.sync_api import expect

from roadmaps.models import Step
from tests.browser.network import TICKS, fail_requests
from tests.browser.roadmap_page import ROADMAP, more_menu, tick_button, undo_button
from tests.browser.screens import (
    PHONE,
    expect_large_targets,
    expect_no_sideways_scroll,
)
from tests.browser.step_page import CACHING, finish_panel


@pytest.mark.fails_requests
def test_a_visitors_pages(open_page, backend):
    page = open_page("about:blank", **PHONE)
    paths = ("/", "/accounts/login/", "/accounts/signup/", "/no/such/page/", ROADMAP)
    for path in paths:
        page.goto(path)
        expect_no_sideways_scroll(page)
    expect_large_targets(page)


@pytest.mark.fails_requests
def test_a_roadmap_in_progress(open_page, user_with_progress):
    page = open_page("/", user_with_progress, **PHONE)
    expect_no_sideways_scroll(page)
    page.goto(ROADMAP)
    expect_large_targets(page)
    tick_button(page, "Caching").click()
    expect(undo_button(page, "Caching")).to_be_visible()
    more_menu(page, "Caching").click()
    expect_large_targets(page)
    expect_no_sideways_scroll(page)
    fail_requests(page, TICKS)
    tick_button(page, "Testing").tap()
    expect(page.get_by_role("button", name="Try again")).to_be_in_viewport()
    expect_large_targets(page)
    expect_no_sideways_scroll(page)


def test_a_step(open_page, backend, user_with_progress):
    page = open_page(CACHING, user_with_progress, **PHONE)
    finish_panel(page).get_by_role("button", name="Undo").tap()
    expect(finish_panel(page).locator(".offer")).to_be_visible()
    expect_large_targets(page)
    expect_no_sideways_scroll(page)


def test_the_longest_line_of_code(open_page, backend, user_with_progress):
    step = max(backend.steps.all(), key=longest_code_line)
    for user in (None, user_with_progress):
        page = open_page(step.get_absolute_url(), user, **PHONE)
        expect(page.locator(".prose pre").first).to_be_visible()
        expect_no_sideways_scroll(page)


def longest_code_line(step):
    """The length of the longest line in the code blocks of the step's Markdown."""
    blocks = step.body.split("```")[1::2]
    lines = "\n".join(blocks).splitlines()
    return max(map(len, lines), default=0)


def test_a_long_name_of_the_site(open_page, settings, editor):
    settings.SITE_NAME = "W" * 60
    for user in (None, editor):
        page = open_page("/", user, **PHONE)
        expect_no_sideways_scroll(page)
        assert page.get_by_role("banner").bounding_box()["height"] <= 64


def test_the_bar_that_stays_is_low(open_page, user_with_progress):
    """It is a line with the required steps and the next one, however long its title."""
    title = "A step with a title that is so long that it does not fit on a small screen"
    Step.objects.filter(slug="choose-a-backend-language").update(title=title)
    page = open_page(ROADMAP, user_with_progress, **PHONE)
    page.locator("#testing").scroll_into_view_if_needed()
    line = page.locator(".total .line")
    expect(line).to_be_in_viewport(ratio=1)
    expect(line).to_contain_text(f"Continue: {title}")
    expect(page.locator(".total .strip")).not_to_be_in_viewport()
    box = line.bounding_box()
    assert (box["y"], box["x"] + box["width"]) == (0, 304)
    assert box["height"] <= 64
    expect_no_sideways_scroll(page)
