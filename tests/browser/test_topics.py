"""A step with every part: its topics, and what else is only on such a page."""

import re
from itertools import pairwise

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from progress.models import StepProgress
from progress.topic_checks import TopicCheck
from tests.browser.account_pages import go_to_sign_in, sign_in
from tests.browser.full_step import add_sections, fill_step
from tests.browser.network import TICKS, fail_requests, hold_first_request
from tests.browser.roadmap_page import ROADMAP, show_tab_again, stored_states
from tests.browser.screens import (
    PHONE,
    expect_large_targets,
    expect_no_sideways_scroll,
)
from tests.browser.step_page import (
    CACHING,
    announcement,
    bottom_bar,
    expect_state,
    finish_panel,
    side_column,
)

FIRST, SECOND, THIRD = "What is worth caching", "Cache-Control", "Where a copy can live"
LAPTOP = {"viewport": {"width": 1280, "height": 900}}
TOPICS = """
- heading "Topics" [level=2]
- paragraph: 1 of 3
- list:
  - listitem:
    - checkbox "What is worth caching" [checked]
    - heading "What is worth caching" [level=3]
    - paragraph:
      - text: Say who may keep a copy, with
      - code: max-age
      - text: ", and for how long."
  - listitem:
    - checkbox "Cache-Control"
    - heading "Cache-Control" [level=3]
    - link "developer.mozilla.org Cache-Control (external site)":
      - /url: https://developer.mozilla.org/
"""


@pytest.fixture
def step(backend):
    add_sections(backend)
    step = backend.steps.get(slug="caching")
    fill_step(step)
    return step


def box(page, title):
    return page.get_by_role("checkbox", name=title, exact=True)


def count(page):
    return page.locator("#topics_count")


def unfold_all(page):
    page.evaluate("document.querySelectorAll('.fold').forEach(f => f.open = true)")


class TestTicking:
    def test_to_the_end(self, open_page, user, step, axe, javascript):
        page = open_page(CACHING, user, java_script_enabled=javascript, **LAPTOP)
        box(page, FIRST).click()
        expect(box(page, FIRST)).to_be_checked()
        expect(page.locator("#side_topics")).to_contain_text("1 of 3")
        expect_state(page, "learning")
        if javascript:
            expect(announcement(page)).to_have_text(
                "What is worth caching, ticked. 1 of 3."
            )
            expect(box(page, FIRST)).to_be_focused()
            unfold_all(page)
            axe(page)
        expect(page.locator("#step_topics")).to_match_aria_snapshot(TOPICS)
        expect(box(page, FIRST)).to_have_accessible_description(
            "Say who may keep a copy, with max-age, and for how long."
        )
        box(page, SECOND).press("Space")
        expect(count(page)).to_have_text("2 of 3")
        box(page, SECOND).click()
        expect(box(page, SECOND)).not_to_be_checked()
        box(page, SECOND).click()
        expect(count(page)).to_have_text("2 of 3")
        box(page, THIRD).click()
        offer = page.locator("#topics_offer")
        expect(offer).to_contain_text("You have ticked every topic.")
        if not javascript:
            expect(page).to_have_url(f"{CACHING}#topic_where-a-copy-can-live")
        expect(box(page, THIRD)).to_be_in_viewport()
        expect_state(page, "learning")
        offer.get_by_role("button", name="Mark done").click()
        expect_state(page, "done")
        expect(offer).to_have_text("")

    def test_quickly_ends_with_what_was_pressed_last(self, open_page, user, step):
        page = open_page(CACHING, user)
        held = hold_first_request(page, TICKS)
        with page.expect_request(TICKS):
            box(page, FIRST).dblclick()
        for title in (SECOND, THIRD):
            box(page, title).click()
        expect(count(page)).to_have_text("0 of 3")
        held[0].continue_()
        for title in (FIRST, SECOND, THIRD):
            expect(box(page, title)).to_be_checked()
        expect(count(page)).to_have_text("3 of 3")
        assert TopicCheck.objects.filter(user=user).count() == 3
        assert stored_states(user) == {"caching": "learning"}

    def test_in_another_tab_shows_when_the_tab_is_shown_again(
        self, open_page, user, step
    ):
        page = open_page(CACHING, user, **LAPTOP)
        other = page.context.new_page()
        other.goto(CACHING)
        box(other, FIRST).click()
        expect(box(other, FIRST)).to_be_checked()
        box(page, FIRST).click()  # the tab does not know that it is ticked
        expect(box(page, FIRST)).to_be_checked()
        box(page, FIRST).click()
        expect(box(page, FIRST)).not_to_be_checked()
        show_tab_again(other)
        expect(box(other, FIRST)).not_to_be_checked()
        expect(other.locator("#side_topics")).to_contain_text("0 of 3")

    def test_in_the_dialog_over_the_roadmap(self, open_page, user, step):
        page = open_page(ROADMAP, user, **LAPTOP)
        page.locator("#caching").evaluate("row => row.closest('details').open = true")
        page.locator("#caching h2 a").click()
        dialog = page.locator("#step_dialog")
        box(dialog, FIRST).click()
        expect(box(dialog, FIRST)).to_be_checked()
        expect_state(dialog, "learning")
        width = "box => box.getBoundingClientRect().width"
        assert box(dialog, FIRST).evaluate(width) == 44
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids))
        dialog.get_by_role("button", name="Close").click()
        expect(page.locator("#caching .standing")).to_contain_text("1 of 3 topics")

    def test_a_visitor_signs_in_and_returns_to_the_ticked_topic(
        self, open_page, user, step, javascript
    ):
        page = open_page(CACHING, java_script_enabled=javascript)
        box(page, SECOND).click()
        expect(page.get_by_text("“Cache-Control” will be ticked")).to_be_visible()
        go_to_sign_in(page)
        expect(page.get_by_text("“Cache-Control” will be ticked")).to_be_visible()
        sign_in(page, user.email)
        expect(page).to_have_url(re.compile(f"{CACHING}#topic_cache-control$"))
        expect(box(page, SECOND)).to_be_checked()
        expect(box(page, SECOND)).to_be_in_viewport()
        expect_state(page, "learning")


