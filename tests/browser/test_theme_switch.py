"""The theme switch in the footer, with JavaScript off."""

import pytest
from playwright.sync_api import expect

from tests.browser.route import ROADMAP

PAPER = {"light": "rgb(251, 250, 246)", "dark": "rgb(23, 22, 19)"}


def choose(page, theme):
    page.get_by_role("button", name=theme, exact=True).click()


def should_look(page, scheme):
    expect(page.locator("body")).to_have_css("background-color", PAPER[scheme])


def theme_cookies(page):
    return [c["value"] for c in page.context.cookies() if c["name"] == "theme"]


@pytest.mark.parametrize("system", ["light", "dark"])
def test_it_follows_the_system_at_first(open_page, db, system):
    page = open_page("/", java_script_enabled=False, color_scheme=system)
    should_look(page, system)
    expect(page.get_by_role("button", name="System", pressed=True)).to_be_visible()


@pytest.mark.parametrize(("system", "other"), [("light", "dark"), ("dark", "light")])
def test_a_choice_lasts_and_system_takes_it_back(open_page, backend, system, other):
    page = open_page(ROADMAP, java_script_enabled=False, color_scheme=system)
    choose(page, other.title())
    expect(page).to_have_title("Backend Developer Roadmap · Cairn")
    should_look(page, other)
    expect(page.get_by_role("button", name=other.title(), pressed=True)).to_be_visible()
    page.get_by_role("link", name="All roadmaps").click()
    expect(page).to_have_title("Roadmaps · Cairn")
    should_look(page, other)
    assert theme_cookies(page) == [other]
    choose(page, "System")
    should_look(page, system)
    assert theme_cookies(page) == []


def test_axe_finds_nothing_in_the_dark_by_choice(open_page, backend, axe):
    page = open_page(ROADMAP)
    choose(page, "Dark")
    should_look(page, "dark")
    axe(page)


@pytest.mark.fails_requests
def test_a_page_that_is_not_there_has_it_too(open_page, db):
    page = open_page("/no/such/page/", java_script_enabled=False)
    choose(page, "Dark")
    should_look(page, "dark")
    expect(page.get_by_text("Error 404")).to_be_visible()


def test_choosing_on_a_page_with_an_offer_keeps_it(open_page, under_way):
    page = open_page(ROADMAP, under_way, java_script_enabled=False)
    page.get_by_role("button", name="Caching, step 7, done. Undo").click()
    choose(page, "Dark")
    should_look(page, "dark")
    expect(page.get_by_role("button", name="Put it back")).to_be_visible()
