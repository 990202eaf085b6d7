"""Completing a roadmap: the animation, the date, undo, and what is left to do."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from progress.models import Completion, StepProgress
from tests.browser.roadmap_page import (
    ROADMAP,
    expect_step,
    expect_totals,
    step_row,
    tick_button,
    totals,
    undo_button,
)
from tests.browser.screens import PHONE, expect_no_sideways_scroll, use_phone_screen
from tests.factories import StepProgressFactory

MAY_3 = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)
OPTIONAL_STEPS_LEFT = ["CI/CD", "Web Servers"]
ANIMATION = "getComputedStyle(document.querySelector('.cairn .last')).animationName"


@pytest.fixture
def nearly_complete(backend, user):
    """A person who did all steps but Testing and two optional ones on 3 May 2026."""
    for step in backend.steps.exclude(title__in=["Testing", *OPTIONAL_STEPS_LEFT]):
        StepProgressFactory(user=user, step=step, started_at=MAY_3)
    return user


@pytest.fixture
def complete(backend, nearly_complete):
    """The same person after the last required step."""
    testing = backend.steps.get(slug="testing")
    StepProgressFactory(user=nearly_complete, step=testing, started_at=MAY_3)
    Completion.objects.create(user=nearly_complete, roadmap=backend, completed_at=MAY_3)
    return nearly_complete


def completion(page):
    return page.get_by_role("region", name="Roadmap completed")


def expect_in_window(page):
    """Expect the moment of completion to be in the window as a whole."""
    expect(completion(page)).to_be_in_viewport(ratio=1)


def expect_complete(page, date):
    expect(completion(page)).to_contain_text(f"You completed this roadmap on {date}.")
    expect_totals(page, "14 of 14", "7 of 9")
    expect(totals(page)).to_contain_text(f"Completed on {date}")
    expect(
        page.get_by_role("heading", name="2 optional steps remaining")
    ).to_be_visible()
    for title in OPTIONAL_STEPS_LEFT:
        expect(onward(page).get_by_role("link", name=title)).to_be_visible()


def onward(page):
    return page.locator("#roadmap_onward")


def expect_not_complete(page):
    expect(completion(page)).to_have_count(0)
    expect(onward(page)).to_have_count(0)
    expect(page.get_by_text("completed on")).to_have_count(0)


def tick_testing(page):
    expect_not_complete(page)
    tick_button(page, "Testing").click()
    expect_step(page, "Testing", "done", "Undo")


def completion_date():
    at = Completion.objects.get().completed_at
    return f"{at.day} {at:%B %Y}"


def test_the_last_tick_is_celebrated_once(open_page, nearly_complete, axe):
    page = open_page(ROADMAP, nearly_complete, reduced_motion="no-preference")
    tick_testing(page)
    expect_in_window(page)
    assert page.evaluate(ANIMATION) == "land"
    expect(page.get_by_role("status")).to_have_text(
        "Step 10, Testing, done. 14 of 14 required. Roadmap completed."
    )
    expect(tick_button(page, "Testing")).to_be_focused()
    expect_complete(page, completion_date())
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(ANIMATION) == "none"
    axe(page)
    page.get_by_role("link", name="What next?").click()
    expect(onward(page)).to_be_in_viewport()
    page.emulate_media(reduced_motion="no-preference")
    tick_button(page, "Web Servers").click()
    expect_step(page, "Web Servers", "done", "Undo")
    expect(onward(page)).not_to_contain_text("Web Servers")
    expect(onward(page)).to_contain_text("1 optional step remaining")
    expect(onward(page)).to_contain_text("CI/CD")
    assert page.evaluate(ANIMATION) == "none"
    tick_button(page, "Web Servers").click()
    expect_step(page, "Web Servers", "not started", "Mark done")
    page.reload()
    expect_complete(page, completion_date())
    assert page.evaluate(ANIMATION) == "none"


def test_the_last_tick_completes_without_javascript(open_page, nearly_complete):
    page = open_page(ROADMAP, nearly_complete, java_script_enabled=False)
    tick_testing(page)
    expect_complete(page, completion_date())
    expect_in_window(page)
    expect(tick_button(page, "Testing")).to_be_in_viewport()


@pytest.mark.parametrize("slug", ["internet-fundamentals", "building-for-scale"])
def test_the_moment_is_in_a_phones_window(open_page, backend, nearly_complete, slug):
    """Wherever the last step is, and without hiding it."""
    steps = StepProgress.objects.filter(user=nearly_complete)
    steps.filter(step__slug=slug).update(step=backend.steps.get(slug="testing"))
    step = backend.steps.get(slug=slug)
    page = open_page(ROADMAP, nearly_complete, **PHONE)
    button = tick_button(page, step.title)
    for block in ("end", "start"):
        button.evaluate(f"button => button.scrollIntoView({{block: '{block}'}})")
        button.click()
        expect_step(page, step.title, "done", "Undo")
        expect_in_window(page)
        moment, box = completion(page).bounding_box(), button.bounding_box()
        assert box["y"] + box["height"] <= moment["y"]
        button.click()
        expect_step(page, step.title, "not started", "Mark done")


def test_unticking_removes_the_completion_and_undo_restores_its_date(
    open_page, complete, javascript
):
    page = open_page(ROADMAP, complete, java_script_enabled=javascript)
    expect_complete(page, "3 May 2026")
    tick_button(page, "Testing").click()
    expect_step(page, "Testing", "not started", "Mark done")
    expect_not_complete(page)
    expect_totals(page, "13 of 14", "7 of 9")
    assert not Completion.objects.exists()
    undo_button(page, "Testing").click()
    expect_step(page, "Testing", "done", "Undo")
    expect_complete(page, "3 May 2026")
    assert Completion.objects.get().completed_at == MAY_3
    assert StepProgress.objects.get(step__slug="testing").done_at == MAY_3


def test_the_completion_links_to_what_is_left_and_to_other_roadmaps(
    open_page, complete, cooking
):
    page = open_page(ROADMAP, complete)
    use_phone_screen(page)
    expect_no_sideways_scroll(page)
    onward(page).get_by_role("link", name="Web Servers").click()
    expect(step_row(page, "Web Servers")).to_be_in_viewport()
    page.get_by_role("link", name="Roadmap completed").click()
    expect(onward(page)).to_be_in_viewport()
    expect(onward(page).get_by_role("link", name="All roadmaps")).to_be_visible()
    onward(page).get_by_role("link", name="Cooking").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cooking")


def test_a_step_that_is_added_later_does_not_remove_the_completion(
    open_page, backend, complete
):
    backend.steps.update(added_at=MAY_3)
    backend.steps.create(slug="flags", title="Flags", summary="Hide it.", position=99)
    page = open_page(ROADMAP, complete)
    expect_totals(page, "14 of 15", "7 of 9")
    expect(totals(page)).to_contain_text("Completed on 3 May 2026; 1 step added since")
