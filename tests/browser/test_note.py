"""The private note on a step's page: never lost, never overwritten."""

import re
from urllib.parse import unquote_plus

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from progress.notes import MAX_NOTE_LENGTH, Note
from roadmaps.models import Step
from tests.browser.account_pages import (
    expect_heading,
    expect_signed_in,
    sign_in,
)
from tests.browser.conftest import session_cookie
from tests.browser.roadmap_page import show_tab_again
from tests.browser.step_page import (
    CACHING,
    expect_note_status,
    expect_state,
    note_box,
    state_button,
)
from tests.factories import UserFactory

KEEP = "Keep my version"
TAKE = "Use the other version"
SAVED = re.compile(r"Saved at \d\d:\d\d")


@pytest.fixture
def page(open_page, backend, user):
    return open_page(CACHING, user)


@pytest.fixture
def open_tabs(open_page, backend, user):
    """Returns a function that opens the step in two tabs of one person."""

    def open_two(javascript=True):
        first = open_page(CACHING, user, java_script_enabled=javascript)
        second = first.context.new_page()
        second.goto(CACHING)
        return first, second

    return open_two


def stored_note(user):
    """The stored text, or None if there is no note."""
    return Note.objects.filter(user=user).values_list("text", flat=True).first()


def press_save(page):
    page.get_by_role("button", name="Save", exact=True).click()


def wait_for_save(page, text=""):
    """Wait for the answer to the save, of `text`, that the block causes."""

    def is_answer(response):
        request = response.request
        sent = unquote_plus(request.post_data or "")
        return request.method == "POST" and text in sent

    return page.expect_response(is_answer)


def write(page, text, javascript=True):
    """Write `text` and wait until it is saved."""
    with wait_for_save(page, text):
        note_box(page).fill(text)
        if not javascript:
            press_save(page)
    if javascript:
        expect_note_status(page, SAVED)
    else:
        expect(page).to_have_url(re.compile("#step_note$"))


def conflict(page):
    return page.locator(".conflict")


def cause_conflict(open_tabs, javascript=True):
    """Two tabs: the second one saved a note, the first one's save was refused."""
    first, second = open_tabs(javascript)
    write(second, "From the second tab", javascript)
    note_box(first).fill("From the first tab")
    press_save(first)
    expect_both_notes(first, "From the first tab", "From the second tab")
    return first, second


def expect_both_notes(page, own, other):
    expect(note_box(page)).to_have_value(own)
    expect(conflict(page)).to_contain_text(
        "changed in another tab or on another device"
    )
    expect(conflict(page).locator("pre")).to_have_text(other)


def record_dialogs(page):
    """A list of the types of dialogs that the page opens; each is accepted."""
    types = []
    page.on("dialog", lambda dialog: (types.append(dialog.type), dialog.accept()))
    return types


def sign_in_elsewhere(page, user):
    """Sign in in another tab, as the same person or as another one."""
    page.context.clear_cookies()
    other = page.context.new_page()
    other.goto("/accounts/login/")
    sign_in(other, user.email)
    expect_signed_in(other)
    other.close()


def fail_saves(page, status=500):
    """Answer the note's saves with `status`; other requests of the page go on."""

    def answer(route):
        if route.request.method == "POST":
            route.fulfill(status=status)
        else:
            route.continue_()

    page.route(f"**{CACHING}", answer)


