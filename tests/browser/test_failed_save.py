"""A tick that is not saved is never shown, is owned up to, and can be tried again."""

import pytest
from playwright.sync_api import expect

from tests.browser.route import (
    ROADMAP,
    control,
    more,
    row,
    should_be,
    stored,
    total,
)

pytestmark = pytest.mark.fails_requests

TICKS = "**/progress/**"
REASONS = {
    429: "That was a lot at once; please wait a moment.",
    500: "Something broke on our side.",
    503: "The database does not answer just now.",
    0: "The server did not answer.",
}


@pytest.fixture
def page(open_page, under_way):
    return open_page(ROADMAP, under_way)


def fail(page, status):
    """Let every tick be answered with `status`, or with nothing at all for 0."""

    def answer(route):
        if status:
            route.fulfill(status=status, body="<h1>Not what you asked for</h1>")
        else:
            route.abort("connectionreset")

    page.route(TICKS, answer)


def alert(page):
    return page.get_by_role("alert")


def try_again(page):
    return alert(page).get_by_role("button", name="Try again")


@pytest.mark.parametrize("status", REASONS)
def test_the_step_stays_as_it_is_stored_and_the_alert_says_why(page, user, status):
    fail(page, status)
    before = stored(user)
    control(page, "Testing").click()
    expect(alert(page)).to_contain_text(f"Testing was not saved. {REASONS[status]}")
    should_be(page, "Testing", "not started", "Mark done")
    control(page, "Caching").click()
    expect(alert(page)).to_contain_text(f"2 steps were not saved. {REASONS[status]}")
    should_be(page, "Caching", "done", "Undo")
    expect(row(page, "Caching")).to_contain_text("Done 3 May")
    expect(page.locator(".route > li")).to_have_count(23)
    expect(total(page)).to_contain_text("1 of 13 required · 1 of 9 optional")
    assert stored(user) == before


def test_trying_again_saves_it_and_goes_back_to_the_step(page, user):
    fail(page, 500)
    control(page, "Testing").click()
    expect(try_again(page)).to_be_visible()
    page.unroute(TICKS)
    try_again(page).click()
    should_be(page, "Testing", "done", "Undo")
    expect(alert(page)).to_be_empty()
    expect(control(page, "Testing")).to_be_focused()
    assert stored(user)["testing"] == "done"


def test_trying_again_in_vain_says_so_again(page, user):
    fail(page, 503)
    control(page, "Testing").click()
    with page.expect_response(TICKS):
        try_again(page).click()
    expect(alert(page)).to_contain_text("Testing was not saved.")
    page.unroute(TICKS)
    try_again(page).click()
    should_be(page, "Testing", "done", "Undo")


def test_trying_again_saves_everything_that_failed(page, user):
    fail(page, 503)
    control(page, "Testing").click()
    control(page, "Caching").click()
    more(page, "Authentication").click()
    row(page, "Authentication").get_by_role("button", name="Skip").click()
    expect(alert(page)).to_contain_text("3 steps were not saved.")
    page.unroute(TICKS)
    try_again(page).click()
    should_be(page, "Testing", "done", "Undo")
    should_be(page, "Caching", "not started", "Mark done")
    should_be(page, "Authentication", "skipped", "Mark done")
    expect(alert(page)).to_be_empty()
    expect(total(page)).to_contain_text("2 of 12 required · 0 of 9 optional · 2")
    marks = stored(user)
    assert "caching" not in marks
    assert (marks["testing"], marks["authentication"]) == ("done", "skipped")


def test_pressing_the_step_itself_again_saves_it_too(page, user):
    fail(page, 500)
    control(page, "Testing").click()
    expect(try_again(page)).to_be_visible()
    page.unroute(TICKS)
    control(page, "Testing").click()
    should_be(page, "Testing", "done", "Undo")
    expect(alert(page)).to_be_empty()
    assert stored(user)["testing"] == "done"
