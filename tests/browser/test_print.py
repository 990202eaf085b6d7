"""The roadmap on paper: a checklist with one's own ticks and dates."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.route import ROADMAP, control, more, row


@pytest.fixture
def page(open_page, under_way):
    return open_page(ROADMAP, under_way)


def print_out(page):
    page.emulate_media(media="print")


def should_show_nothing_to_press(page):
    pressed = "button:not(.station), .station .verb, summary, a:not(h2 a)"
    controls = page.locator(pressed)
    expect(controls.filter(visible=True)).to_have_count(0)


def test_it_has_every_step_and_no_site_around_it(page):
    print_out(page)
    expect(page.get_by_role("banner")).to_be_hidden()
    expect(page.get_by_role("contentinfo")).to_be_hidden()
    expect(page.locator(".route h2").filter(visible=True)).to_have_count(23)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_it_has_nothing_to_press(page):
    more(page, "Caching").click()
    print_out(page)
    should_show_nothing_to_press(page)


def test_it_has_no_offer_to_put_a_step_back(page):
    control(page, "Caching").click()
    expect(row(page, "Caching")).to_contain_text("Was done on 3 May 2026.")
    print_out(page)
    should_show_nothing_to_press(page)
    expect(page.get_by_text("Was done on")).to_be_hidden()


def test_it_has_ones_ticks_and_dates(page):
    print_out(page)
    expect(row(page, "Caching").get_by_text("Done 3 May")).to_be_visible()
    skipped = row(page, "Version Control Systems").get_by_text("Skipped", exact=True)
    expect(skipped).to_be_visible()
    expect(page.locator(".route .ring").filter(visible=True)).to_have_count(23)


def test_a_visitor_prints_it_without_the_invitation(open_page, backend):
    page = open_page(ROADMAP)
    print_out(page)
    expect(page.locator(".route h2").filter(visible=True)).to_have_count(23)
    should_show_nothing_to_press(page)


def test_it_is_dark_on_light_although_the_dark_theme_was_chosen(open_page, backend):
    page = open_page(ROADMAP)
    page.get_by_role("button", name="Dark", exact=True).click()
    print_out(page)
    expect(page.locator("body")).to_have_css("color", "rgb(28, 27, 23)")


def test_twenty_three_steps_take_two_pages(page):
    pages = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))
    assert len(pages) == 2


def test_notes_are_printed_when_wanted(open_page, under_way, backend):
    step = backend.steps.get(slug="caching")
    under_way.notes.create(step=step, text="Read **RFC 9111**", page="p")
    page = open_page(ROADMAP, under_way)
    expect(page.get_by_text("RFC 9111")).to_be_hidden()
    page.get_by_role("link", name="Show my notes here").click()
    print_out(page)
    expect(page.get_by_text("RFC 9111")).to_be_visible()
