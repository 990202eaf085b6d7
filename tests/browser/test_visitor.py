"""A visitor reads the list of roadmaps and a roadmap."""

import re

from django.conf import settings
from playwright.sync_api import expect

from editing.yaml_format.schema import read
from tests.browser.account_pages import expect_heading


def test_a_visitor_reads_a_roadmap_and_is_given_no_cookie(open_page, backend, axe):
    source = read(settings.BASE_DIR / "fixtures/backend-developer.yaml")
    page = open_page("/", timezone_id="Pacific/Auckland")
    axe(page)
    expect_only_the_search_script(page)
    page.get_by_role("link", name="Backend Developer Roadmap").click()
    expect_heading(page, "Backend Developer Roadmap")
    expect(page.get_by_text("23 steps in this roadmap")).to_be_visible()
    axe(page)
    expect_only_the_search_script(page)
    expect(page.get_by_role("navigation", name="Show")).to_have_count(0)
    rows = page.get_by_role("listitem")
    titles = [step.title for step in source.steps]
    expect(rows.get_by_role("heading")).to_have_text(titles)
    summaries = [step.summary for step in source.steps]
    expect(rows.get_by_role("paragraph").filter(has_text=".")).to_have_text(summaries)
    expect(rows.locator(".ring")).to_have_text([str(n) for n in range(1, 24)])
    optional = rows.filter(has=page.get_by_text("Optional", exact=True))
    optional_titles = [step.title for step in source.steps if step.optional]
    expect(optional.get_by_role("heading")).to_have_text(optional_titles)
    page.get_by_role("link", name="All roadmaps").click()
    expect(page).to_have_title("Roadmaps · Cairn")
    assert page.context.cookies() == []


def expect_only_the_search_script(page):
    expect(page.locator("script")).to_have_count(1)
    expect(page.locator("script")).to_have_attribute("src", re.compile("search-dialog"))
