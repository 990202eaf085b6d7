"""axe on the roadmaps' pages, in both colour schemes."""

import pytest
from playwright.sync_api import expect

from tests.browser.network import TICKS, fail_requests
from tests.browser.roadmap_page import ROADMAP, more_menu, tick_button, undo_button


def test_an_empty_list(open_page, user, axe):
    page = open_page("/", user)
    expect(page.get_by_text("No roadmaps have been published yet.")).to_be_visible()
    axe(page)


@pytest.mark.fails_requests
def test_a_roadmap_in_progress(open_page, user_with_progress, axe):
    page = open_page("/", user_with_progress)
    expect(page.get_by_text("1 of 13 required")).to_be_visible()
    axe(page)
    page.goto(ROADMAP)
    axe(page)
    tick_button(page, "Caching").click()
    expect(undo_button(page, "Caching")).to_be_visible()
    more_menu(page, "Caching").click()
    axe(page)
    page.emulate_media(contrast="more")
    axe(page)
    # axe compares the colours of the style sheet, not the forced ones.
    page.emulate_media(contrast=None, forced_colors="active")
    axe(page, without=["color-contrast"])


@pytest.mark.fails_requests
def test_a_roadmap_with_an_alert(open_page, user_with_progress, axe):
    page = open_page(ROADMAP, user_with_progress)
    for status in (401, 500):
        fail_requests(page, TICKS, status)
        tick_button(page, "Caching").click()
        expect(page.get_by_role("alert")).to_contain_text("Not saved: Caching.")
        axe(page)
        page.unroute(TICKS)
        page.reload()


def test_a_draft_with_a_retired_step(open_page, backend, user_with_progress, axe):
    backend.steps.filter(slug="caching").update(is_retired=True)
    type(backend).objects.update(is_published=False)
    type(user_with_progress).objects.update(is_staff=True)
    page = open_page(ROADMAP, user_with_progress)
    expect(
        page.get_by_text("Completed steps no longer in this roadmap")
    ).to_be_visible()
    expect(page.get_by_text("Draft")).to_be_visible()
    axe(page)
