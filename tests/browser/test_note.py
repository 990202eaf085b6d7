"""The private note on a step's page: never lost, never overwritten."""

import re
from urllib.parse import unquote_plus

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from progress.notes import MAX_NOTE_LENGTH, Note
from tests.browser.account import sign_in
from tests.browser.step import (
    CACHING,
    box,
    choice,
    look_at,
    should_say,
    should_stand_at,
)

KEEP = "Keep what is in the box"
TAKE = "Take the other one"
SAVED = re.compile(r"Saved at \d\d:\d\d\.")

either_way = pytest.mark.parametrize("scripts", [True, False], ids=["js", "no js"])


@pytest.fixture
def page(open_page, backend, user):
    return open_page(CACHING, user)


@pytest.fixture
def two_pages(open_page, backend, user):
    """A function that opens the step twice, by one person, before they write."""

    def open_twice(scripts=True):
        here = open_page(CACHING, user, java_script_enabled=scripts)
        there = here.context.new_page()
        there.goto(CACHING)
        return here, there

    return open_twice


def kept(user):
    """The text that is stored."""
    return Note.objects.filter(user=user).values_list("text", flat=True).first()


def save(page):
    page.get_by_role("button", name="Save", exact=True).click()


def saving(page, text=""):
    """Wait for the answer to the save, of `text`, that the block sets off."""

    def is_it(answer):
        sent = answer.request
        return sent.method == "POST" and text in unquote_plus(sent.post_data or "")

    return page.expect_response(is_it)


def write(page, text, scripts=True):
    """Write `text` and have it saved."""
    with saving(page, text):
        box(page).fill(text)
        if not scripts:
            save(page)
    if scripts:
        should_say(page, SAVED)
    else:
        expect(page).to_have_url(re.compile("#step_note$"))


def conflict(page):
    return page.locator(".conflict")


def should_show_both(page, own, other):
    expect(box(page)).to_have_value(own)
    expect(conflict(page)).to_contain_text("saved in another tab or on another device")
    expect(conflict(page).locator("pre")).to_have_text(other)


def fail_to_save(page, status=500):
    """Let no note be saved; other requests of the page go on."""

    def answer(route):
        if route.request.method == "POST":
            route.fulfill(status=status)
        else:
            route.continue_()

    page.route(f"**{CACHING}", answer)


class TestSaving:
    def test_typing_saves_by_itself_and_a_reload_shows_it(self, page, user):
        box(page).press_sequentially("Read RFC 9111")
        should_say(page, SAVED)
        assert kept(user) == "Read RFC 9111"
        page.reload()
        expect(box(page)).to_have_value("Read RFC 9111")

    def test_typing_on_after_it_was_saved_saves_again(self, page, user):
        write(page, "Read")
        with saving(page):
            box(page).press_sequentially(" more")
        should_say(page, SAVED)
        assert kept(user) == "Read more"

    def test_leaving_the_box_saves_before_the_pause_does(self, page, user):
        page.clock.install()
        page.clock.pause_at("2030-01-01")
        box(page).fill("In a hurry")
        with saving(page):
            page.keyboard.press("Tab")
        assert kept(user) == "In a hurry"

    def test_saving_leaves_the_cursor_where_one_types(self, page):
        box(page).press_sequentially("Read")
        should_say(page, SAVED)
        expect(box(page)).to_be_focused()
        page.keyboard.type(" on")
        expect(box(page)).to_have_value("Read on")

    @either_way
    def test_the_button_saves(self, open_page, backend, user, scripts):
        page = open_page(CACHING, user, java_script_enabled=scripts)
        box(page).fill("By hand")
        save(page)
        if scripts:
            should_say(page, SAVED)
        else:
            expect(page).to_have_url(re.compile(rf"{CACHING}\?saved=1#step_note$"))
            expect(box(page)).to_be_in_viewport()
        expect(box(page)).to_have_value("By hand")
        assert kept(user) == "By hand"

    def test_emptying_the_box_leaves_no_note(self, page, user):
        write(page, "Read")
        with saving(page):
            box(page).fill("")
        should_say(page, SAVED)
        assert kept(user) is None

    def test_marking_the_step_leaves_an_unsaved_note_alone(self, page):
        page.route(f"**{CACHING}", lambda route: None)
        box(page).fill("Half a thought")
        choice(page, "done").click()
        should_stand_at(page, "done")
        expect(box(page)).to_have_value("Half a thought")

    def test_leaving_the_page_asks_only_while_something_is_unsaved(self, page):
        asked = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        write(page, "Read")
        page.reload()
        assert asked == []
        box(page).fill("Half a thought")
        page.reload()
        assert asked == ["beforeunload"]


