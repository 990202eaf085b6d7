"""The theme switch in the footer, without JavaScript."""

import pytest
from playwright.sync_api import expect

from tests.browser.roadmap_page import ROADMAP, tick_button, undo_button

BACKGROUNDS = {"light": "rgb(251, 250, 246)", "dark": "rgb(23, 22, 19)"}


def choose(page, theme):
    page.get_by_role("button", name=theme, exact=True).click()


def expect_scheme(page, scheme):
    background = BACKGROUNDS[scheme]
    expect(page.locator("body")).to_have_css("background-color", background)


def theme_cookies(page):
    return [c["value"] for c in page.context.cookies() if c["name"] == "theme"]


@pytest.mark.parametrize(("system", "other"), [("light", "dark"), ("dark", "light")])
def test_a_choice_overrides_the_system_until_it_is_taken_back(
    open_page, backend, system, other
):
    page = open_page(ROADMAP, java_script_enabled=False, color_scheme=system)
    expect_scheme(page, system)
    expect(page.get_by_role("button", name="System", pressed=True)).to_be_visible()
    choose(page, other.title())
    expect(page).to_have_title("Backend Developer Roadmap · Cairn")
    expect_scheme(page, other)
    expect(page.get_by_role("button", name=other.title(), pressed=True)).to_be_visible()
    page.get_by_role("link", name="All roadmaps").click()
    expect(page).to_have_title("Roadmaps · Cairn")
    expect_scheme(page, other)
    assert theme_cookies(page) == [other]
    choose(page, "System")
    expect_scheme(page, system)
    assert theme_cookies(page) == []


def test_a_chosen_dark_theme_is_accessible(open_page, backend, axe):
    page = open_page(ROADMAP)
    choose(page, "Dark")
    expect_scheme(page, "dark")
    axe(page)


@pytest.mark.fails_requests
def test_a_choice_stays_on_the_page_that_it_was_made_on(open_page, user_with_progress):
    page = open_page("/no/such/page/", user_with_progress, java_script_enabled=False)
    choose(page, "Dark")
    expect_scheme(page, "dark")
    expect(page.get_by_text("Error 404")).to_be_visible()
    page.goto(ROADMAP)
    tick_button(page, "Caching").click()
    choose(page, "Light")
    expect_scheme(page, "light")
    expect(undo_button(page, "Caching")).to_be_visible()


@pytest.mark.parametrize("width", [768, 1280, 1600])
def test_header_page_and_footer_end_at_the_same_edges(open_page, backend, width):
    page = open_page("/", viewport={"width": width, "height": 900})
    last = page.get_by_role("link", name="Create an account").bounding_box()
    theme = page.get_by_role("button", name="Dark")
    text = theme.evaluate(
        """button => {
            const range = document.createRange();
            range.selectNodeContents(button);
            return range.getBoundingClientRect().right;
        }"""
    )
    assert abs(last["x"] + last["width"] - text) < 1
