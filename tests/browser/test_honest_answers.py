"""What the page says after an answer got lost is what is stored, and nothing else."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from progress.models import StepProgress
from tests.browser.account import sign_in
from tests.browser.route import ROADMAP, control, row, should_be, stored, total
from tests.browser.step import CACHING, choice, should_stand_at

pytestmark = pytest.mark.fails_requests

TICKS = "**/progress/**"


@pytest.fixture
def page(open_page, under_way):
    return open_page(ROADMAP, under_way)


def alert(page):
    return page.get_by_role("alert")


def lose_the_answer(page):
    """Let the next tick be stored, and its answer never come."""

    def lose(route):
        route.fetch()
        route.abort("connectionreset")

    page.route(TICKS, lose, times=1)


def fail(page, times):
    """Let so many ticks be refused."""
    page.route(TICKS, lambda route: route.fulfill(status=500), times=times)


def test_an_untick_whose_answer_is_lost_shows_as_it_is_stored(page, user):
    lose_the_answer(page)
    control(page, "Caching").click()
    should_be(page, "Caching", "not started", "Mark done")
    expect(alert(page)).to_be_empty()
    expect(total(page)).to_contain_text("1 of 13 required · 0 of 9 optional")
    assert "caching" not in stored(user)


def test_a_tick_whose_answer_is_lost_shows_as_it_is_stored(page, user):
    lose_the_answer(page)
    control(page, "Testing").click()
    should_be(page, "Testing", "done", "Undo")
    expect(alert(page)).to_be_empty()
    expect(total(page)).to_contain_text("2 of 13 required · 1 of 9 optional")
    assert stored(user)["testing"] == "done"


def test_a_press_on_the_steps_page_whose_answer_is_lost_shows_too(open_page, under_way):
    page = open_page(CACHING, under_way)
    lose_the_answer(page)
    choice(page, "skipped").click()
    should_stand_at(page, "skipped")
    expect(alert(page)).to_be_empty()
    assert stored(under_way)["caching"] == "skipped"


def test_an_undo_whose_answer_is_lost_shows_as_it_is_stored(page, user):
    done_at = StepProgress.objects.get(step__slug="caching").done_at
    control(page, "Caching").click()
    should_be(page, "Caching", "not started", "Mark done")
    lose_the_answer(page)
    page.get_by_role("button", name="Put it back").click()
    should_be(page, "Caching", "done", "Undo")
    expect(alert(page)).to_be_empty()
    expect(row(page, "Caching")).to_contain_text("Done 3 May")
    assert StepProgress.objects.get(step__slug="caching").done_at == done_at


def test_going_online_again_shows_what_is_stored(page, user):
    page.context.set_offline(True)
    StepProgress.objects.filter(user=user, step__slug="caching").delete()
    page.context.set_offline(False)
    should_be(page, "Caching", "not started", "Mark done")
    expect(total(page)).to_contain_text("1 of 13 required · 0 of 9 optional")


def test_going_online_again_keeps_the_alert_of_what_is_not_stored(page, user):
    page.context.set_offline(True)
    control(page, "Testing").click()
    expect(alert(page)).to_contain_text("Testing was not saved. You are offline.")
    with page.expect_response(f"**{ROADMAP}*"):
        page.context.set_offline(False)
    expect(alert(page)).to_contain_text("Testing was not saved.")
    should_be(page, "Testing", "not started", "Mark done")
    alert(page).get_by_role("button", name="Try again").click()
    should_be(page, "Testing", "done", "Undo")
    expect(alert(page)).to_be_empty()


@pytest.mark.parametrize(
    ("saved", "left"), [("Testing", "Caching"), ("Caching", "Testing")]
)
def test_the_alert_speaks_of_the_one_that_is_left(page, user, saved, left):
    fail(page, times=2)
    for title in ("Testing", "Caching"):
        control(page, title).click()
    expect(alert(page)).to_contain_text("2 steps were not saved.")
    control(page, saved).click()
    expect(alert(page)).to_contain_text(f"{left} was not saved.")
    alert(page).get_by_role("button", name="Try again").click()
    should_be(page, "Testing", "done", "Undo")
    should_be(page, "Caching", "not started", "Mark done")
    expect(alert(page)).to_be_empty()
    assert stored(user)["testing"] == "done"
    assert "caching" not in stored(user)


def test_the_alert_speaks_of_the_one_that_failed_again(page, user):
    fail(page, times=2)
    for title in ("Testing", "Caching"):
        control(page, title).click()
    expect(alert(page)).to_contain_text("2 steps were not saved.")
    fail(page, times=1)
    alert(page).get_by_role("button", name="Try again").click()
    should_be(page, "Caching", "not started", "Mark done")
    expect(alert(page)).to_contain_text("Testing was not saved.")
    should_be(page, "Testing", "not started", "Mark done")


def test_after_putting_a_step_back_with_the_keyboard_focus_is_on_its_control(page):
    control(page, "Caching").focus()
    page.keyboard.press("Space")
    should_be(page, "Caching", "not started", "Mark done")
    page.get_by_role("button", name="Put it back").focus()
    page.keyboard.press("Enter")
    should_be(page, "Caching", "done", "Undo")
    expect(control(page, "Caching")).to_be_focused()


@pytest.mark.parametrize(
    "titles", [("Testing", "Web Security"), ("Web Security", "Testing")]
)
def test_signed_out_the_link_ticks_the_step_that_it_names(page, user, titles):
    Session.objects.all().delete()
    for title in titles:
        control(page, title).click()
    expect(alert(page)).to_contain_text("2 steps were not saved. You are signed out.")
    link = alert(page).get_by_role("link", name=f"Sign in to go on with {titles[-1]}")
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        f"Sign in to tick {titles[-1]}"
    )
    sign_in(page, user.email)
    expect(page).to_have_url(re.compile(rf"{ROADMAP}#[a-z-]+$"))
    should_be(page, titles[-1], "done", "Undo")
    expect(row(page, titles[-1])).to_be_in_viewport()
    should_be(page, titles[0], "not started", "Mark done")