@pytest.mark.fails_requests
class TestTwoPages:
    @either_way
    def test_the_second_save_overwrites_nothing_and_shows_both(
        self, two_pages, user, scripts
    ):
        here, there = two_pages(scripts)
        write(there, "Written there", scripts)
        box(here).fill("Written here")
        save(here)
        should_show_both(here, "Written here", "Written there")
        should_say(here, "Not saved: it was saved elsewhere meanwhile.")
        assert kept(user) == "Written there"

    @either_way
    def test_one_may_keep_ones_own(self, two_pages, user, scripts):
        here, there = two_pages(scripts)
        write(there, "Written there", scripts)
        box(here).fill("Written here")
        save(here)
        expect(conflict(here)).to_be_visible()
        here.get_by_role("button", name=KEEP).click()
        expect(conflict(here)).to_have_count(0)
        expect(box(here)).to_have_value("Written here")
        assert kept(user) == "Written here"
        write(here, "And on", scripts)
        expect(conflict(here)).to_have_count(0)
        assert kept(user) == "And on"

    @either_way
    def test_one_may_take_both_into_the_box_first(self, two_pages, user, scripts):
        here, there = two_pages(scripts)
        write(there, "Written there", scripts)
        box(here).fill("Written here")
        save(here)
        expect(conflict(here)).to_be_visible()
        box(here).fill("Written here and there")
        here.get_by_role("button", name=KEEP).click()
        expect(conflict(here)).to_have_count(0)
        assert kept(user) == "Written here and there"

    @either_way
    def test_one_may_take_the_other(self, two_pages, user, scripts):
        here, there = two_pages(scripts)
        write(there, "Written there", scripts)
        box(here).fill("Written here")
        save(here)
        expect(conflict(here)).to_be_visible()
        here.get_by_role("link", name=TAKE).click()
        expect(box(here)).to_have_value("Written there")
        expect(conflict(here)).to_have_count(0)
        assert kept(user) == "Written there"
        write(here, "Taken and mended", scripts)
        assert kept(user) == "Taken and mended"

    def test_a_third_save_elsewhere_is_not_overwritten_by_the_choice(
        self, two_pages, user
    ):
        here, there = two_pages()
        write(there, "Written there")
        box(here).fill("Written here")
        expect(conflict(here)).to_be_visible()
        with saving(there):
            box(there).fill("Written there, later")
        here.get_by_role("button", name=KEEP).click()
        should_show_both(here, "Written here", "Written there, later")
        assert kept(user) == "Written there, later"

    def test_a_page_looked_at_again_shows_what_the_other_saved(self, two_pages, user):
        here, there = two_pages()
        write(there, "Written there")
        look_at(here)
        expect(box(here)).to_have_value("Written there")
        write(here, "Written there and here")
        expect(conflict(here)).to_have_count(0)
        assert kept(user) == "Written there and here"

    def test_what_was_looked_at_again_counts_as_saved(self, two_pages):
        here, there = two_pages()
        box(here).focus()
        here.keyboard.press("End")  # a page that was not touched never asks
        write(there, "Written there")
        look_at(here)
        expect(box(here)).to_have_value("Written there")
        write(there, "Written there, later")
        look_at(here)
        expect(box(here)).to_have_value("Written there, later")
        asked = []
        here.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        here.reload()
        assert asked == []

    def test_a_page_looked_at_again_leaves_what_is_unsaved_alone(self, two_pages, user):
        here, there = two_pages()
        fail_to_save(here)
        box(here).fill("Written here")
        should_say(here, "Not saved")
        write(there, "Written there")
        with here.expect_response(f"**{CACHING}*"):
            look_at(here)
        choice(here, "done").click()  # answered after the refresh
        should_stand_at(here, "done")
        expect(box(here)).to_have_value("Written here")
        here.unroute(f"**{CACHING}")
        save(here)
        should_show_both(here, "Written here", "Written there")
        assert kept(user) == "Written there"

    def test_axe_with_both_shown(self, two_pages, axe):
        here, there = two_pages()
        write(there, "Written there")
        box(here).fill("Written here")
        expect(conflict(here)).to_be_visible()
        axe(here)


