"""One person has the same roadmap open in two tabs."""

import pytest
from playwright.sync_api import expect

from tests.browser.roadmap_page import (
    ROADMAP,
    expect_step,
    expect_totals,
    more_menu,
    show_tab_again,
    step_row,
    stored_states,
    tick_button,
    totals,
)


@pytest.fixture
def first(open_page, backend, user):
    return open_page(ROADMAP, user)


@pytest.fixture
def second(first):
    page = first.context.new_page()
    page.goto(ROADMAP)
    return page


def test_a_tab_that_is_shown_again_is_up_to_date(first, second):
    more_menu(second, "Testing").click()
    tick_button(second, "Caching").focus()
    tick_button(first, "Caching").click()
    expect_step(first, "Caching", "done", "Undo")
    expect_step(second, "Caching", "not started", "Mark done")
    show_tab_again(second)
    expect_step(second, "Caching", "done", "Undo")
    expect(totals(second)).to_contain_text("1 of 9 optional")
    expect(tick_button(second, "Caching")).to_be_focused()
    skip = step_row(second, "Testing").get_by_role("button", name="Skip", exact=True)
    expect(skip).to_be_visible()
    second.get_by_role("link", name="All roadmaps").click()
    expect(second).to_have_title("Roadmaps · Cairn")
    tick_button(first, "Testing").click()
    expect_step(first, "Testing", "done", "Undo")
    second.go_back()
    expect_step(second, "Testing", "done", "Undo")


def test_ticks_in_an_outdated_tab_do_no_harm(first, second, user):
    tick_button(first, "Caching").click()
    expect_step(first, "Caching", "done", "Undo")
    done_at = user.progress.get().done_at
    tick_button(second, "Testing").click()
    expect_step(second, "Testing", "done", "Undo")
    expect_totals(second, "1 of 14", "1 of 9")
    assert stored_states(user) == {"caching": "done", "testing": "done"}
    expect_step(second, "Caching", "not started", "Mark done")
    tick_button(second, "Caching").click()
    expect_step(second, "Caching", "done", "Undo")
    expect_totals(second, "1 of 14", "1 of 9")
    assert user.progress.get(step__slug="caching").done_at == done_at


def test_a_tab_that_is_shown_again_keeps_the_offer_to_undo(
    open_page, user_with_progress
):
    page = open_page(ROADMAP, user_with_progress)
    tick_button(page, "Caching").click()
    expect(step_row(page, "Caching")).to_contain_text(
        "You marked this done on 3 May 2026."
    )
    with page.expect_response(f"**{ROADMAP}*"):
        show_tab_again(page)
    tick_button(page, "Testing").click()
    expect_step(page, "Testing", "done", "Undo")
    expect(step_row(page, "Caching")).to_contain_text(
        "You marked this done on 3 May 2026."
    )
