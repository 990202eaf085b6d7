"""Ticking faster than the server answers."""

import pytest
from playwright.sync_api import expect

from tests.browser.route import ROADMAP, control, should_be, stored, total

TICKS = "**/progress/**"


@pytest.fixture
def page(open_page, backend, user):
    return open_page(ROADMAP, user)


@pytest.fixture
def held(page):
    """The first tick that is sent, held back; whatever is sent after it goes on."""
    ticks = []
    page.route(TICKS, lambda route: ticks.append(route), times=1)
    return ticks


def test_three_quick_ticks_end_with_the_right_total(page, user, held):
    with page.expect_request(TICKS):
        control(page, "Testing").click()
    control(page, "Web Security").click()
    control(page, "Caching").click()
    expect(total(page)).to_contain_text("0 of 14 required · 0 of 9 optional")
    held[0].continue_()
    for title in ("Testing", "Web Security", "Caching"):
        should_be(page, title, "done", "Undo")
    expect(total(page)).to_contain_text("2 of 14 required · 1 of 9 optional")
    assert stored(user) == dict.fromkeys(["testing", "web-security", "caching"], "done")


def test_quick_ticks_without_waiting_end_with_the_right_total(page, user):
    titles = ["Testing", "Web Security", "Caching", "Authentication", "Web Servers"]
    for title in titles:
        control(page, title).click(no_wait_after=True)
    for title in titles:
        should_be(page, title, "done", "Undo")
    expect(total(page)).to_contain_text("3 of 14 required · 2 of 9 optional")
    assert len(stored(user)) == 5


def test_a_double_click_leaves_one_row_done(page, user, held):
    with page.expect_request(TICKS):
        control(page, "Caching").dblclick()
    held[0].continue_()
    should_be(page, "Caching", "done", "Undo")
    expect(total(page)).to_contain_text("1 of 9 optional")
    assert stored(user) == {"caching": "done"}


@pytest.mark.parametrize("gap", [60, 200])
def test_a_double_click_whose_second_half_meets_the_answer_does_not_undo_it(
    page, user, gap
):
    control(page, "Caching").dblclick(delay=gap)
    should_be(page, "Caching", "done", "Undo")
    control(page, "Testing").click()
    should_be(page, "Testing", "done", "Undo")
    assert stored(user) == {"caching": "done", "testing": "done"}


def test_a_double_click_leaves_one_row_done_without_javascript(
    open_page, backend, user
):
    page = open_page(ROADMAP, user, java_script_enabled=False)
    control(page, "Caching").dblclick()
    should_be(page, "Caching", "done", "Undo")
    assert stored(user) == {"caching": "done"}


@pytest.mark.fails_requests
def test_other_steps_keep_what_they_say_when_one_is_slow_and_fails(page, user, held):
    with page.expect_request(TICKS):
        control(page, "Testing").click()
    control(page, "Caching").click()
    held[0].abort("connectionreset")
    should_be(page, "Caching", "done", "Undo")
    should_be(page, "Testing", "not started", "Mark done")
    expect(page.get_by_role("alert")).to_contain_text("Testing was not saved.")
    assert stored(user) == {"caching": "done"}
