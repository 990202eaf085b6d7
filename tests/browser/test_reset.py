"""Starting over: it asks first, and can be undone while the page is open."""

import re

import pytest
from playwright.sync_api import expect

from progress.models import Completion, StepProgress
from progress.notes import Note
from tests.browser.route import ROADMAP, control, should_be, stored, total
from tests.browser.step import look_at
from tests.browser.test_small_screen import (
    PHONE,
    should_not_scroll_sideways,
)

RESET = "/progress/reset/backend-developer/"
UNDO = "Undo, with all dates"

either_way = pytest.mark.parametrize("scripts", [True, False], ids=["js", "no js"])


@pytest.fixture
def asked(open_page, under_way):
    """A function that leads from the roadmap to the page that asks."""

    def ask(scripts=True, **options):
        page = open_page(ROADMAP, under_way, java_script_enabled=scripts, **options)
        page.get_by_role("link", name="Reset this roadmap").click()
        should_be_headed(page, "Reset the Backend Developer Roadmap?")
        return page

    return ask


def should_be_headed(page, title):
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def reset(page):
    page.get_by_role("button", name="Reset", exact=True).click()
    should_be_headed(page, "Your progress is reset")


def undo(page):
    page.get_by_role("button", name=UNDO).click()
    expect(page).to_have_url(re.compile(f"{ROADMAP}$"))


def rows():
    return [
        list(model.objects.order_by("pk").values())
        for model in (StepProgress, Completion)
    ]


@either_way
def test_it_asks_and_can_be_left_as_it_is(asked, scripts):
    before = rows()
    page = asked(scripts)
    expect(page.get_by_role("main")).to_contain_text("on 4 steps. Your notes stay.")
    page.get_by_role("link", name="Leave it as it is").click()
    should_be(page, "Caching", "done", "Undo")
    assert rows() == before


@either_way
def test_it_takes_everything_back(asked, backend, user, scripts):
    step = backend.steps.get(slug="caching")
    Note.objects.create(user=user, step=step, text="Kept", page="p")
    page = asked(scripts)
    reset(page)
    assert stored(user) == {}
    page.get_by_role("link", name="Backend Developer Roadmap").click()
    expect(total(page)).to_contain_text("0 of 14 required · 0 of 9 optional")
    should_be(page, "Caching", "not started", "Mark done")
    assert Note.objects.get().text == "Kept"


@either_way
def test_undo_brings_everything_back_with_its_dates(asked, backend, user, scripts):
    may_3 = StepProgress.objects.first().started_at
    Completion.objects.create(user=user, roadmap=backend, completed_at=may_3)
    before = rows()
    page = asked(scripts)
    reset(page)
    undo(page)
    should_be(page, "Caching", "done", "Undo")
    should_be(page, "Version Control Systems", "skipped", "Mark done")
    expect(page.get_by_text("Done 3 May").first).to_be_visible()
    expect(total(page)).to_contain_text("completed on 3 May 2026")
    assert rows() == before


def test_undo_works_after_a_look_at_the_roadmap_in_another_tab(asked):
    before = rows()
    page = asked()
    reset(page)
    other = page.context.new_page()
    other.goto(ROADMAP)
    should_be(other, "Caching", "not started", "Mark done")
    undo(page)
    should_be(page, "Caching", "done", "Undo")
    look_at(other)
    should_be(other, "Caching", "done", "Undo")
    assert rows() == before


def test_undo_leaves_what_was_marked_since(asked, user):
    page = asked()
    reset(page)
    other = page.context.new_page()
    other.goto(ROADMAP)
    control(other, "Testing").click()
    should_be(other, "Testing", "done", "Undo")
    undo(page)
    should_be(page, "Testing", "done", "Undo")
    should_be(page, "Caching", "done", "Undo")
    assert len(stored(user)) == 5


def test_undo_is_still_there_after_a_reload(asked):
    before = rows()
    page = asked()
    reset(page)
    page.reload()
    should_be_headed(page, "Your progress is reset")
    undo(page)
    assert rows() == before


def test_with_the_keyboard(asked, user):
    page = asked()
    page.get_by_role("button", name="Reset", exact=True).focus()
    page.keyboard.press("Enter")
    should_be_headed(page, "Your progress is reset")
    page.get_by_role("button", name=UNDO).focus()
    page.keyboard.press("Enter")
    should_be(page, "Caching", "done", "Undo")
    assert len(stored(user)) == 4


def test_there_is_nothing_to_reset_before_the_first_tick(open_page, backend, user):
    page = open_page(RESET, user)
    expect(page.get_by_text("there is nothing to reset")).to_be_visible()
    expect(page.get_by_role("button", name="Reset")).to_have_count(0)
    page.get_by_role("link", name="Back to the roadmap").click()
    should_be_headed(page, "Backend Developer Roadmap")


def test_axe(asked, axe):
    page = asked()
    axe(page)
    reset(page)
    axe(page)


def test_it_fits_on_a_phone(asked):
    page = asked(**PHONE)
    should_not_scroll_sideways(page)
    reset(page)
    should_not_scroll_sideways(page)
    button = page.get_by_role("button", name=UNDO)
    assert button.bounding_box()["height"] >= 44
