"""Searching, as one types and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from progress.notes import Note
from tests.factories import RoadmapFactory

PHONE = {"width": 320, "height": 640}


def box(page):
    return page.get_by_role("searchbox", name="Search")


def hit(page, name):
    return page.locator("#search_hits").get_by_role("link", name=name, exact=True)


class TestAsOneTypes:
    @pytest.fixture
    def page(self, open_page, backend):
        return open_page("/search/")

    def test_results_follow_the_cursor_stays(self, page):
        expect(box(page)).to_be_focused()
        page.keyboard.type("cachi", delay=20)
        expect(hit(page, "Caching")).to_be_visible()
        expect(page.locator("mark").first).to_have_text("Caching")
        expect(box(page)).to_be_focused()
        expect(box(page)).to_have_value("cachi")
        expect(page).to_have_url(re.compile(r"/search/\?q=cachi$"))

    def test_the_count_is_said_in_a_region_that_was_there(self, page):
        said = page.get_by_role("status")
        expect(said).to_have_text("")
        element = said.element_handle()
        page.keyboard.type("web servers")
        expect(said).to_have_text(re.compile(r"^\d+ results?$"))
        page.keyboard.type(" zeppelin")
        expect(said).to_have_text("No results")
        assert element.evaluate("element => element.isConnected")
        box(page).fill("")
        expect(said).to_have_text("")

    def test_an_older_answer_never_replaces_a_newer_one(self, page):
        def late(route):
            if route.request.url.endswith("q=cach"):
                page.wait_for_timeout(800)
            route.continue_()

        page.route("**/search/?q=*", late)
        page.keyboard.type("cach")
        page.wait_for_timeout(300)
        page.keyboard.press("Control+A")
        page.keyboard.type("testing")
        expect(hit(page, "Testing")).to_be_visible()
        page.wait_for_timeout(1000)
        expect(hit(page, "Testing")).to_be_visible()
        expect(page).to_have_url(re.compile("q=testing$"))

    def test_back_from_a_hit_leads_to_the_results(self, page):
        page.keyboard.type("caching")
        hit(page, "Caching").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Caching")
        page.go_back()
        expect(hit(page, "Caching")).to_be_visible()
        expect(page.get_by_role("link", name="Cairn")).to_be_visible()

    @pytest.mark.fails_requests
    @pytest.mark.parametrize("status", [None, 500, 503])
    def test_no_answer_is_owned_up_to(self, page, status):
        page.route(
            "**/search/?q=*",
            lambda route: route.fulfill(status=status) if status else route.abort(),
        )
        page.keyboard.type("caching")
        expect(page.get_by_role("status")).to_contain_text("did not answer")
        page.unroute("**/search/?q=*")
        page.keyboard.press("Enter")
        expect(hit(page, "Caching")).to_be_visible()


class TestWithoutJavaScript:
    def test_it_is_a_form_and_a_page(self, open_page, backend):
        page = open_page("/", java_script_enabled=False)
        page.get_by_role("link", name="Search").click()
        box(page).fill("cachi")
        page.get_by_role("button", name="Search").click()
        expect(page).to_have_url(re.compile(r"/search/\?q=cachi$"))
        expect(box(page)).to_have_value("cachi")
        hit(page, "Caching").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Caching")


class TestTheKey:
    def test_leads_to_the_search_from_elsewhere(self, open_page, backend):
        page = open_page("/roadmaps/backend-developer/")
        page.keyboard.press("/")
        expect(page).to_have_url(re.compile("/search/$"))
        expect(box(page)).to_be_focused()
        expect(box(page)).to_have_value("")

    def test_puts_the_cursor_into_the_box(self, open_page, backend):
        page = open_page("/search/?q=caching")
        expect(box(page)).not_to_be_focused()
        page.keyboard.press("/")
        expect(box(page)).to_be_focused()
        page.keyboard.type("ci/cd")
        expect(box(page)).to_have_value("ci/cd")

    def test_is_off_while_typing_a_note(self, open_page, backend, user):
        page = open_page("/roadmaps/backend-developer/caching/", user=user)
        page.get_by_label("Your note").click()
        page.keyboard.type("and/or")
        expect(page.get_by_label("Your note")).to_have_value("and/or")

    def test_can_be_switched_off(self, open_page, backend):
        page = open_page("/")
        page.evaluate("document.documentElement.dataset.keys = 'off'")
        page.keyboard.press("/")
        page.wait_for_timeout(300)
        expect(page).to_have_url(re.compile("^[^?]*:\\d+/$"))

    def test_leaves_the_browsers_own_alone(self, open_page, backend):
        page = open_page("/")
        for key in ("Control+/", "Alt+/", "Meta+/"):
            page.keyboard.press(key)
        page.wait_for_timeout(300)
        expect(page).to_have_url(re.compile("^[^?]*:\\d+/$"))


class TestForEverybody:
    @pytest.mark.parametrize("typed", ["", "c", "caching", "zeppelin"])
    def test_each_state_is_accessible_and_fits_a_small_phone(
        self, open_page, backend, user, axe, typed
    ):
        RoadmapFactory(title="Caching" + "x" * 90, is_published=True)
        step = backend.steps.get(slug="caching")
        Note.objects.create(user=user, step=step, text="Caching " * 99 + "y" * 300)
        page = open_page(f"/search/?q={typed}", user=user, viewport=PHONE)
        axe(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"]

    def test_what_was_swapped_in_is_too(self, open_page, backend, axe):
        page = open_page("/search/", viewport=PHONE)
        page.keyboard.type("caching")
        expect(hit(page, "Caching")).to_be_visible()
        axe(page)

    def test_targets_are_44_pixels(self, open_page, backend):
        page = open_page("/search/?q=caching", viewport=PHONE)
        targets = page.locator("main").locator("a, button, input").all()
        targets.append(page.locator(".search-link"))
        for target in targets:
            size = target.bounding_box()
            assert size["height"] >= 44
            assert size["width"] >= 24


def test_forced_colours_are_accessible(open_page, backend, axe):
    # axe reads the text's fill colour, which is computed as if nothing were forced.
    axe(open_page("/search/?q=caching", forced_colors="active"), but=["color-contrast"])
