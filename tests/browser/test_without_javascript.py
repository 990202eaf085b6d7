"""Marking steps with JavaScript off: plain forms, and one lands where one pressed."""

import re

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


@pytest.fixture
def page(open_page, backend, user):
    return open_page(ROADMAP, user, java_script_enabled=False)


def should_have_landed_at_caching(page):
    expect(page).to_have_url(re.compile(rf"{ROADMAP}(\?.*)?#caching$"))
    expect(row(page, "Caching")).to_be_in_viewport()
    expect(page.locator(".total")).to_be_in_viewport()


def test_a_tick_and_an_untick_land_at_the_step(page, user):
    control(page, "Caching").click()
    should_have_landed_at_caching(page)
    should_be(page, "Caching", "done", "Undo")
    expect(total(page)).to_contain_text("1 of 9 optional")
    assert stored(user) == {"caching": "done"}
    control(page, "Caching").click()
    should_be(page, "Caching", "not started", "Mark done")
    should_have_landed_at_caching(page)
    expect(total(page)).to_contain_text("0 of 9 optional")
    assert stored(user) == {}


@pytest.mark.parametrize(
    ("press", "says", "state"),
    [("In progress", "in progress", "learning"), ("Skip", "skipped", "skipped")],
)
def test_the_disclosure_marks_the_step_and_lands_at_it(page, user, press, says, state):
    more(page, "Caching").click()
    row(page, "Caching").get_by_role("button", name=press, exact=True).click()
    should_be(page, "Caching", says, "Mark done")
    should_have_landed_at_caching(page)
    assert stored(user) == {"caching": state}


def test_a_reload_and_the_way_back_change_nothing(page, user):
    control(page, "Caching").click()
    should_be(page, "Caching", "done", "Undo")
    page.reload()
    should_be(page, "Caching", "done", "Undo")
    page.go_back()
    page.reload()
    should_be(page, "Caching", "done", "Undo")
    assert stored(user) == {"caching": "done"}
