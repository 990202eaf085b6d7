"""The one moment for delight: the last stone lands on the cairn."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from progress.models import Completion, StepProgress
from tests.browser.route import ROADMAP, control, row, should_be, total
from tests.browser.test_small_screen import PHONE, should_not_scroll_sideways
from tests.factories import StepProgressFactory

MAY_3 = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)
LEFT = ["CI/CD", "Web Servers"]
ANIMATION = "getComputedStyle(document.querySelector('.cairn .last')).animationName"

either_way = pytest.mark.parametrize("scripts", [True, False], ids=["js", "no js"])


@pytest.fixture
def nearly_there(backend, user):
    """Somebody who did it all on 3 May 2026, but for Testing and two optional steps."""
    for step in backend.steps.exclude(title__in=["Testing", *LEFT]):
        StepProgressFactory(user=user, step=step, started_at=MAY_3)
    return user


@pytest.fixture
def there(backend, nearly_there):
    """Somebody who did the last required step as well, and so completed it."""
    testing = backend.steps.get(slug="testing")
    StepProgressFactory(user=nearly_there, step=testing, started_at=MAY_3)
    Completion.objects.create(user=nearly_there, roadmap=backend, completed_at=MAY_3)
    return nearly_there


def completion(page):
    return page.get_by_role("region", name="Completed")


def tick_the_last(page):
    expect(completion(page).get_by_role("heading")).to_have_count(0)
    control(page, "Testing").click()
    should_be(page, "Testing", "done", "Undo")


def should_be_complete(page, date):
    expect(completion(page).get_by_role("heading")).to_have_text("The last stone is on")
    expect(completion(page)).to_contain_text(
        f"You completed the Backend Developer Roadmap on {date}."
    )
    expect(total(page)).to_contain_text(
        f"14 of 14 required · 7 of 9 optional · completed on {date}"
    )
    expect(completion(page).get_by_role("link")).to_have_text(
        [*LEFT, "Choose your next roadmap"]
    )


def should_not_be_complete(page):
    expect(completion(page).get_by_role("heading")).to_have_count(0)
    expect(page.locator("svg.cairn")).to_have_count(0)
    expect(page.get_by_text("completed on")).to_have_count(0)


def completed_on():
    at = Completion.objects.get().completed_at
    return f"{at.day} {at:%B %Y}"


def test_the_last_tick_lands_the_last_stone_and_says_so(open_page, nearly_there):
    page = open_page(ROADMAP, nearly_there, reduced_motion="no-preference")
    tick_the_last(page)
    expect(page.locator("svg.cairn")).to_have_class("cairn just")
    assert page.evaluate(ANIMATION) == "land"
    expect(page.get_by_role("status")).to_have_text(
        "Step 10, Testing, done. 14 of 14 required. "
        "You completed the Backend Developer Roadmap."
    )
    expect(control(page, "Testing")).to_be_focused()
    should_be_complete(page, completed_on())
    page.get_by_role("link", name="The last stone is on").click()
    expect(completion(page)).to_be_in_viewport()


def test_it_is_there_and_stands_still_after_a_reload(open_page, nearly_there):
    page = open_page(ROADMAP, nearly_there, reduced_motion="no-preference")
    tick_the_last(page)
    should_be_complete(page, completed_on())
    page.reload()
    should_be_complete(page, completed_on())
    expect(page.locator("svg.cairn")).to_have_class("cairn")
    assert page.evaluate(ANIMATION) == "none"


def test_it_is_still_for_those_who_asked_for_that(open_page, nearly_there):
    page = open_page(ROADMAP, nearly_there, reduced_motion="reduce")
    tick_the_last(page)
    expect(page.locator("svg.cairn")).to_have_class("cairn just")
    assert page.evaluate(ANIMATION) == "none"


def test_it_does_not_land_again_with_an_optional_step(open_page, there):
    page = open_page(ROADMAP, there)
    control(page, "Web Servers").click()
    should_be(page, "Web Servers", "done", "Undo")
    expect(completion(page)).not_to_contain_text("Web Servers")
    expect(completion(page)).to_contain_text("CI/CD")
    expect(page.locator("svg.cairn")).to_have_class("cairn")


def test_it_is_there_without_javascript(open_page, nearly_there):
    page = open_page(ROADMAP, nearly_there, java_script_enabled=False)
    tick_the_last(page)
    should_be_complete(page, completed_on())
    expect(page.locator("svg.cairn")).to_be_visible()


@either_way
def test_it_leads_to_what_is_left_and_to_what_comes_next(open_page, there, scripts):
    page = open_page(ROADMAP, there, java_script_enabled=scripts)
    completion(page).get_by_role("link", name="Web Servers").click()
    expect(row(page, "Web Servers")).to_be_in_viewport()
    completion(page).get_by_role("link", name="Choose your next roadmap").click()
    expect(page).to_have_title("Roadmaps · Cairn")
    expect(page.get_by_text("completed on 3 May 2026")).to_be_visible()


@either_way
def test_unticking_takes_it_away_and_undo_brings_its_date_back(
    open_page, there, scripts
):
    page = open_page(ROADMAP, there, java_script_enabled=scripts)
    should_be_complete(page, "3 May 2026")
    control(page, "Testing").click()
    should_be(page, "Testing", "not started", "Mark done")
    should_not_be_complete(page)
    expect(total(page)).to_contain_text("13 of 14 required · 7 of 9 optional")
    assert not Completion.objects.exists()
    page.get_by_role("button", name="Put it back Testing").click()
    should_be(page, "Testing", "done", "Undo")
    should_be_complete(page, "3 May 2026")
    assert Completion.objects.get().completed_at == MAY_3
    assert StepProgress.objects.get(step__slug="testing").done_at == MAY_3


def test_a_step_that_is_added_later_does_not_take_it_away(open_page, backend, there):
    backend.steps.update(added_at=MAY_3)
    backend.steps.create(slug="flags", title="Flags", summary="Hide it.", position=99)
    page = open_page(ROADMAP, there)
    expect(total(page)).to_contain_text("14 of 15 required · 7 of 9 optional")
    expect(total(page)).to_contain_text("completed on 3 May 2026; 1 step added since")


def test_axe(open_page, nearly_there, axe):
    page = open_page(ROADMAP, nearly_there)
    tick_the_last(page)
    should_be_complete(page, completed_on())
    axe(page)


def test_it_fits_on_a_phone(open_page, there):
    page = open_page(ROADMAP, there, **PHONE)
    expect(page.locator("svg.cairn")).to_be_visible()
    should_not_scroll_sideways(page)
