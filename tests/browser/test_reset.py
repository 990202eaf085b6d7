"""Resetting a roadmap: it asks first, and can be undone."""

import re

import pytest
from playwright.sync_api import expect

from progress.models import Completion, StepProgress
from progress.notes import Note
from tests.browser.account_pages import expect_heading
from tests.browser.roadmap_page import (
    ROADMAP,
    expect_step,
    expect_totals,
    show_tab_again,
    stored_states,
    tick_button,
    totals,
)
from tests.browser.screens import expect_no_sideways_scroll, use_phone_screen


@pytest.fixture
def open_reset(open_page, user_with_progress):
    """Returns a function that goes from the roadmap to the page that asks."""

    def open_(javascript=True):
        page = open_page(ROADMAP, user_with_progress, java_script_enabled=javascript)
        page.get_by_role("link", name="Reset progress").click()
        expect_heading(page, "Reset your progress?")
        return page

    return open_


def reset_button(page):
    return page.get_by_role("button", name="Reset progress")


def undo_reset_button(page):
    return page.get_by_role("button", name="Undo reset")


def reset(page):
    reset_button(page).click()
    expect(page).to_have_url(re.compile(f"{ROADMAP}$"))
    expect(undo_reset_button(page)).to_be_in_viewport()


def undo(page):
    undo_reset_button(page).click()
    expect(page).to_have_url(re.compile(f"{ROADMAP}$"))


def stored_rows():
    return [
        list(model.objects.order_by("pk").values())
        for model in (StepProgress, Completion)
    ]


def test_it_can_be_cancelled_and_undone_with_all_dates(
    open_reset, backend, user, javascript
):
    step = backend.steps.get(slug="caching")
    Note.objects.create(user=user, step=step, text="Kept", page="p")
    may_3 = StepProgress.objects.first().started_at
    Completion.objects.create(user=user, roadmap=backend, completed_at=may_3)
    before = stored_rows()
    page = open_reset(javascript)
    expect(page.get_by_role("main")).to_contain_text(
        "on 4 steps of Backend Developer Roadmap. Your notes"
    )
    page.get_by_role("link", name="Cancel").click()
    expect_step(page, "Caching", "done", "Undo")
    assert stored_rows() == before
    page.get_by_role("link", name="Reset progress").click()
    reset(page)
    assert stored_states(user) == {}
    page.reload()
    undo(page)
    expect_step(page, "Caching", "done", "Undo")
    expect_step(page, "Version Control Systems", "skipped", "Mark done")
    expect(page.get_by_text("Done 3 May").first).to_be_visible()
    expect(totals(page)).to_contain_text("Completed on 3 May 2026")
    assert stored_rows() == before
    assert Note.objects.get().text == "Kept"


def test_it_works_with_the_keyboard_and_on_a_phone(open_reset, user, axe):
    page = open_reset()
    axe(page)
    use_phone_screen(page)
    expect_no_sideways_scroll(page)
    reset_button(page).focus()
    page.keyboard.press("Enter")
    expect(undo_reset_button(page)).to_be_visible()
    axe(page)
    expect_no_sideways_scroll(page)
    assert undo_reset_button(page).bounding_box()["height"] >= 44
    undo_reset_button(page).focus()
    page.keyboard.press("Enter")
    expect_step(page, "Caching", "done", "Undo")
    assert len(stored_states(user)) == 4


def test_undo_works_beside_a_second_tab(open_reset, user):
    before = stored_rows()
    page = open_reset()
    reset(page)
    other = page.context.new_page()
    other.goto(ROADMAP)
    expect_step(other, "Caching", "not started", "Mark done")
    expect_totals(other, "0 of 14", "0 of 9")
    undo(page)
    expect_step(page, "Caching", "done", "Undo")
    show_tab_again(other)
    expect_step(other, "Caching", "done", "Undo")
    assert stored_rows() == before


def test_undo_keeps_what_was_marked_since(open_reset, user):
    page = open_reset()
    reset(page)
    other = page.context.new_page()
    other.goto(ROADMAP)
    tick_button(other, "Testing").click()
    expect_step(other, "Testing", "done", "Undo")
    undo(page)
    expect_step(page, "Testing", "done", "Undo")
    expect_step(page, "Caching", "done", "Undo")
    assert len(stored_states(user)) == 5


def test_the_undo_goes_with_the_next_tick(open_reset, user):
    page = open_reset()
    reset(page)
    tick_button(page, "Testing").click()
    expect_step(page, "Testing", "done", "Undo")
    expect(undo_reset_button(page)).to_be_hidden()
    assert stored_states(user) == {"testing": "done"}


def test_there_is_nothing_to_reset_before_the_first_tick(open_page, backend, user):
    page = open_page("/progress/reset/backend-developer/", user)
    expect(page.get_by_text("to reset")).to_be_visible()
    expect(page.get_by_role("button", name="Reset progress")).to_have_count(0)
    page.get_by_role("link", name="Back to the roadmap").click()
    expect_heading(page, "Backend Developer Roadmap")
