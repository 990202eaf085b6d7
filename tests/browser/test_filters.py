"""Showing some of the steps: by link, and what one is led to is always in sight."""

import re

import pytest
from playwright.sync_api import expect

from progress.models import StepProgress
from tests.browser.route import ROADMAP, control, row, should_be, stored, total
from tests.browser.test_small_screen import PHONE, should_not_scroll_sideways
from tests.factories import StepProgressFactory

NOTHING = "No step to show here."
WANTED = {
    "All": lambda step, state: True,
    "Remaining": lambda step, state: state not in ("done", "skipped"),
    "Required": lambda step, state: not step.is_optional,
    "In progress": lambda step, state: state == "learning",
}

either_way = pytest.mark.parametrize("scripts", [True, False], ids=["js", "no js"])


def choose(page, label):
    """Press a filter, and expect the page to say that it is on."""
    filters = page.get_by_role("navigation", name="Show")
    filters.get_by_role("link", name=label, exact=True).click()
    expect(filters.locator("[aria-current=true]")).to_have_text(label)


def should_show(page, titles):
    expect(page.locator(".route h2").filter(visible=True)).to_have_text(titles)


def should_be_seen(page, title):
    """Expect a step to be there, and not under the totals that stay in sight."""
    expect(row(page, title)).to_be_in_viewport()
    below = total(page).bounding_box()["y"] + total(page).bounding_box()["height"]
    assert row(page, title).bounding_box()["y"] >= below


@either_way
def test_each_shows_just_its_steps(open_page, backend, under_way, scripts):
    page = open_page(ROADMAP, under_way, java_script_enabled=scripts)
    states = stored(under_way)
    for label, is_wanted in WANTED.items():
        choose(page, label)
        should_show(
            page,
            [
                step.title
                for step in backend.steps.all()
                if is_wanted(step, states.get(step.slug, "none"))
            ],
        )
        expect(page.get_by_text(NOTHING)).to_be_hidden()
        expect(total(page)).to_contain_text("1 of 13 required · 1 of 9 optional")


def test_the_address_says_it_and_the_way_back_works(open_page, under_way):
    page = open_page(ROADMAP, under_way)
    choose(page, "In progress")
    expect(page).to_have_url(re.compile(rf"{ROADMAP}\?show=learning$"))
    page.reload()
    should_show(page, ["Choose a Backend Language"])
    page.go_back()
    expect(page.locator(".route h2").filter(visible=True)).to_have_count(23)


def test_a_visitor_is_offered_none(open_page, backend):
    page = open_page(ROADMAP)
    expect(page.get_by_role("navigation", name="Show")).to_have_count(0)


@pytest.mark.parametrize("key", ["Space", None], ids=["keyboard", "pointer"])
def test_ticking_what_remains_does_not_take_the_focus_away(open_page, under_way, key):
    page = open_page(f"{ROADMAP}?show=remaining", under_way)
    if key:
        control(page, "Testing").focus()
        page.keyboard.press(key)
    else:
        control(page, "Testing").click()
    should_be(page, "Testing", "done", "Undo")
    expect(control(page, "Testing")).to_be_focused()
    expect(row(page, "Testing")).to_be_in_viewport()
    page.keyboard.press("Space")
    should_be(page, "Testing", "not started", "Mark done")
    page.keyboard.press("Space")
    should_be(page, "Testing", "done", "Undo")
    control(page, "Web Security").focus()
    expect(row(page, "Testing")).to_be_hidden()


@either_way
def test_continue_reaches_a_step_that_is_hidden(open_page, backend, user, scripts):
    page = open_page(f"{ROADMAP}?show=learning", user, java_script_enabled=scripts)
    should_show(page, [])
    page.get_by_role("link", name="Continue with step 1").click()
    should_be_seen(page, "Internet Fundamentals")
    control(page, "Internet Fundamentals").click()
    should_be(page, "Internet Fundamentals", "done", "Undo")
    page.get_by_role("link", name="Continue with step 2").click()
    should_be_seen(page, "Choose a Backend Language")


@either_way
def test_the_list_of_what_is_left_reaches_a_step_that_is_hidden(
    open_page, under_way, scripts
):
    page = open_page(f"{ROADMAP}?show=required", under_way, java_script_enabled=scripts)
    expect(page.locator("#web-servers")).to_be_hidden()
    page.locator("summary", has_text="20 left").click()
    page.get_by_role("link", name="16. Web Servers").click()
    should_be_seen(page, "Web Servers")
    page.keyboard.press("Tab")
    expect(control(page, "Web Servers")).to_be_focused()


def test_a_segment_of_the_strip_reaches_a_step_that_is_hidden(open_page, under_way):
    page = open_page(f"{ROADMAP}?show=remaining", under_way)
    expect(page.locator("#caching")).to_be_hidden()
    total(page).locator(".segment").nth(6).click()
    should_be_seen(page, "Caching")


@either_way
def test_it_says_so_when_nothing_is_left_to_show(open_page, backend, user, scripts):
    for step in backend.steps.all():
        StepProgressFactory(user=user, step=step)
    StepProgress.objects.filter(step__slug="caching").update(
        state="skipped", done_at=None
    )
    page = open_page(ROADMAP, user, java_script_enabled=scripts)
    for label in ("Remaining", "In progress"):
        choose(page, label)
        should_show(page, [])
        expect(page.get_by_text(NOTHING)).to_be_visible()
    page.get_by_role("link", name="Show all steps").click()
    expect(page.locator(".route h2").filter(visible=True)).to_have_count(23)
    expect(page.get_by_text(NOTHING)).to_have_count(0)


def test_axe_on_each(open_page, under_way, axe):
    page = open_page(ROADMAP, under_way)
    for label in WANTED:
        choose(page, label)
        axe(page)


def test_axe_when_nothing_is_left_to_show(open_page, backend, user, axe):
    page = open_page(f"{ROADMAP}?show=learning", user)
    expect(page.get_by_text(NOTHING)).to_be_visible()
    axe(page)


def test_they_fit_on_a_phone(open_page, under_way):
    page = open_page(f"{ROADMAP}?show=required", under_way, **PHONE)
    should_not_scroll_sideways(page)
