"""Ticking faster than the server answers."""

import pytest
from playwright.sync_api import expect

from tests.browser.network import TICKS, hold_first_request
from tests.browser.roadmap_page import (
    ROADMAP,
    expect_step,
    expect_totals,
    stored_states,
    tick_button,
    totals,
)


@pytest.fixture
def page(open_page, backend, user):
    return open_page(ROADMAP, user)


@pytest.fixture
def held_ticks(page):
    return hold_first_request(page, TICKS)


def test_three_quick_ticks_end_with_the_right_totals(page, user, held_ticks):
    with page.expect_request(TICKS):
        tick_button(page, "Testing").click()
    tick_button(page, "Web Security").click()
    tick_button(page, "Caching").click()
    expect_totals(page, "0 of 14", "0 of 9")
    held_ticks[0].continue_()
    for title in ("Testing", "Web Security", "Caching"):
        expect_step(page, title, "done", "Undo")
    expect_totals(page, "2 of 14", "1 of 9")
    assert len(stored_states(user)) == 3
    titles = ["Authentication", "Web Servers", "Relational Databases", "Observability"]
    for title in titles:
        tick_button(page, title).click(no_wait_after=True)
    for title in titles:
        expect_step(page, title, "done", "Undo")
    assert set(stored_states(user).values()) == {"done"}
    assert len(stored_states(user)) == 7


def test_a_double_click_before_the_answer_ticks_once(page, user, held_ticks):
    with page.expect_request(TICKS):
        tick_button(page, "Caching").dblclick()
    held_ticks[0].continue_()
    expect_step(page, "Caching", "done", "Undo")
    expect(totals(page)).to_contain_text("1 of 9 optional")
    assert stored_states(user) == {"caching": "done"}


def test_a_double_click_during_the_answer_ticks_once(page, user):
    for title, milliseconds in {"Caching": 60, "Web Security": 200}.items():
        tick_button(page, title).dblclick(delay=milliseconds)
        expect_step(page, title, "done", "Undo")
    tick_button(page, "Testing").click()
    expect_step(page, "Testing", "done", "Undo")
    states = dict.fromkeys(["caching", "testing", "web-security"], "done")
    assert stored_states(user) == states


def test_a_double_click_without_javascript_ticks_once(open_page, backend, user):
    page = open_page(ROADMAP, user, java_script_enabled=False)
    tick_button(page, "Caching").dblclick()
    expect_step(page, "Caching", "done", "Undo")
    assert stored_states(user) == {"caching": "done"}


@pytest.mark.fails_requests
def test_a_slow_tick_that_fails_leaves_other_steps_alone(page, user, held_ticks):
    with page.expect_request(TICKS):
        tick_button(page, "Testing").click()
    tick_button(page, "Caching").click()
    held_ticks[0].abort("connectionreset")
    expect_step(page, "Caching", "done", "Undo")
    expect_step(page, "Testing", "not started", "Mark done")
    expect(page.get_by_role("alert")).to_contain_text("Not saved: Testing.")
    assert stored_states(user) == {"caching": "done"}