class TestSaving:
    def test_typing_saves_and_leaves_the_cursor_in_place(self, page, user):
        note_box(page).press_sequentially("Read")
        expect_note_status(page, SAVED)
        expect(note_box(page)).to_be_focused()
        assert stored_note(user) == "Read"
        with wait_for_save(page):
            page.keyboard.type(" RFC 9111")
        expect(note_box(page)).to_have_value("Read RFC 9111")
        expect_note_status(page, SAVED)
        assert stored_note(user) == "Read RFC 9111"
        page.reload()
        expect(note_box(page)).to_have_value("Read RFC 9111")
        with wait_for_save(page):
            note_box(page).fill("")
        expect_note_status(page, SAVED)
        assert stored_note(user) is None

    def test_escape_leaves_the_box_and_saves(self, page, user):
        note_box(page).fill("Enough")
        with wait_for_save(page):
            page.keyboard.press("Escape")
        expect(note_box(page)).not_to_be_focused()
        page.keyboard.press("x")  # a shortcut again
        expect_state(page, "done")
        assert stored_note(user) == "Enough"

    def test_leaving_the_box_saves_before_the_pause_does(self, page, user):
        page.clock.install()
        page.clock.pause_at("2030-01-01")
        note_box(page).fill("In a hurry")
        with wait_for_save(page):
            page.keyboard.press("Tab")
        assert stored_note(user) == "In a hurry"

    def test_the_button_saves(self, open_page, backend, user, javascript):
        page = open_page(CACHING, user, java_script_enabled=javascript)
        note_box(page).fill("By hand")
        press_save(page)
        if javascript:
            expect_note_status(page, SAVED)
        else:
            expect(page).to_have_url(re.compile(rf"{CACHING}\?saved=1#step_note$"))
            expect(note_box(page)).to_be_in_viewport()
        expect(note_box(page)).to_have_value("By hand")
        assert stored_note(user) == "By hand"

    def test_it_saves_at_least_every_five_seconds(self, page, user):
        page.clock.install()
        page.clock.pause_at("2030-01-01")
        note_box(page).focus()
        with wait_for_save(page, "0123456789"):
            for digit in "0123456789":
                page.keyboard.type(digit)
                page.clock.run_for(500)
        assert stored_note(user) == "0123456789"

    def test_it_says_saved_only_of_what_is_in_the_box(self, page, user):
        page.clock.install()
        page.clock.pause_at("2030-01-01")
        held = []
        page.route(f"**{CACHING}", lambda route: held.append(route), times=1)
        note_box(page).fill("First")
        expect_note_status(page, "Not saved yet.")
        page.clock.run_for(1000)
        expect_note_status(page, "Saving…")
        note_box(page).fill("First, and more")
        with wait_for_save(page, "First"):
            held[0].continue_()
        expect_note_status(page, "Not saved yet.")
        assert stored_note(user) == "First"
        page.clock.run_for(1000)
        expect_note_status(page, SAVED)
        assert stored_note(user) == "First, and more"

    def test_the_last_words_are_saved_when_the_page_is_left(
        self, page, user, wait_until
    ):
        dialogs = record_dialogs(page)
        note_box(page).fill("The last words")
        page.goto("/search/")
        wait_until(lambda: stored_note(user) == "The last words")
        assert dialogs == []


@pytest.mark.fails_requests
class TestReload:
    """What could not be sent is in the box after a reload."""

    @pytest.fixture
    def reopen(self, page, user):
        """Leaves the page after a save that failed. Returns a function that opens it
        again, in the same tab, as the person who is given.
        """
        Session.objects.all().delete()
        note_box(page).fill("Precious")
        expect_note_status(page, "Not saved: you are signed out.")
        dialogs = record_dialogs(page)
        page.reload()
        assert dialogs == ["beforeunload"]

        def reopen(person):
            page.context.add_cookies([session_cookie(person, page.url)])
            page.goto(CACHING)
            return page

        return reopen

    def test_it_is_saved(self, reopen, user):
        page = reopen(user)
        expect(note_box(page)).to_have_value("Precious")
        expect_note_status(page, SAVED)
        assert stored_note(user) == "Precious"

    def test_it_overwrites_nothing(self, reopen, user):
        step = Step.objects.get(slug="caching")
        Note.objects.create(user=user, step=step, text="From elsewhere")
        page = reopen(user)
        expect(conflict(page).locator("pre")).to_have_text("From elsewhere")
        expect(note_box(page)).to_have_value("Precious")

    def test_nobody_else_sees_it(self, reopen):
        expect(note_box(reopen(UserFactory()))).to_have_value("")


