"""Marking steps without JavaScript: plain forms that return to the step."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.roadmap_page import (
    ROADMAP,
    expect_step,
    more_menu,
    step_row,
    stored_states,
    tick_button,
    totals,
)


@pytest.fixture
def page(open_page, backend, user):
    return open_page(ROADMAP, user, java_script_enabled=False)


def expect_to_be_at_caching(page):
    expect(page).to_have_url(re.compile(rf"{ROADMAP}(\?.*)?#caching$"))
    expect(step_row(page, "Caching")).to_be_in_viewport()
    expect(page.locator(".total")).to_be_in_viewport()


def test_each_state_is_set_and_the_page_returns_to_the_step(page, user):
    tick_button(page, "Caching").click()
    expect_to_be_at_caching(page)
    expect_step(page, "Caching", "done", "Undo")
    expect(totals(page)).to_contain_text("1 of 9 optional")
    assert stored_states(user) == {"caching": "done"}
    tick_button(page, "Caching").click()
    expect_step(page, "Caching", "not started", "Mark done")
    expect_to_be_at_caching(page)
    expect(totals(page)).to_contain_text("0 of 9 optional")
    assert stored_states(user) == {}
    for label, state, stored in (
        ("In progress", "in progress", "learning"),
        ("Skip", "skipped", "skipped"),
    ):
        more_menu(page, "Caching").click()
        row = step_row(page, "Caching")
        row.get_by_role("button", name=label, exact=True).click()
        expect_step(page, "Caching", state, "Mark done")
        expect_to_be_at_caching(page)
        assert stored_states(user) == {"caching": stored}


def test_reloading_and_going_back_change_nothing(page, user):
    tick_button(page, "Caching").click()
    expect_step(page, "Caching", "done", "Undo")
    page.reload()
    expect_step(page, "Caching", "done", "Undo")
    page.go_back()
    page.reload()
    expect_step(page, "Caching", "done", "Undo")
    assert stored_states(user) == {"caching": "done"}
