"""Completing a roadmap: the animation, the date, undo, and what is left to do."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from progress.models import Completion, StepProgress
from tests.browser.roadmap_page import (
    ROADMAP,
    expect_step,
    put_back_button,
    step_row,
    tick_button,
    totals,
)
from tests.browser.screens import expect_no_sideways_scroll, use_phone_screen
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
    return page.get_by_role("region", name="Completed")


def cairn(page):
    return page.locator("svg.cairn")


def expect_complete(page, date):
    expect(completion(page).get_by_role("heading")).to_have_text("The last stone is on")
    expect(completion(page)).to_contain_text(
        f"You completed the Backend Developer Roadmap on {date}."
    )
    expect(totals(page)).to_contain_text(
        f"14 of 14 required · 7 of 9 optional · completed on {date}"
    )
    expect(completion(page).get_by_role("link")).to_have_text(
        [*OPTIONAL_STEPS_LEFT, "Choose your next roadmap"]
    )
    expect(cairn(page)).to_be_visible()


def expect_not_complete(page):
    expect(completion(page).get_by_role("heading")).to_have_count(0)
    expect(cairn(page)).to_have_count(0)
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
    expect(cairn(page)).to_have_class("cairn just")
    assert page.evaluate(ANIMATION) == "land"
    expect(page.get_by_role("status")).to_have_text(
        "Step 10, Testing, done. 14 of 14 required. "
        "You completed the Backend Developer Roadmap."
    )
    expect(tick_button(page, "Testing")).to_be_focused()
    expect_complete(page, completion_date())
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(ANIMATION) == "none"
    axe(page)
    page.get_by_role("link", name="The last stone is on").click()
    expect(completion(page)).to_be_in_viewport()
    page.emulate_media(reduced_motion="no-preference")
    page.reload()
    expect_complete(page, completion_date())
    expect(cairn(page)).to_have_class("cairn")
    assert page.evaluate(ANIMATION) == "none"
    tick_button(page, "Web Servers").click()
    expect_step(page, "Web Servers", "done", "Undo")
    expect(completion(page)).not_to_contain_text("Web Servers")
    expect(completion(page)).to_contain_text("CI/CD")
    expect(cairn(page)).to_have_class("cairn")


def test_the_last_tick_completes_without_javascript(open_page, nearly_complete):
    page = open_page(ROADMAP, nearly_complete, java_script_enabled=False)
    tick_testing(page)
    expect_complete(page, completion_date())


def test_unticking_removes_the_completion_and_undo_restores_its_date(
    open_page, complete, javascript
):
    page = open_page(ROADMAP, complete, java_script_enabled=javascript)
    expect_complete(page, "3 May 2026")
    tick_button(page, "Testing").click()
    expect_step(page, "Testing", "not started", "Mark done")
    expect_not_complete(page)
    expect(totals(page)).to_contain_text("13 of 14 required · 7 of 9 optional")
    assert not Completion.objects.exists()
    put_back_button(page, "Testing").click()
    expect_step(page, "Testing", "done", "Undo")
    expect_complete(page, "3 May 2026")
    assert Completion.objects.get().completed_at == MAY_3
    assert StepProgress.objects.get(step__slug="testing").done_at == MAY_3


def test_the_completion_links_to_what_is_left_and_to_other_roadmaps(
    open_page, complete
):
    page = open_page(ROADMAP, complete)
    use_phone_screen(page)
    expect_no_sideways_scroll(page)
    completion(page).get_by_role("link", name="Web Servers").click()
    expect(step_row(page, "Web Servers")).to_be_in_viewport()
    completion(page).get_by_role("link", name="Choose your next roadmap").click()
    expect(page).to_have_title("Roadmaps · Cairn")
    expect(page.get_by_text("completed on 3 May 2026")).to_be_visible()


def test_a_step_that_is_added_later_does_not_remove_the_completion(
    open_page, backend, complete
):
    backend.steps.update(added_at=MAY_3)
    backend.steps.create(slug="flags", title="Flags", summary="Hide it.", position=99)
    page = open_page(ROADMAP, complete)
    expect(totals(page)).to_contain_text("14 of 15 required · 7 of 9 optional")
    expect(totals(page)).to_contain_text("completed on 3 May 2026; 1 step added since")
