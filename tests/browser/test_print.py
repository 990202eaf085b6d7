"""The roadmap and a step on paper: a checklist with the person's ticks and dates."""

import re

from playwright.sync_api import expect

from tests.browser.roadmap_page import (
    ROADMAP,
    more_menu,
    step_row,
    tick_button,
    undo_button,
)
from tests.browser.step_page import CACHING, state_button, state_buttons


def print_page(page):
    page.emulate_media(media="print")


def expect_no_controls(page):
    controls = page.locator("button:not(.station), summary, a:not(h2 a)")
    expect(controls.filter(visible=True)).to_have_count(0)


def test_the_roadmap_prints_as_a_checklist_on_two_pages(open_page, user_with_progress):
    page = open_page(ROADMAP, user_with_progress)
    print_page(page)
    expect(page.get_by_role("banner")).to_be_hidden()
    expect(page.get_by_role("contentinfo")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".route h2").filter(visible=True)).to_have_count(23)
    expect(page.locator(".route .ring").filter(visible=True)).to_have_count(23)
    expect(step_row(page, "Caching").get_by_text("Done 3 May")).to_be_visible()
    skipped = step_row(page, "Version Control Systems").get_by_text("Skipped")
    expect(skipped.filter(visible=True).first).to_be_visible()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 2


def test_controls_and_offers_are_not_printed(open_page, user_with_progress):
    page = open_page(ROADMAP, user_with_progress)
    tick_button(page, "Caching").click()
    offer = page.get_by_text("You marked this done on 3 May 2026.")
    expect(offer).to_be_visible()
    more_menu(page, "Testing").click()
    print_page(page)
    expect(offer).to_be_hidden()
    expect_no_controls(page)


def test_a_visitor_prints_dark_on_light_without_the_invitation(open_page, backend):
    page = open_page(ROADMAP)
    page.get_by_role("button", name="Dark", exact=True).click()
    print_page(page)
    expect(page.locator("body")).to_have_css("color", "rgb(28, 27, 23)")
    expect(page.locator(".route h2").filter(visible=True)).to_have_count(23)
    expect_no_controls(page)


def test_notes_are_printed_on_request(open_page, user_with_progress, backend):
    step = backend.steps.get(slug="caching")
    user_with_progress.notes.create(step=step, text="Read **RFC 9111**", page="p")
    page = open_page(ROADMAP, user_with_progress)
    expect(page.get_by_text("RFC 9111")).to_be_hidden()
    page.get_by_role("link", name="Print with notes").click()
    print_page(page)
    expect(page.get_by_text("RFC 9111")).to_be_visible()


def test_a_step_prints_what_to_learn_without_controls(open_page, user_with_progress):
    page = open_page(CACHING, user_with_progress)
    state_button(page, "none").click()
    expect(undo_button(page, "Caching")).to_be_visible()
    print_page(page)
    expect(page.get_by_role("heading", name="What to learn")).to_be_visible()
    expect(page.locator(".resources a").first).to_be_visible()
    expect(state_buttons(page)).to_be_hidden()
    controls = page.locator("button, summary, .strip")
    expect(controls.filter(visible=True)).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile(r"^Step \d+"))).to_have_count(0)
