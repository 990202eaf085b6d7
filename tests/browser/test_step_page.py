"""A step's own page: one reads, says where one stands, and walks on."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from progress.models import StepProgress
from tests.browser.account import sign_in
from tests.browser.route import ROADMAP, control, row, stored
from tests.browser.step import (
    CACHING,
    choice,
    place,
    said,
    should_stand_at,
    standing,
)
from tests.browser.test_small_screen import (
    PHONE,
    should_be_easy_to_hit,
    should_not_scroll_sideways,
)

MAY_3 = datetime(2026, 5, 3, 9, 30, tzinfo=UTC)
BLOCK = re.compile(r"<pre><code.*?>(.*?)</code></pre>", re.S)
# What a press on Caching, done among nine optional steps, makes of the totals.
OUTCOMES = {
    "none": "Step 7, Caching, not started. 0 of 9 optional.",
    "learning": "Step 7, Caching, in progress. 0 of 9 optional.",
    "done": "Step 7, Caching, done. 1 of 9 optional.",
    "skipped": "Step 7, Caching, skipped. 0 of 8 optional.",
}

either_way = pytest.mark.parametrize("scripts", [True, False], ids=["js", "no js"])


def should_be_on_the_page(page, step="Caching", path=CACHING):
    expect(page).to_have_url(re.compile(rf"{path}([?#].*)?$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(step)


def should_be_put_back(page, user):
    should_be_on_the_page(page)
    should_stand_at(page, "done")
    expect(page.get_by_text("Done on 3 May 2026")).to_be_visible()
    caching = StepProgress.objects.get(user=user, step__slug="caching")
    assert (caching.started_at, caching.done_at) == (MAY_3, MAY_3)


class TestReading:
    @either_way
    @pytest.mark.parametrize("signed_in", [False, True], ids=["visitor", "person"])
    def test_the_title_on_the_route_leads_to_it_and_back(
        self, open_page, under_way, scripts, signed_in
    ):
        user = under_way if signed_in else None
        page = open_page(ROADMAP, user, java_script_enabled=scripts)
        page.get_by_role("link", name="Caching", exact=True).click()
        should_be_on_the_page(page)
        expect(page.get_by_role("heading", name="What to learn")).to_be_visible()
        expect(place(page)).to_contain_text("Step 7 of 23 · optional")
        page.get_by_role("link", name="Backend Developer Roadmap").click()
        expect(page).to_have_url(re.compile(rf"{ROADMAP}#caching$"))
        expect(row(page, "Caching")).to_be_in_viewport()

    def test_resources_tell_their_kind_and_host_and_open(self, open_page, backend):
        page = open_page(CACHING)
        page.context.route(
            re.compile("^https:"), lambda route: route.fulfill(body="There")
        )
        resource = backend.steps.get(slug="caching").resources.first()
        item = page.get_by_role("listitem").filter(has_text=resource.title)
        expect(item).to_contain_text(resource.get_kind_display())
        expect(item).to_contain_text(f"{resource.host} ↗, another site")
        item.get_by_role("link", name=resource.title).click()
        expect(page).to_have_url(resource.url)

    @either_way
    def test_one_walks_on_and_back(self, open_page, under_way, scripts):
        page = open_page(CACHING, under_way, java_script_enabled=scripts)
        page.get_by_role("link", name="Step 8 Web Security").click()
        should_be_on_the_page(page, "Web Security", f"{ROADMAP}web-security/")
        page.get_by_role("link", name="Step 7 Caching").click()
        should_be_on_the_page(page)
        page.get_by_role("link", name="Step 6 Learn About APIs").click()
        should_be_on_the_page(page, "Learn About APIs", f"{ROADMAP}learn-about-apis/")

    def test_a_segment_of_the_strip_leads_to_its_step(self, open_page, backend):
        page = open_page(CACHING)
        page.locator(".strip .segment").nth(9).click()
        should_be_on_the_page(page, "Testing", f"{ROADMAP}testing/")

    def test_a_press_on_copy_puts_the_code_on_the_clipboard(self, open_page, backend):
        allowed = ["clipboard-read", "clipboard-write"]
        page = open_page(CACHING, permissions=allowed)
        code = page.locator(".prose pre code").first.text_content()
        page.get_by_role("button", name="Copy").first.click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == code

    def test_without_javascript_nothing_offers_to_copy(self, open_page, backend):
        page = open_page(CACHING, java_script_enabled=False)
        expect(page.locator(".prose pre").first).to_be_visible()
        expect(page.get_by_role("button", name="Copy")).to_have_count(0)


class TestStanding:
    @either_way
    @pytest.mark.parametrize("state", OUTCOMES)
    def test_one_press_says_it_and_changes_what_depends_on_it(
        self, open_page, under_way, scripts, state
    ):
        if state == "done":
            StepProgress.objects.filter(step__slug="caching").delete()
        page = open_page(CACHING, under_way, java_script_enabled=scripts)
        choice(page, state).click()
        should_stand_at(page, state)
        should_be_on_the_page(page)
        expect(page.locator(".segment.here")).to_have_attribute("data-state", state)
        count = OUTCOMES[state].split(". ")[1].rstrip(".")
        expect(place(page)).to_contain_text(f"1 of 13 required · {count}")
        assert stored(under_way).get("caching", "none") == state
        if scripts:
            expect(said(page)).to_have_text(OUTCOMES[state])
            expect(choice(page, state)).to_be_focused()

    def test_the_keyboard_does_it_and_focus_stays(self, open_page, under_way):
        page = open_page(CACHING, under_way)
        choice(page, "learning").focus()
        page.keyboard.press("Space")
        should_stand_at(page, "learning")
        expect(choice(page, "learning")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        should_stand_at(page, "done")
        expect(choice(page, "done")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        should_stand_at(page, "skipped")
        assert stored(under_way)["caching"] == "skipped"

    def test_pressing_what_is_pressed_keeps_its_date(self, open_page, under_way):
        page = open_page(CACHING, under_way)
        with page.expect_response("**/progress/**"):
            choice(page, "done").click()
        should_be_put_back(page, under_way)

    @either_way
    @pytest.mark.parametrize("state", ["none", "learning", "skipped"])
    def test_undo_puts_it_back_with_its_date(
        self, open_page, under_way, scripts, state
    ):
        page = open_page(CACHING, under_way, java_script_enabled=scripts)
        choice(page, state).click()
        should_stand_at(page, state)
        expect(page.get_by_text("Was done on 3 May 2026.")).to_be_visible()
        page.get_by_role("button", name="Put it back Caching").click()
        should_be_put_back(page, under_way)
        expect(page.get_by_text("Was done on")).to_have_count(0)

    def test_after_undo_with_the_keyboard_focus_is_on_what_is_pressed(
        self, open_page, under_way
    ):
        page = open_page(CACHING, under_way)
        choice(page, "none").click()
        page.get_by_role("button", name="Put it back").focus()
        page.keyboard.press("Enter")
        should_be_put_back(page, under_way)
        expect(choice(page, "done")).to_be_focused()

    @pytest.mark.fails_requests
    def test_a_press_that_is_not_saved_is_not_shown_and_can_be_tried_again(
        self, open_page, under_way
    ):
        page = open_page(CACHING, under_way)
        page.route("**/progress/**", lambda route: route.fulfill(status=500))
        choice(page, "skipped").click()
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("Caching was not saved. Something broke")
        should_stand_at(page, "done")
        page.unroute("**/progress/**")
        alert.get_by_role("button", name="Try again").click()
        should_stand_at(page, "skipped")
        expect(alert).to_be_empty()
        assert stored(under_way)["caching"] == "skipped"

    def test_the_route_shows_it_on_coming_back(self, open_page, under_way):
        page = open_page(ROADMAP, under_way)
        page.get_by_role("link", name="Caching", exact=True).click()
        choice(page, "skipped").click()
        should_stand_at(page, "skipped")
        page.go_back()
        expect(control(page, "Caching")).to_contain_text("skipped")

    @either_way
    def test_a_visitor_is_taken_to_sign_in_and_back_to_the_step(
        self, open_page, backend, user, scripts
    ):
        page = open_page(CACHING, java_script_enabled=scripts)
        should_stand_at(page, "none")
        choice(page, "done").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Sign in to tick Caching"
        )
        sign_in(page, user.email)
        should_be_on_the_page(page)
        should_stand_at(page, "done")
        expect(place(page)).to_contain_text("1 of 9 optional")
        assert stored(user) == {"caching": "done"}


class TestLooks:
    def test_axe_for_a_visitor(self, open_page, backend, axe):
        axe(open_page(CACHING))

    def test_axe_for_a_person_before_and_after_each_press(
        self, open_page, under_way, axe
    ):
        page = open_page(CACHING, under_way)
        axe(page)
        for state in ("learning", "none"):
            choice(page, state).click()
            should_stand_at(page, state)
            expect(page.get_by_role("button", name="Put it back")).to_be_visible()
            axe(page)

    @pytest.mark.parametrize("signed_in", [False, True], ids=["visitor", "person"])
    def test_the_longest_code_fits_on_a_phone(
        self, open_page, backend, under_way, signed_in
    ):
        def longest_line(step):
            blocks = BLOCK.findall(step.body_html)
            return max(map(len, "\n".join(blocks).splitlines()), default=0)

        step = max(backend.steps.all(), key=longest_line)
        user = under_way if signed_in else None
        page = open_page(step.get_absolute_url(), user, **PHONE)
        expect(page.locator(".prose pre").first).to_be_visible()
        should_not_scroll_sideways(page)

    def test_its_targets_are_easy_to_hit(self, open_page, under_way):
        page = open_page(CACHING, under_way, **PHONE)
        choice(page, "none").click()
        expect(page.get_by_role("button", name="Put it back")).to_be_visible()
        should_be_easy_to_hit(page)
        should_not_scroll_sideways(page)

    def test_paper_has_what_to_learn_and_nothing_to_press(self, open_page, under_way):
        page = open_page(CACHING, under_way)
        choice(page, "none").click()
        expect(page.get_by_role("button", name="Put it back")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.get_by_role("heading", name="What to learn")).to_be_visible()
        expect(page.locator(".resources a").first).to_be_visible()
        expect(standing(page)).to_be_hidden()
        expect(
            page.locator("button, summary, .strip").filter(visible=True)
        ).to_have_count(0)
        expect(page.get_by_role("link", name=re.compile(r"^Step \d+"))).to_have_count(0)
