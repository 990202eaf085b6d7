"""The topics of a step, and its other parts."""

import pytest
from playwright.sync_api import expect

from progress.models import StepProgress
from tests.browser.full_step import add_sections, fill_step
from tests.browser.network import TICKS, fail_requests
from tests.browser.roadmap_page import ROADMAP
from tests.browser.screens import (
    PHONE,
    expect_large_targets,
    expect_no_sideways_scroll,
)
from tests.browser.step_page import CACHING, announcement, bottom_bar, expect_state

FIRST, SECOND, THIRD = "What is worth caching", "Cache-Control", "Where a copy can live"
LAPTOP = {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture
def step(backend):
    add_sections(backend)
    step = backend.steps.get(slug="caching")
    fill_step(step)
    return step


def box(page, title):
    return page.get_by_role("checkbox", name=title, exact=True)


def test_ticking_topics_to_the_end(open_page, user, step, javascript):
    page = open_page(CACHING, user, java_script_enabled=javascript, **LAPTOP)
    box(page, FIRST).click()
    expect(box(page, FIRST)).to_be_checked()
    expect(page.locator("#side_topics")).to_contain_text("1 of 3")
    expect_state(page, "learning")
    box(page, SECOND).press("Space")
    expect(page.locator("#topics_count")).to_have_text("2 of 3 topics")
    box(page, SECOND).click()
    expect(box(page, SECOND)).not_to_be_checked()
    box(page, SECOND).click()
    expect(page.locator("#topics_count")).to_have_text("2 of 3 topics")
    box(page, THIRD).click()
    offer = page.locator("#topics_offer")
    expect(offer).to_contain_text("You have ticked every topic.")
    expect_state(page, "learning")
    offer.get_by_role("button", name="Mark done").click()
    expect_state(page, "done")
    expect(offer).to_have_text("")


def test_without_javascript_one_stays_at_the_topic(open_page, user, step):
    page = open_page(CACHING, user, java_script_enabled=False)
    box(page, THIRD).click()
    expect(page).to_have_url(f"{CACHING}#topic_where-a-copy-can-live")
    expect(box(page, THIRD)).to_be_in_viewport()


def test_the_focus_stays_and_the_count_is_announced(open_page, user, step):
    page = open_page(CACHING, user)
    box(page, SECOND).click()
    expect(announcement(page)).to_have_text("Cache-Control, ticked. 1 of 3.")
    expect(box(page, SECOND)).to_be_focused()


@pytest.mark.fails_requests
def test_a_failed_tick_shows_nothing_that_is_not_stored(open_page, user, step):
    page = open_page(CACHING, user)
    alert = page.get_by_role("alert")
    fail_requests(page, TICKS, 503)
    for title in (FIRST, SECOND):
        box(page, title).click()
        expect(alert).to_contain_text(title)
        expect(box(page, title)).not_to_be_checked()
    expect(alert).to_contain_text(f"Not saved: {FIRST}, {SECOND}.")
    page.unroute(TICKS)
    alert.get_by_role("button", name="Try again").click()
    for title in (FIRST, SECOND):
        expect(box(page, title)).to_be_checked()
    expect(alert).to_have_text("")


def test_another_tab_shows_what_is_stored(open_page, user, step):
    page = open_page(CACHING, user)
    StepProgress.objects.check_topic(user, step.topics.get(title=FIRST).pk, True)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(box(page, FIRST)).to_be_checked()
    box(page, FIRST).click()
    expect(box(page, FIRST)).not_to_be_checked()


def test_a_visitor_comes_back_to_a_ticked_topic(open_page, step):
    page = open_page(CACHING)
    box(page, SECOND).click()
    expect(page.get_by_text("Cache-Control will be ticked")).to_be_visible()
    page.get_by_role("link", name="Sign in", exact=True).last.click()
    expect(page.get_by_text("Cache-Control will be ticked")).to_be_visible()


def test_quick_ticks_end_with_the_right_count(open_page, user, step):
    page = open_page(CACHING, user)
    for title in (FIRST, SECOND, THIRD):
        box(page, title).click(no_wait_after=True)
    expect(page.locator("#topics_count")).to_have_text("3 of 3 topics")


def test_topics_can_be_ticked_in_the_dialog(open_page, user, step):
    page = open_page(ROADMAP, user, **LAPTOP)
    page.locator("#caching").evaluate("row => row.closest('details').open = true")
    page.locator("#caching h2 a").click()
    dialog = page.locator("#step_dialog")
    box(dialog, FIRST).click()
    expect(box(dialog, FIRST)).to_be_checked()
    assert box(dialog, FIRST).evaluate("box => box.getBoundingClientRect().width") == 44
    dialog.get_by_role("button", name="Close").click()
    expect(page.locator("#caching .standing")).to_contain_text("1 of 3 topics")


def test_answers_unfold(open_page, step, javascript):
    page = open_page(CACHING, java_script_enabled=javascript)
    answers = page.locator("#part_questions details > .prose")
    expect(answers.first).not_to_be_visible()
    page.locator("#part_questions summary").first.click()
    expect(answers.first).to_be_visible()
    page.get_by_role("link", name="Show all answers").click()
    expect(answers.last).to_be_visible()
    page.get_by_role("link", name="Hide all answers").click()
    expect(answers.first).not_to_be_visible()


def test_the_page_is_accessible_with_everything_unfolded(open_page, user, step, axe):
    page = open_page(CACHING, user, **LAPTOP)
    box(page, FIRST).click()
    expect(box(page, FIRST)).to_be_checked()
    page.evaluate("document.querySelectorAll('.fold').forEach(f => f.open = true)")
    axe(page)


def test_the_page_fits_a_small_phone(open_page, user, step):
    page = open_page(CACHING, user, **PHONE)
    page.evaluate("document.querySelectorAll('.fold').forEach(f => f.open = true)")
    expect_no_sideways_scroll(page)
    expect_large_targets(page)
    expect(bottom_bar(page)).to_contain_text("0 of 3 topics")


def test_on_paper_topics_and_outcomes_are_boxes(open_page, user, step):
    page = open_page(CACHING, user)
    page.emulate_media(media="print")
    expect(box(page, FIRST)).to_be_visible()
    expect(page.get_by_text("Mark it done when you can:")).to_be_visible()
    expect(page.locator("#step_finish button").first).not_to_be_visible()