@pytest.mark.fails_requests
class TestTwoTabs:
    def test_the_second_save_overwrites_nothing_and_shows_both(
        self, open_tabs, user, axe
    ):
        first, second = cause_conflict(open_tabs)
        expect_note_status(first, "Not saved: this note was changed somewhere else.")
        assert stored_note(user) == "From the second tab"
        axe(first)
        with wait_for_save(second):
            note_box(second).fill("Later from the second tab")
        first.get_by_role("button", name=KEEP).click()
        expect_both_notes(first, "From the first tab", "Later from the second tab")
        assert stored_note(user) == "Later from the second tab"

    def test_a_person_may_keep_their_own_text(self, open_tabs, user, javascript):
        page, _ = cause_conflict(open_tabs, javascript)
        assert stored_note(user) == "From the second tab"
        note_box(page).fill("From both tabs")
        page.get_by_role("button", name=KEEP).click()
        expect(conflict(page)).to_have_count(0)
        expect(note_box(page)).to_have_value("From both tabs")
        assert stored_note(user) == "From both tabs"
        write(page, "And more", javascript)
        expect(conflict(page)).to_have_count(0)
        assert stored_note(user) == "And more"

    def test_a_person_may_take_the_other_text(self, open_tabs, user, javascript):
        page, _ = cause_conflict(open_tabs, javascript)
        page.get_by_role("link", name=TAKE).click()
        expect(note_box(page)).to_have_value("From the second tab")
        expect(conflict(page)).to_have_count(0)
        assert stored_note(user) == "From the second tab"
        write(page, "Taken and improved", javascript)
        assert stored_note(user) == "Taken and improved"

    def test_a_tab_that_is_shown_again_has_the_other_tabs_text(self, open_tabs, user):
        first, second = open_tabs()
        note_box(first).focus()
        first.keyboard.press("End")  # a page that was not touched never asks
        for text in ("From the second tab", "Later from the second tab"):
            write(second, text)
            show_tab_again(first)
            expect(note_box(first)).to_have_value(text)
        dialogs = record_dialogs(first)
        first.reload()
        assert dialogs == []
        write(first, "From the first tab")
        expect(conflict(first)).to_have_count(0)
        assert stored_note(user) == "From the first tab"

    def test_a_tab_that_is_shown_again_keeps_its_unsaved_text(self, open_tabs, user):
        first, second = open_tabs()
        fail_saves(first)
        note_box(first).fill("From the first tab")
        expect_note_status(first, "Not saved")
        write(second, "From the second tab")
        with first.expect_response(f"**{CACHING}*"):
            show_tab_again(first)
        state_button(first, "done").click()  # answered after the refresh
        expect_state(first, "done")
        expect(note_box(first)).to_have_value("From the first tab")
        first.unroute(f"**{CACHING}")
        press_save(first)
        expect_both_notes(first, "From the first tab", "From the second tab")
        assert stored_note(user) == "From the second tab"


@pytest.mark.fails_requests
class TestFailedSaves:
    def test_the_text_stays_until_a_later_save_works(self, page, user):
        reasons = {
            500: "something went wrong on our side.",
            503: "the database isn’t available right now.",
            429: "too many changes at once.",
        }
        for status, reason in reasons.items():
            fail_saves(page, status)
            note_box(page).fill(f"Precious {status}")
            expect_note_status(page, f"Not saved: {reason}")
            expect(note_box(page)).to_have_value(f"Precious {status}")
            assert stored_note(user) is None
            page.unroute(f"**{CACHING}")
        page.context.set_offline(True)
        note_box(page).fill("Precious")
        expect_note_status(page, "Not saved: the server didn’t answer.")
        page.context.set_offline(False)
        expect(note_box(page)).to_have_value("Precious")
        press_save(page)
        expect_note_status(page, SAVED)
        assert stored_note(user) == "Precious"

    def test_it_is_saved_once_the_person_has_signed_in_again(self, page, user):
        sign_in_elsewhere(page, user)
        Session.objects.all().delete()
        note_box(page).fill("Precious")
        expect_note_status(page, "Not saved: you are signed out.")
        with page.expect_response(f"**{CACHING}*"):
            show_tab_again(page)
        state_button(page, "done").click()
        expect(page.get_by_role("alert")).to_contain_text("You are signed out.")
        expect(note_box(page)).to_have_value("Precious")
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Sign in (opens a new tab)").click()
        sign_in(opened.value, user.email)
        expect_heading(opened.value, "You are signed in")
        show_tab_again(page)
        expect_note_status(page, SAVED)
        expect(
            page.get_by_role("link", name="Sign in (opens a new tab)")
        ).to_be_hidden()
        assert stored_note(user) == "Precious"

    def test_a_sign_in_in_another_tab_does_not_stop_saving(self, page, user):
        sign_in_elsewhere(page, user)
        note_box(page).fill("Precious")
        expect_note_status(page, SAVED)
        assert stored_note(user) == "Precious"

    def test_the_note_of_one_person_is_not_saved_as_that_of_another(self, page, user):
        other = UserFactory()
        sign_in_elsewhere(page, other)
        note_box(page).fill("Precious")
        expect_note_status(page, "Not saved: someone else is signed in now.")
        assert not Note.objects.exists()
        sign_in_elsewhere(page, user)
        show_tab_again(page)
        expect_note_status(page, SAVED)
        assert stored_note(user) == "Precious"


def test_the_characters_left_are_shown_only_near_the_limit(page, user):
    write(page, "a" * (MAX_NOTE_LENGTH - 3000))
    note_box(page).fill("a" * (MAX_NOTE_LENGTH - 1500))
    expect_note_status(page, "Characters left: 1,500")
    note_box(page).fill("a" * (MAX_NOTE_LENGTH - 1))
    expect_note_status(page, "Characters left: 1")
    with wait_for_save(page):
        page.keyboard.type("bcd")
    expect_note_status(page, "Characters left: 0")
    assert len(note_box(page).input_value()) == MAX_NOTE_LENGTH
    assert stored_note(user) == "a" * (MAX_NOTE_LENGTH - 1) + "b"
