"""A step that was unticked by mistake is put back with its date."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from progress.models import StepProgress
from tests.browser.roadmap_page import (
    ROADMAP,
    expect_step,
    more_menu,
    step_row,
    stored_states,
    tick_button,
    undo_button,
)

MAY_3 = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)


@pytest.fixture
def page(open_page, user_with_progress, javascript):
    return open_page(ROADMAP, user_with_progress, java_script_enabled=javascript)


def expect_original_dates(user):
    caching = StepProgress.objects.get(user=user, step__slug="caching")
    assert (caching.started_at, caching.done_at) == (MAY_3, MAY_3)


def test_an_unticked_and_a_skipped_step_are_put_back(page, user):
    tick_button(page, "Testing").click()
    expect_step(page, "Testing", "done", "Undo")
    expect(undo_button(page, "Testing")).to_have_count(0)
    tick_button(page, "Caching").click()
    expect_step(page, "Caching", "not started", "Mark done")
    expect(step_row(page, "Caching")).to_contain_text(
        "You marked this done on 3 May 2026."
    )
    assert "caching" not in stored_states(user)
    undo_button(page, "Caching").click()
    expect_step(page, "Caching", "done", "Undo")
    expect(step_row(page, "Caching")).to_contain_text("Done 3 May")
    expect(undo_button(page, "Caching")).to_have_count(0)
    expect_original_dates(user)
    more_menu(page, "Caching").click()
    skip = step_row(page, "Caching").get_by_role("button", name="Skip", exact=True)
    skip.click()
    expect_step(page, "Caching", "skipped", "Mark done")
    undo_button(page, "Caching").click()
    expect_step(page, "Caching", "done", "Undo")
    expect_original_dates(user)


def test_the_keyboard_puts_a_step_back(page, javascript):
    tick_button(page, "Caching").focus()
    page.keyboard.press("Space")
    expect_step(page, "Caching", "not started", "Mark done")
    undo_button(page, "Caching").focus()
    page.keyboard.press("Enter")
    expect_step(page, "Caching", "done", "Undo")
    if javascript:
        expect(tick_button(page, "Caching")).to_be_focused()
    page.keyboard.press("Tab")
    expect(step_row(page, "Caching").locator(":focus")).to_have_count(1)
