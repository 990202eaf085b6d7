"""A session that ended while the page was open."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests.browser.account import sign_in
from tests.browser.route import ROADMAP, control, row, should_be, stored

pytestmark = pytest.mark.fails_requests


@pytest.fixture
def page(open_page, backend, user):
    page = open_page(ROADMAP, user)
    Session.objects.all().delete()
    return page


def test_a_tick_is_not_shown_and_the_alert_offers_to_sign_in(page, user):
    control(page, "Caching").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Caching was not saved. You are signed out.")
    expect(alert.get_by_role("link", name="Sign in to go on")).to_be_visible()
    should_be(page, "Caching", "not started", "Mark done")
    expect(page.locator(".route > li")).to_have_count(23)
    assert stored(user) == {}


def test_signing_in_leads_back_to_the_step_and_ticks_it(page, user):
    control(page, "Caching").click()
    page.get_by_role("link", name="Sign in to go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to tick Caching")
    sign_in(page, user.email)
    expect(page).to_have_url(re.compile(rf"{ROADMAP}#caching$"))
    should_be(page, "Caching", "done", "Undo")
    expect(row(page, "Caching")).to_be_in_viewport()
    assert stored(user) == {"caching": "done"}


def test_coming_back_to_the_page_shows_nobody_elses_state(page):
    with page.expect_response(f"**{ROADMAP}"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".route > li")).to_have_count(23)
    should_be(page, "Caching", "not started", "Mark done")


def test_signing_in_again_in_another_tab_cures_the_first(page, user):
    control(page, "Caching").click()
    expect(page.get_by_role("alert")).to_contain_text("You are signed out.")
    other = page.context.new_page()
    other.goto("/accounts/login/")
    sign_in(other, user.email)
    expect(other).to_have_title("Roadmaps · Cairn")
    control(page, "Caching").click()
    should_be(page, "Caching", "done", "Undo")
    expect(page.get_by_role("alert")).to_be_empty()
    assert stored(user) == {"caching": "done"}
