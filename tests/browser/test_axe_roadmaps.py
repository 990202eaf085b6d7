"""What axe says of the roadmaps' pages, by day and by night."""

import pytest
from playwright.sync_api import expect

from tests.browser.route import ROADMAP, control, more, should_be


@pytest.fixture
def page(open_page, under_way):
    return open_page(ROADMAP, under_way)


def test_before_and_after_a_tick(open_page, backend, user, axe):
    page = open_page(ROADMAP, user)
    axe(page)
    control(page, "Caching").click()
    should_be(page, "Caching", "done", "Undo")
    axe(page)


def test_with_a_step_in_every_state(page, axe):
    axe(page)


def test_the_list_with_progress(open_page, under_way, axe):
    page = open_page("/", under_way)
    expect(page.get_by_text("1 of 13 required")).to_be_visible()
    axe(page)


def test_with_a_disclosure_open(page, axe):
    more(page, "Caching").click()
    axe(page)


def test_with_the_list_of_what_is_left_open(page, axe):
    page.locator("summary", has_text="left").click()
    axe(page)


def test_with_an_offer_to_put_a_step_back(page, axe):
    control(page, "Caching").click()
    expect(page.get_by_role("button", name="Put it back")).to_be_visible()
    axe(page)


@pytest.mark.fails_requests
@pytest.mark.parametrize("status", [401, 500])
def test_with_an_alert(page, axe, status):
    page.route("**/progress/**", lambda route: route.fulfill(status=status))
    control(page, "Caching").click()
    expect(page.get_by_role("alert")).to_contain_text("Caching was not saved.")
    axe(page)


def test_with_a_retired_step(open_page, backend, under_way, axe):
    backend.steps.filter(slug="caching").update(is_retired=True)
    page = open_page(ROADMAP, under_way)
    expect(page.get_by_text("Retired, you did this")).to_be_visible()
    axe(page)


def test_a_draft(open_page, backend, under_way, axe):
    type(backend).objects.update(is_published=False)
    type(under_way).objects.update(is_staff=True)
    page = open_page(ROADMAP, under_way)
    expect(page.get_by_text("Draft")).to_be_visible()
    axe(page)


def test_with_forced_colours(open_page, under_way, axe):
    page = open_page(ROADMAP, under_way, forced_colors="active")
    more(page, "Caching").click()
    # axe reads the text's fill colour, which is computed as if nothing were forced.
    axe(page, but=["color-contrast"])


def test_with_more_contrast(open_page, under_way, axe):
    axe(open_page(ROADMAP, under_way, contrast="more"))


def test_an_empty_list(open_page, db, axe):
    page = open_page("/")
    expect(page.get_by_text("No roadmap is published yet.")).to_be_visible()
    axe(page)
