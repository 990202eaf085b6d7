"""What is unticked by mistake comes back as it was, with its date."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from progress.models import StepProgress
from tests.browser.route import ROADMAP, control, more, row, should_be, stored

MAY_3 = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)


@pytest.fixture(params=[True, False], ids=["js", "no js"])
def page(request, open_page, under_way):
    return open_page(ROADMAP, under_way, java_script_enabled=request.param)


def put_back(page, title):
    return page.get_by_role("button", name=re.compile(f"^Put it back.*{title}$"))


def test_an_unticked_step_is_put_back_with_its_date(page, user):
    control(page, "Caching").click()
    should_be(page, "Caching", "not started", "Mark done")
    expect(row(page, "Caching")).to_contain_text("Was done on 3 May 2026.")
    assert "caching" not in stored(user)
    put_back(page, "Caching").click()
    should_be(page, "Caching", "done", "Undo")
    expect(row(page, "Caching")).to_contain_text("Done 3 May")
    caching = StepProgress.objects.get(user=user, step__slug="caching")
    assert (caching.started_at, caching.done_at) == (MAY_3, MAY_3)


def test_a_done_step_that_was_skipped_is_put_back_with_its_date(page, user):
    more(page, "Caching").click()
    row(page, "Caching").get_by_role("button", name="Skip", exact=True).click()
    should_be(page, "Caching", "skipped", "Mark done")
    put_back(page, "Caching").click()
    should_be(page, "Caching", "done", "Undo")
    caching = StepProgress.objects.get(user=user, step__slug="caching")
    assert (caching.started_at, caching.done_at) == (MAY_3, MAY_3)


def test_the_offer_goes_once_it_is_taken(page):
    control(page, "Caching").click()
    expect(put_back(page, "Caching")).to_be_visible()
    put_back(page, "Caching").click()
    should_be(page, "Caching", "done", "Undo")
    expect(put_back(page, "Caching")).to_have_count(0)


def test_taking_the_offer_with_the_keyboard_keeps_the_focus_in_the_row(page):
    control(page, "Caching").click()
    put_back(page, "Caching").focus()
    page.keyboard.press("Enter")
    should_be(page, "Caching", "done", "Undo")
    page.keyboard.press("Tab")
    expect(row(page, "Caching").locator(":focus")).to_have_count(1)


def test_a_step_that_was_not_started_is_offered_nothing(page):
    control(page, "Testing").click()
    should_be(page, "Testing", "done", "Undo")
    expect(put_back(page, "Testing")).to_have_count(0)
