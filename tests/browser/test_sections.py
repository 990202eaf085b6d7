"""The sections of a roadmap's route."""

import pytest
from playwright.sync_api import expect

from progress.models import StepProgress
from tests.browser.full_step import add_sections
from tests.browser.roadmap_page import (
    ROADMAP,
    expect_step,
    show_tab_again,
    tick_button,
)
from tests.browser.screens import (
    PHONE,
    expect_large_targets,
    expect_no_sideways_scroll,
)

LAPTOP = {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture
def roadmap(backend):
    add_sections(backend)
    return backend


def section(page, slug):
    return page.locator(f"#section_{slug}")


def next_step(page):
    """The step with visible buttons."""
    return page.locator(".step:has(> .actions)").filter(
        has=page.locator(".actions:visible")
    )


def test_ticking_through_a_section(open_page, user, roadmap, javascript):
    page = open_page(ROADMAP, user, java_script_enabled=javascript)
    for title in ("Internet Fundamentals", "Choose a Backend Language"):
        tick_button(page, title).click()
        expect_step(page, title, "done", "Undo")
    head = section(page, "foundations").locator("> summary")
    expect(head).to_contain_text("2 of 3 required")
    tick_button(page, "Version Control Systems").click()
    expect(head).to_contain_text("3 of 3 required")
    expect(next_step(page)).to_have_count(1)
    expect(next_step(page)).to_contain_text("Relational Databases")
    expect(section(page, "foundations").locator(".step").last).to_be_visible()


def test_only_one_step_is_the_next_one(open_page, user, roadmap):
    for step in roadmap.steps.filter(is_optional=False):
        StepProgress.objects.mark(user, step.pk, "done")
    page = open_page(ROADMAP, user)
    page.evaluate("document.querySelectorAll('.section').forEach(s => s.open = true)")
    expect(next_step(page)).to_have_count(1)
    expect(next_step(page)).to_contain_text("Caching")
    StepProgress.objects.mark(user, roadmap.steps.get(slug="observability").pk, "none")
    last = roadmap.steps.get(slug="observability")
    StepProgress.objects.mark(user, last.pk, "learning")
    page.reload()
    expect(next_step(page)).to_have_count(1)
    expect(next_step(page)).to_contain_text("Observability")


def test_a_link_to_a_step_opens_its_section(open_page, user, roadmap, javascript):
    page = open_page(f"{ROADMAP}#observability", user, java_script_enabled=javascript)
    expect(page.locator("#observability h2")).to_be_in_viewport()
    expect(section(page, "design").locator(".step").first).not_to_be_visible()


def test_the_last_mark_of_a_section_leaves_it_open(open_page, user, roadmap):
    for step in roadmap.steps.all()[:2]:
        StepProgress.objects.mark(user, step.pk, "done")
    page = open_page(ROADMAP, user)
    tick_button(page, "Version Control Systems").click()
    expect_step(page, "Version Control Systems", "done", "Undo")
    expect(page.locator("#section_foundations_head")).to_contain_text("3 of 3")
    expect(page.locator("#section_foundations_head .stone")).to_have_attribute(
        "data-state", "done"
    )
    with page.expect_response(f"**{ROADMAP}*"):
        show_tab_again(page)
    expect(tick_button(page, "Version Control Systems")).to_be_visible()


def test_a_refresh_leaves_what_is_folded(open_page, user, roadmap):
    page = open_page(ROADMAP, user)
    section(page, "foundations").locator("> summary").click()
    section(page, "operations").locator("> summary").click()
    StepProgress.objects.mark(user, roadmap.steps.last().pk, "done")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(".step").last).to_have_attribute("data-state", "done")
    expect(page.locator(".step").last).to_be_visible()
    expect(page.locator(".step").first).not_to_be_visible()


def test_the_shortcuts_go_through_the_open_sections(open_page, user, roadmap):
    page = open_page(ROADMAP, user)
    section(page, "foundations").locator("> summary").click()
    page.keyboard.press("j")
    focused = page.locator(".station:focus")
    expect(focused).to_contain_text("Relational Databases")
    page.keyboard.press("x")
    expect_step(page, "Relational Databases", "done", "Undo")
    page.keyboard.press("k")
    expect(focused).to_contain_text("Relational Databases")


def test_a_filter_hides_sections_without_a_match(open_page, user, roadmap):
    StepProgress.objects.mark(user, roadmap.steps.last().pk, "done")
    page = open_page(f"{ROADMAP}?show=done", user)
    expect(section(page, "operations").locator(".step").last).to_be_visible()
    expect(section(page, "foundations")).not_to_be_visible()


@pytest.mark.parametrize("screen", [PHONE, LAPTOP])
def test_the_page_is_accessible(open_page, user, roadmap, axe, screen):
    page = open_page(ROADMAP, user, **screen)
    axe(page)
    page.evaluate("document.querySelectorAll('.section').forEach(s => s.open = true)")
    axe(page)
    expect_no_sideways_scroll(page)
    if screen is PHONE:
        expect_large_targets(page)


def test_a_visitor_can_fold_a_section_without_javascript(open_page, roadmap):
    page = open_page(ROADMAP, java_script_enabled=False)
    expect(page.locator(".step:visible")).to_have_count(23)
    section(page, "foundations").locator("> summary").click()
    expect(page.locator(".step:visible")).to_have_count(20)


def test_every_section_is_printed(open_page, user, roadmap):
    page = open_page(ROADMAP, user)
    page.emulate_media(media="print")
    expect(page.locator(".step").last.locator("h2")).to_be_visible()
    box = page.locator(".step").last.bounding_box()
    assert box["height"] > 0
    opened, folded = section(page, "foundations"), section(page, "operations")
    assert gap_below_heading(folded) == gap_below_heading(opened)


def gap_below_heading(section):
    heading = section.locator("> summary").bounding_box()
    step = section.locator(".step").first.bounding_box()
    return round(step["y"] - heading["y"] - heading["height"])


def test_a_step_that_was_open_changes_nothing_on_paper(open_page, user, roadmap):
    step = roadmap.steps.first()
    step.hours_min = step.hours_max = 4
    step.save()
    page = open_page(ROADMAP, user)
    link = page.get_by_role("link", name=step.title, exact=True)
    link.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_focused()
    page.emulate_media(media="print")
    expect(page.locator(".standing").first).to_have_text("4 h")
    expect(page.locator(".standing").first).to_be_visible()
    expect(page.get_by_text("0 of 3 required").first).to_be_visible()
    expect(page.get_by_text("23 steps in this roadmap")).to_be_visible()
    expect(link).to_have_css("outline-style", "none")
