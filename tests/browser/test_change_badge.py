"""What an editor changed shows on the route and on the step's page."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from progress.models import StepProgress
from tests.browser.route import ROADMAP, control, row, should_be
from tests.browser.step import CACHING, choice, should_stand_at

APRIL = datetime(2026, 4, 1, tzinfo=UTC)  # before all marks, which are of 3 May
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
CHANGED = "Changed since you ticked it"
TESTING = f"{ROADMAP}testing/"

either_way = pytest.mark.parametrize("scripts", [True, False], ids=["js", "no js"])


@pytest.fixture
def edited(backend, under_way):
    """Somebody under way, since whose marks Testing came in and Caching changed."""
    backend.steps.update(added_at=APRIL, revised_at=None)
    backend.steps.filter(slug="testing").update(added_at=JUNE)
    backend.steps.filter(slug="caching").update(revised_at=JUNE)
    return under_way


def news(page):
    """All that the page calls new or changed."""
    return page.locator(".news")


def new(page, title):
    return row(page, title).get_by_text("New", exact=True)


def changed(page, title):
    return row(page, title).get_by_text(CHANGED)


@either_way
def test_they_show_on_the_route(open_page, edited, scripts):
    page = open_page(ROADMAP, edited, java_script_enabled=scripts)
    expect(new(page, "Testing")).to_be_visible()
    expect(changed(page, "Caching")).to_be_visible()
    expect(news(page)).to_have_count(2)


@either_way
def test_they_show_on_the_steps_page(open_page, edited, scripts):
    page = open_page(CACHING, edited, java_script_enabled=scripts)
    expect(page.get_by_text(CHANGED)).to_be_visible()
    page.goto(TESTING)
    expect(page.get_by_text("New", exact=True)).to_be_visible()
    page.goto(f"{ROADMAP}web-security/")
    expect(news(page)).to_have_count(0)


def test_a_visitor_and_a_beginner_see_none(open_page, edited):
    StepProgress.objects.all().delete()
    for user in (None, edited):
        for path in (ROADMAP, CACHING, TESTING):
            expect(news(open_page(path, user))).to_have_count(0)


@either_way
def test_a_tick_ends_new_at_once_on_the_route(open_page, edited, scripts):
    page = open_page(ROADMAP, edited, java_script_enabled=scripts)
    control(page, "Testing").click()
    should_be(page, "Testing", "done", "Undo")
    expect(new(page, "Testing")).to_have_count(0)


@either_way
def test_a_press_ends_new_at_once_on_the_steps_page(open_page, edited, scripts):
    page = open_page(TESTING, edited, java_script_enabled=scripts)
    choice(page, "learning").click()
    should_stand_at(page, "learning")
    expect(news(page)).to_have_count(0)


@either_way
def test_ticking_again_ends_changed_at_once_on_the_route(open_page, edited, scripts):
    page = open_page(ROADMAP, edited, java_script_enabled=scripts)
    control(page, "Caching").click()
    should_be(page, "Caching", "not started", "Mark done")
    control(page, "Caching").click()
    should_be(page, "Caching", "done", "Undo")
    expect(changed(page, "Caching")).to_have_count(0)
    page.reload()
    expect(changed(page, "Caching")).to_have_count(0)


@either_way
def test_ticking_again_ends_changed_at_once_on_the_steps_page(
    open_page, edited, scripts
):
    page = open_page(CACHING, edited, java_script_enabled=scripts)
    choice(page, "none").click()
    should_stand_at(page, "none")
    choice(page, "done").click()
    should_stand_at(page, "done")
    expect(news(page)).to_have_count(0)
    page.reload()
    expect(news(page)).to_have_count(0)


@either_way
def test_putting_it_back_brings_changed_back_too(open_page, edited, scripts):
    page = open_page(ROADMAP, edited, java_script_enabled=scripts)
    control(page, "Caching").click()
    should_be(page, "Caching", "not started", "Mark done")
    expect(changed(page, "Caching")).to_have_count(0)
    page.get_by_role("button", name="Put it back Caching").click()
    should_be(page, "Caching", "done", "Undo")
    expect(changed(page, "Caching")).to_be_visible()


@pytest.mark.parametrize("path", [ROADMAP, CACHING, TESTING])
def test_axe(open_page, edited, axe, path):
    page = open_page(path, edited)
    expect(news(page).first).to_be_visible()
    axe(page)
