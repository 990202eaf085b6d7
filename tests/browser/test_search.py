"""Searching while typing, and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from progress.notes import Note
from tests.browser.network import fail_requests, hold_first_request
from tests.browser.screens import PHONE, expect_no_sideways_scroll
from tests.factories import RoadmapFactory

REQUESTS = "**/search/?q=*"


def box(page):
    return page.get_by_role("searchbox", name="Search")


def result(page, name):
    return page.locator("#search_hits").get_by_role("link", name=name, exact=True)


class TestWhileTyping:
    @pytest.fixture
    def page(self, open_page, backend):
        return open_page("/search/")

    def test_results_follow_and_going_back_returns_to_them(self, page):
        expect(box(page)).to_be_focused()
        page.keyboard.type("cachi", delay=20)
        expect(result(page, "Caching")).to_be_visible()
        expect(page.locator("mark").first).to_have_text("Caching")
        expect(box(page)).to_be_focused()
        expect(box(page)).to_have_value("cachi")
        expect(page).to_have_url(re.compile(r"/search/\?q=cachi$"))
        result(page, "Caching").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Caching")
        page.go_back()
        expect(result(page, "Caching")).to_be_visible()
        expect(page.get_by_role("link", name="Cairn")).to_be_visible()

    def test_a_live_region_says_how_many(self, page, axe):
        status = page.get_by_role("status")
        expect(status).to_have_text("")
        element = status.element_handle()
        page.keyboard.type("web servers")
        expect(status).to_have_text(re.compile(r"^\s*\d+ results?\s*$"))
        axe(page)
        page.keyboard.type(" zeppelin")
        expect(status).to_have_text("No results")
        assert element.evaluate("element => element.isConnected")
        box(page).fill("")
        expect(status).to_have_text("")

    def test_an_old_answer_never_replaces_a_new_one(self, page):
        held = hold_first_request(page, "**/search/?q=cach")
        with page.expect_request("**/search/?q=cach"):
            page.keyboard.type("cach")
        page.keyboard.press("Control+A")
        page.keyboard.type("testing")
        held[0].continue_()
        held[0].request.response()  # waits for the answer, unless the page gave it up
        expect(result(page, "Testing")).to_be_visible()
        expect(result(page, "Caching")).to_have_count(0)
        expect(page).to_have_url(re.compile("q=testing$"))

    @pytest.mark.fails_requests
    def test_a_missing_answer_is_reported(self, page):
        for status in (0, 500, 503):
            fail_requests(page, REQUESTS, status)
            page.keyboard.type("caching")
            expect(page.get_by_role("status")).to_contain_text("did not answer")
            page.unroute(REQUESTS)
            page.keyboard.press("Enter")
            expect(result(page, "Caching")).to_be_visible()
            page.goto("/search/")


def test_without_javascript_it_is_a_form_and_a_page(open_page, backend):
    page = open_page("/", java_script_enabled=False)
    page.get_by_role("link", name="Search").click()
    box(page).fill("cachi")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile(r"/search/\?q=cachi$"))
    expect(box(page)).to_have_value("cachi")
    result(page, "Caching").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Caching")


def test_the_slash_key_leads_to_the_search_box(open_page, backend):
    page = open_page("/roadmaps/backend-developer/")
    page.keyboard.press("/")
    expect(page).to_have_url(re.compile("/search/$"))
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")
    page.goto("/search/?q=caching")
    expect(box(page)).not_to_be_focused()
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.type("ci/cd")
    expect(box(page)).to_have_value("ci/cd")


def test_the_slash_key_can_be_off_and_leaves_the_browsers_shortcuts_alone(
    open_page, backend, user
):
    page = open_page("/", user)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    for key in ("Control+/", "Alt+/", "Meta+/"):
        page.keyboard.press(key)
    page.evaluate("document.documentElement.dataset.keys = 'off'")
    page.keyboard.press("/")
    # A request for the search page would be sent before this one is answered.
    page.evaluate("fetch('/robots.txt').then(response => response.text())")
    assert [url for url in requests if "/search/" in url] == []


def test_each_state_is_accessible_and_fits_a_phone(open_page, backend, user, axe):
    RoadmapFactory(title="Caching" + "x" * 90, is_published=True)
    step = backend.steps.get(slug="caching")
    Note.objects.create(user=user, step=step, text="Caching " * 99 + "y" * 300)
    page = open_page("about:blank", user, **PHONE)
    for words in ("", "c", "zeppelin", "caching"):
        page.goto(f"/search/?q={words}")
        axe(page)
        expect_no_sideways_scroll(page)
    targets = page.locator("main").locator("a, button, input").all()
    targets.append(page.locator(".search-link"))
    for target in targets:
        size = target.bounding_box()
        assert size["height"] >= 44
        assert size["width"] >= 24
    # axe compares the colours of the style sheet, not the forced ones.
    page.emulate_media(forced_colors="active")
    axe(page, without=["color-contrast"])