@pytest.mark.fails_requests
class TestFailing:
    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            (500, "something broke on our side."),
            (503, "the database does not answer just now."),
            (429, "that was a lot at once."),
        ],
    )
    def test_an_error_keeps_it_in_the_box_and_a_later_save_works(
        self, page, user, status, reason
    ):
        fail_to_save(page, status)
        box(page).fill("Precious")
        should_say(page, f"Not saved: {reason}")
        expect(box(page)).to_have_value("Precious")
        assert kept(user) is None
        page.unroute(f"**{CACHING}")
        save(page)
        should_say(page, SAVED)
        assert kept(user) == "Precious"

    def test_offline_keeps_it_in_the_box_and_a_later_save_works(self, page, user):
        page.context.set_offline(True)
        box(page).fill("Precious")
        should_say(page, "Not saved: no answer.")
        page.context.set_offline(False)
        expect(box(page)).to_have_value("Precious")
        save(page)
        should_say(page, SAVED)
        assert kept(user) == "Precious"

    def test_signed_out_keeps_it_in_the_box_and_a_later_save_works(self, page, user):
        Session.objects.all().delete()
        box(page).fill("Precious")
        should_say(page, "Not saved: you are signed out.")
        expect(box(page)).to_have_value("Precious")
        other = page.context.new_page()
        other.goto("/accounts/login/")
        sign_in(other, user.email)
        expect(other).to_have_title("Roadmaps · Cairn")
        with page.expect_response(f"**{CACHING}*"):
            look_at(page)
        save(page)
        should_say(page, SAVED)
        expect(box(page)).to_have_value("Precious")
        assert kept(user) == "Precious"

    def test_signed_out_and_looked_at_again_keeps_it_in_the_box(self, page):
        Session.objects.all().delete()
        box(page).fill("Precious")
        should_say(page, "Not saved: you are signed out.")
        with page.expect_response(f"**{CACHING}*"):
            look_at(page)
        choice(page, "done").click()
        expect(page.get_by_role("alert")).to_contain_text("You are signed out.")
        expect(box(page)).to_have_value("Precious")


class TestTheLimit:
    def test_it_says_how_many_characters_are_left_and_stops_there(self, page, user):
        box(page).fill("a" * (MAX_NOTE_LENGTH - 1500))
        should_say(page, "1,500 characters left.")
        box(page).fill("a" * (MAX_NOTE_LENGTH - 1))
        should_say(page, "1 character left.")
        with saving(page):
            page.keyboard.type("bcd")
        should_say(page, "0 characters left.")
        assert len(box(page).input_value()) == MAX_NOTE_LENGTH
        assert kept(user) == "a" * (MAX_NOTE_LENGTH - 1) + "b"

    def test_far_from_it_nothing_is_said_of_it(self, page):
        write(page, "a" * (MAX_NOTE_LENGTH - 3000))
        should_say(page, SAVED)
