"""A visitor looks around."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from editing.yaml_format.schema import read
from tests.browser.route import ROADMAP


@pytest.fixture
def entries():
    return read(settings.BASE_DIR / "fixtures/backend-developer.yaml").steps


def test_they_browse_from_the_list_to_the_route(open_page, backend, axe):
    page = open_page("/")
    axe(page)
    page.get_by_role("link", name="Backend Developer Roadmap").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Backend Developer Roadmap"
    )
    expect(page.get_by_text("23 steps in this roadmap")).to_be_visible()
    axe(page)


def test_they_read_every_step_in_its_order(open_page, backend, entries):
    page = open_page(ROADMAP)
    rows = page.get_by_role("listitem")
    expect(rows.get_by_role("heading")).to_have_text([step.title for step in entries])
    expect(rows.get_by_role("paragraph").filter(has_text=".")).to_have_text(
        [step.summary for step in entries]
    )
    expect(rows.locator(".ring")).to_have_text([str(n) for n in range(1, 24)])


def test_they_see_which_steps_are_optional(open_page, backend, entries):
    page = open_page(ROADMAP)
    tagged = page.get_by_role("listitem").filter(
        has=page.get_by_text("Optional", exact=True)
    )
    expect(tagged.get_by_role("heading")).to_have_text(
        [step.title for step in entries if step.optional]
    )


@pytest.mark.parametrize("path", ["/", ROADMAP])
def test_they_are_given_no_cookie_and_no_script_but_for_the_search_key(
    open_page, backend, path
):
    page = open_page(path)
    assert page.context.cookies() == []
    expect(page.locator("script")).to_have_count(1)
    expect(page.locator("script")).to_have_attribute("src", re.compile("search-key"))


def test_they_go_back_to_all_roadmaps(open_page, backend):
    page = open_page(ROADMAP)
    page.get_by_role("link", name="All roadmaps").click()
    expect(page).to_have_title("Roadmaps · Cairn")