@pytest.mark.fails_requests
class TestFailure:
    def test_shows_nothing_that_is_not_stored_and_can_be_retried(
        self, open_page, user, step
    ):
        StepProgress.objects.check_topic(user, step.topics.first().pk, is_checked=True)
        page = open_page(CACHING, user, **LAPTOP)
        alert = page.get_by_role("alert")
        for status in (500, 503, 0):
            page.reload()
            fail_requests(page, TICKS, status)
            box(page, FIRST).click()
            expect(alert).to_contain_text(f"Not saved: {FIRST}.")
            box(page, SECOND).click()
            expect(alert).to_contain_text(f"Not saved: {FIRST}, {SECOND}.")
            expect(box(page, FIRST)).to_be_checked()
            expect(box(page, SECOND)).not_to_be_checked()
            expect(count(page)).to_have_text("1 of 3")
            page.unroute(TICKS)
        alert.get_by_role("button", name="Try again").click()
        expect(box(page, FIRST)).not_to_be_checked()
        expect(box(page, SECOND)).to_be_checked()
        expect(alert).to_have_text("")
        page.context.set_offline(True)
        box(page, THIRD).click()
        expect(alert).to_contain_text(f"Not saved: {THIRD}. You are offline.")
        expect(box(page, THIRD)).not_to_be_checked()

    def test_a_person_who_is_signed_out_signs_in_and_finds_it_ticked(
        self, open_page, user, step
    ):
        page = open_page(CACHING, user)
        Session.objects.all().delete()
        box(page, SECOND).click()
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text(f"Not saved: {SECOND}. You are signed out.")
        expect(box(page, SECOND)).not_to_be_checked()
        alert.get_by_role("link", name="Sign in").click()
        sign_in(page, user.email)
        expect(page).to_have_url(re.compile(f"{CACHING}#topic_cache-control$"))
        expect(box(page, SECOND)).to_be_checked()


class TestReading:
    def test_answers_unfold_and_the_outline_follows(self, open_page, step, javascript):
        window = {"width": 1280, "height": 600}
        page = open_page(CACHING, java_script_enabled=javascript, viewport=window)
        levels = page.get_by_role("main").locator("h1, h2, h3")
        names = levels.evaluate_all("all => all.map(e => e.localName)")
        assert names[0] == "h1"
        assert ("h1", "h3") not in pairwise(names)
        answers = page.locator("#part_questions details > .prose")
        expect(answers.first).not_to_be_visible()
        page.locator("#part_questions summary").first.click()
        expect(answers.first).to_be_visible()
        page.get_by_role("link", name="Show all answers").click()
        expect(answers.last).to_be_visible()
        page.get_by_role("link", name="Hide all answers").click()
        expect(answers.first).not_to_be_visible()
        outline = page.get_by_role("navigation", name="On this page")
        outline.get_by_role("link", name="How a cache works").click()
        heading = page.get_by_role("heading", name="How a cache works")
        expect(heading).to_be_in_viewport()
        current = outline.locator("[aria-current]")
        if not javascript:
            expect(current).to_have_count(0)
            return
        expect(current).to_have_text("How a cache works")
        page.get_by_role("heading", name="Resources").evaluate(
            "heading => heading.scrollIntoView()"
        )
        expect(current).to_have_text("Resources")
        expect(side_column(page)).to_be_in_viewport(ratio=1)
        page.evaluate("scrollTo(0, 0)")
        expect(current).to_have_text("Why it matters")

    def test_the_page_fits_a_small_phone(self, open_page, user, step, axe):
        page = open_page(CACHING, user, **PHONE)
        expect(bottom_bar(page)).to_contain_text("3 topics")
        unfold_all(page)
        axe(page)
        expect_no_sideways_scroll(page)
        expect_large_targets(page)
        box(page, FIRST).tap()
        expect(bottom_bar(page)).to_contain_text("1 of 3 topics")

    def test_on_paper_topics_outcomes_and_questions_are_boxes(
        self, open_page, user, step
    ):
        page = open_page(CACHING, user)
        box(page, FIRST).click()
        expect(box(page, FIRST)).to_be_checked()
        page.emulate_media(media="print")
        expect(page.get_by_role("checkbox").filter(visible=True)).to_have_count(3)
        expect(finish_panel(page).get_by_role("listitem").first).to_have_css(
            "list-style-type", '"☐  "'
        )
        expect(finish_panel(page).get_by_role("button").first).not_to_be_visible()
        question = page.locator(".question").first
        style = "q => getComputedStyle(q.querySelector('summary'), '::before').content"
        assert question.evaluate(style) == '"☐"'
        expect(question.get_by_text("Because of")).not_to_be_visible()
        expect(page.get_by_text("Serve stale while you rebuild.")).to_be_visible()
        expect(page.get_by_text("say what no-cache means")).to_be_visible()
