"""Searching while typing, and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from progress.notes import Note
from tests.browser.full_step import fill_step
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
            expect(page.get_by_role("status")).to_contain_text("Search failed.")
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


def test_a_topic_and_a_question_lead_to_their_places(open_page, backend, javascript):
    fill_step(backend.steps.get(slug="caching"))
    page = open_page("/search/?q=copy live", java_script_enabled=javascript)
    result(page, "Where a copy can live").click()
    expect(page).to_have_url(re.compile("/caching/#topic_where-a-copy-can-live$"))
    expect(page.get_by_role("heading", name="Where a copy")).to_be_in_viewport()
    page.goto("/search/?q=stampede")
    result(page, "What is a stampede?").click()
    expect(page.get_by_text("What is a stampede?")).to_be_in_viewport()
    expect(page.get_by_text("Because of x.").last).to_be_visible()


def combobox(page):
    return page.get_by_role("combobox", name="Search")


class TestOverThePage:
    @pytest.mark.parametrize("who", ["visitor", "user"])
    @pytest.mark.parametrize("key", ["/", "Control+k", "Meta+k"])
    def test_opens_is_used_by_keyboard_and_gives_the_focus_back(
        self, open_page, backend, request, who, key
    ):
        user = request.getfixturevalue("user") if who == "user" else None
        page = open_page("/roadmaps/backend-developer/", user)
        opener = page.get_by_role("link", name="Caching", exact=True).first
        opener.focus()
        page.keyboard.press(key)
        expect(combobox(page)).to_be_focused()
        status = page.get_by_role("dialog", name="Search").get_by_role("status")
        expect(status).to_contain_text("The beginning of a word is enough.")
        expect(combobox(page)).to_have_attribute("aria-expanded", "false")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(opener).to_be_focused()

    def test_arrow_keys_choose_and_enter_opens(self, open_page, backend, axe):
        page = open_page("/")
        page.keyboard.press("/")
        page.keyboard.type("databases")
        options = page.get_by_role("listbox", name="Search").get_by_role("option")
        expect(options.first).to_be_visible()
        expect(combobox(page)).to_have_attribute("aria-expanded", "true")
        status = page.get_by_role("dialog").get_by_role("status")
        expect(status).to_have_text(re.compile(r"\d+ results"))
        chosen = page.get_by_role("option", selected=True)
        expect(chosen).to_have_count(0)
        page.keyboard.press("ArrowUp")
        expect(options.last).to_have_attribute("aria-selected", "true")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        expect(options.first).to_have_attribute("aria-selected", "true")
        expect(chosen).to_have_count(1)
        active = combobox(page).get_attribute("aria-activedescendant")
        assert active == options.first.get_attribute("id")
        expect(combobox(page)).to_be_focused()
        axe(page)
        href = options.first.get_attribute("href")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"{href}$"))

    def test_enter_without_a_choice_leads_to_the_page(self, open_page, backend):
        page = open_page("/roadmaps/backend-developer/caching/")
        page.keyboard.press("/")
        page.keyboard.type("cachi")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/search/\?q=cachi$"))

    def test_a_press_on_an_option_opens_it(self, open_page, backend):
        page = open_page("/")
        page.keyboard.press("Control+k")
        page.keyboard.type("caching")
        page.get_by_role("option", name="Caching Step").click()
        expect(page).to_have_url(re.compile(r"/backend-developer/caching/$"))

    def test_an_old_answer_never_replaces_a_new_one(self, open_page, backend):
        page = open_page("/")
        page.keyboard.press("/")
        held = hold_first_request(page, "**/search/options/?q=cach")
        with page.expect_request("**/search/options/?q=cach"):
            page.keyboard.type("cach")
        page.keyboard.press("Control+A")
        page.keyboard.type("testing")
        option = page.get_by_role("option")
        expect(option.first).to_contain_text("Testing")
        held[0].continue_()
        held[0].request.response()
        expect(option.first).to_contain_text("Testing")

    @pytest.mark.fails_requests
    def test_a_missing_answer_is_reported(self, open_page, backend):
        page = open_page("/")
        page.keyboard.press("/")
        status = page.get_by_role("dialog").get_by_role("status")
        expect(status).to_contain_text("is enough")
        for code in (0, 500):
            fail_requests(page, "**/search/options/?q=*", code)
            page.keyboard.type("caching")
            expect(status).to_have_text("Search failed. Press Enter to try again.")
            expect(page.get_by_role("option")).to_have_count(0)
            page.unroute("**/search/options/?q=*")
            combobox(page).fill("testing")
            expect(page.get_by_role("option").first).to_be_visible()

    def test_fits_a_phone(self, open_page, backend, user, axe):
        RoadmapFactory(title="Caching" + "x" * 90, is_published=True)
        page = open_page("/", user, **PHONE)
        page.keyboard.press("/")
        page.keyboard.type("caching")
        option = page.get_by_role("option").first
        expect(option).to_be_visible()
        assert option.bounding_box()["height"] >= 44
        expect_no_sideways_scroll(page)
        axe(page)


def test_the_keys_lead_to_the_box_of_the_search_page(open_page, backend):
    page = open_page("/search/?q=caching")
    expect(box(page)).not_to_be_focused()
    page.keyboard.press("Control+k")
    expect(box(page)).to_be_focused()
    page.get_by_role("heading", level=1).click()
    page.locator("body").press("Escape")
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("ci/cd")
    expect(box(page)).to_have_value("ci/cd")


def test_results_can_be_narrowed(open_page, backend, javascript):
    page = open_page("/search/?q=caching", java_script_enabled=javascript)
    page.get_by_role("navigation", name="Type of result").get_by_text("Steps").click()
    expect(page).to_have_url(re.compile(r"q=caching&type=step$"))
    box(page).fill("testing")
    if not javascript:
        page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile(r"q=testing&type=step$"))
    expect(result(page, "Testing")).to_be_visible()
    expect(page.locator(".hit").filter(has_text="Resource ·")).to_have_count(0)


def test_the_keys_can_be_off_and_leaves_the_browsers_shortcuts_alone(
    open_page, backend, user
):
    page = open_page("/", user)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    for key in ("Control+/", "Alt+/", "Meta+/"):
        page.keyboard.press(key)
    page.evaluate("document.documentElement.dataset.keys = 'off'")
    page.keyboard.press("/")
    page.keyboard.press("Control+k")
    # A request for the search page would be sent before this one is answered.
    page.evaluate("fetch('/robots.txt').then(response => response.text())")
    assert [url for url in requests if "/search/" in url] == []


def test_each_state_is_accessible_and_fits_a_phone(open_page, backend, user, axe):
    RoadmapFactory(title="Caching" + "x" * 90, is_published=True)
    step = backend.steps.get(slug="caching")
    fill_step(step)
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
