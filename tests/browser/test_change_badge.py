'The badges "New" and "Changed since you did it".'

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from progress.models import StepProgress
from tests.browser.roadmap_page import (
    ROADMAP,
    expect_step,
    step_row,
    tick_button,
    undo_button,
)
from tests.browser.step_page import CACHING, expect_state, state_button

APRIL = datetime(2026, 4, 1, tzinfo=UTC)  # before all of the person's ticks of 3 May
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
CHANGED = "Changed since you did it"
TESTING = f"{ROADMAP}testing/"


@pytest.fixture
def edited(backend, user_with_progress):
    """A person after whose ticks Testing was added and Caching was changed."""
    backend.steps.update(added_at=APRIL, revised_at=None)
    backend.steps.filter(slug="testing").update(added_at=JUNE)
    backend.steps.filter(slug="caching").update(revised_at=JUNE)
    return user_with_progress


def badges(page):
    return page.locator(".news")


def test_a_mark_removes_the_badge_from_the_roadmap(open_page, edited, axe, javascript):
    page = open_page(ROADMAP, edited, java_script_enabled=javascript)
    new = step_row(page, "Testing").get_by_text("New", exact=True)
    changed = step_row(page, "Caching").get_by_text(CHANGED)
    expect(new).to_be_visible()
    expect(changed).to_be_visible()
    expect(badges(page)).to_have_count(2)
    if javascript:
        axe(page)
    tick_button(page, "Testing").click()
    expect_step(page, "Testing", "done", "Undo")
    expect(new).to_have_count(0)
    tick_button(page, "Caching").click()
    expect_step(page, "Caching", "not started", "Mark done")
    expect(changed).to_have_count(0)
    undo_button(page, "Caching").click()
    expect_step(page, "Caching", "done", "Undo")
    expect(changed).to_be_visible()
    for state, action in (("not started", "Mark done"), ("done", "Undo")):
        tick_button(page, "Caching").click()
        expect_step(page, "Caching", state, action)
    expect(changed).to_have_count(0)
    page.reload()
    expect(changed).to_have_count(0)


def test_a_mark_removes_the_badge_from_the_step(open_page, edited, axe, javascript):
    page = open_page(f"{ROADMAP}web-security/", edited, java_script_enabled=javascript)
    expect(badges(page)).to_have_count(0)
    page.goto(TESTING)
    expect(page.get_by_text("New", exact=True)).to_be_visible()
    if javascript:
        axe(page)
    state_button(page, "learning").click()
    expect_state(page, "learning")
    expect(badges(page)).to_have_count(0)
    page.goto(CACHING)
    expect(page.get_by_text(CHANGED)).to_be_visible()
    if javascript:
        axe(page)
    for state in ("none", "done"):
        state_button(page, state).click()
        expect_state(page, state)
    expect(badges(page)).to_have_count(0)
    page.reload()
    expect(badges(page)).to_have_count(0)


def test_a_visitor_and_a_beginner_see_no_badge(open_page, edited):
    StepProgress.objects.all().delete()
    for user in (None, edited):
        page = open_page(ROADMAP, user)
        expect(badges(page)).to_have_count(0)
        page.goto(CACHING)
        expect(badges(page)).to_have_count(0)
        page.goto(TESTING)
        expect(badges(page)).to_have_count(0)
