"""The roadmap and a step on paper: a checklist with the person's ticks and dates."""

import re

from playwright.sync_api import expect

from tests.browser.roadmap_page import (
    ROADMAP,
    more_menu,
    step_row,
    tick_button,
)
from tests.browser.screens import expect_no_sideways_scroll
from tests.browser.step_page import CACHING, state_button


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


def printed_text(page):
    """The text on paper, with single spaces."""
    return " ".join(page.locator("main").inner_text().split())


def test_a_step_prints_without_controls(open_page, user_with_progress):
    page = open_page(CACHING, user_with_progress)
    state_button(page, "none").click()
    offer = page.locator("#step_finish .offer")
    expect(offer).to_be_visible()
    print_page(page)
    expect(page.get_by_role("heading", name="What to learn")).to_be_visible()
    expect(page.locator("button, summary, .strip").filter(visible=True)).to_have_count(
        0
    )
    links = page.locator("a[href*='/roadmaps/'], a[href*='/accounts/']")
    expect(links.filter(visible=True)).to_have_count(0)
    expect(page.get_by_text("Your note", exact=True)).to_be_hidden()  # there is none


def test_a_step_prints_with_its_place_its_state_and_the_note(
    open_page, backend, user_with_progress
):
    step = backend.steps.get(slug="caching")
    user = user_with_progress
    lines = "\n".join(f"Line {number}" for number in range(40))
    text = f"Read **RFC 9111**, [here](https://a.example/{'b' * 150})\n{lines}"
    user.notes.create(step=step, text=text, page="p")
    page = open_page(CACHING, user)
    with page.expect_response(f"**{CACHING}"):
        page.get_by_label("Your note").press_sequentially("Just now. ")
    print_page(page)
    expect(page.locator("#note_html")).to_contain_text("Just now.")
    printed = printed_text(page)
    assert "Backend Developer Roadmap · Step 7 of 23 · Optional · Done on 3 May" in (
        printed
    )
    assert "Line 39" in printed
    expect(page.locator("#note_html strong")).to_have_text("RFC 9111")
    pdf = page.pdf(format="A4", print_background=True)
    assert pdf
    expect_no_sideways_scroll(page)


def test_the_address_of_a_link_is_printed_apart_from_its_title(open_page, backend):
    page = open_page(CACHING)
    print_page(page)
    resource = page.locator(".resources a").first
    title, address = resource.evaluate(
        """link => {
            const style = getComputedStyle(link, "::after");
            return [link.textContent, [style.content, style.display]];
        }"""
    )
    assert title == "MDN: HTTP caching"
    url = backend.steps.get(slug="caching").resources.first().url
    assert url in address[0]
    assert address[1] == "block"
    expect(page.get_by_text("Step 7 of 23").filter(visible=True)).to_be_visible()
    assert "Not started" not in printed_text(page)
