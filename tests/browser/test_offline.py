"""Ticking in a tunnel."""

import pytest
from playwright.sync_api import expect

from tests.browser.route import ROADMAP, control, should_be, stored, total

pytestmark = pytest.mark.fails_requests


@pytest.fixture
def page(open_page, backend, user):
    page = open_page(ROADMAP, user)
    page.context.set_offline(True)
    return page


def test_a_tick_is_not_shown_and_the_alert_says_why(page, user):
    control(page, "Testing").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "Testing was not saved. You are offline."
    )
    should_be(page, "Testing", "not started", "Mark done")
    expect(page.locator(".route > li")).to_have_count(23)
    expect(total(page)).to_contain_text("0 of 14 required")
    assert stored(user) == {}


def test_trying_again_after_the_tunnel_saves_all_of_them(page, user):
    alert = page.get_by_role("alert")
    for title in ("Testing", "Caching", "Web Security"):
        control(page, title).click()
    expect(alert).to_contain_text("3 steps were not saved. You are offline.")
    page.context.set_offline(False)
    alert.get_by_role("button", name="Try again").click()
    for title in ("Testing", "Caching", "Web Security"):
        should_be(page, title, "done", "Undo")
    expect(alert).to_be_empty()
    expect(total(page)).to_contain_text("2 of 14 required · 1 of 9 optional")
    assert stored(user) == dict.fromkeys(["testing", "caching", "web-security"], "done")


def test_coming_back_to_the_page_offline_leaves_it_as_it_was(page):
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    control(page, "Testing").click()
    expect(page.get_by_role("alert")).to_contain_text("Testing was not saved.")
    expect(page.locator(".route > li")).to_have_count(23)
