"""A roadmap of 60 steps in three sections: its lists of sections and its filter."""

import pytest
from playwright.sync_api import expect

from benchmarks.long_roadmap import write_roadmap
from editing.yaml_format.importer import import_roadmap
from editing.yaml_format.parser import YamlDocument
from editing.yaml_format.schema import parse
from progress.models import StepProgress
from roadmaps.models import Roadmap
from tests.browser.screens import (
    PHONE,
    expect_large_targets,
    expect_no_sideways_scroll,
)

LAPTOP = {"viewport": {"width": 1280, "height": 900}}
PATH = "/roadmaps/long-roadmap/"


@pytest.fixture
def roadmap(db):
    import_roadmap(parse(YamlDocument("long.yaml", write_roadmap(60).encode())))
    return Roadmap.objects.get(slug="long-roadmap")


def count_matches(roadmap, word):
    steps = roadmap.steps.all()
    return sum(word in f"{step.title} {step.summary}".lower() for step in steps)


def filter_field(page):
    return page.get_by_label("Filter by word")


def visible_steps(page):
    return page.locator(".step:visible")


def test_on_a_laptop_the_list_stays_in_sight_and_follows_marks(
    open_page, user, roadmap, axe
):
    page = open_page(PATH, user, **LAPTOP)
    links = page.get_by_role("navigation", name="Sections")
    link = links.get_by_role("link", name="Pointer Cache")
    expect(page.locator("#step-41")).to_be_hidden()
    link.click()
    expect(page.locator("#section_section-3 > summary")).to_be_in_viewport()
    expect(page.locator("#step-41")).to_be_in_viewport()
    expect(link).to_be_in_viewport()
    expect(link).to_contain_text("0 of 13")
    page.locator("#step-43 .station").click()
    expect(link).to_contain_text("1 of 13")
    axe(page)
    expect_no_sideways_scroll(page)


def test_on_a_phone_a_menu_leads_to_the_sections(open_page, roadmap, axe, javascript):
    page = open_page(PATH, java_script_enabled=javascript, **PHONE)
    page.locator(".section-menu > summary").click()
    link = page.get_by_role("link", name="Pointer Cache")
    expect(link).to_be_in_viewport()
    if javascript:
        axe(page)
        expect_large_targets(page)
    link.click()
    expect(page.locator("#section_section-3 > summary")).to_be_in_viewport()
    if javascript:
        expect(link).to_be_hidden()
        expect_no_sideways_scroll(page)


def test_the_filter_shows_steps_while_somebody_types(open_page, user, roadmap, axe):
    page = open_page(PATH, user, **LAPTOP)
    expect(visible_steps(page)).to_have_count(40)
    matches = count_matches(roadmap, "cache")
    filter_field(page).press_sequentially("cache")
    expect(page.get_by_text(f"Steps shown: {matches}")).to_be_visible()
    expect(visible_steps(page)).to_have_count(matches)
    filter_field(page).press("Enter")
    page.locator("#step-12 .station").click()
    expect(page.locator("#step-12")).to_have_attribute("data-state", "done")
    StepProgress.objects.mark(user, roadmap.steps.get(slug="step-14").pk, "done")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#step-14")).to_have_attribute("data-state", "done")
    expect(visible_steps(page)).to_have_count(matches)
    # Not even the section that the address names is shown.
    links = page.get_by_role("navigation", name="Sections")
    links.get_by_role("link", name="Pointer Cache").click()
    filter_field(page).fill("no such word")
    expect(page.get_by_text("No steps match this filter.")).to_be_in_viewport()
    expect(filter_field(page)).to_be_in_viewport()
    expect(page.locator(".section:visible")).to_have_count(0)
    axe(page)
    filter_field(page).fill("")
    expect(visible_steps(page)).to_have_count(40)


def test_the_server_filters_without_a_script(open_page, user, roadmap):
    matches = count_matches(roadmap, "cache")
    page = open_page(PATH, user, java_script_enabled=False, **LAPTOP)
    filter_field(page).fill("cache")
    page.get_by_role("button", name="Filter").click()
    expect(visible_steps(page)).to_have_count(matches)
    page.locator("#step-12 .station").click()
    expect(page.locator("#step-12")).to_have_attribute("data-state", "done")
    expect(visible_steps(page)).to_have_count(matches)
