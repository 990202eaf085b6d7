"""The ways to sign in."""

import re

import pytest
from allauth.socialaccount.models import SocialAccount
from playwright.sync_api import expect

from accounts.models import User
from tests.accounts.second_factors import add_passkey
from tests.browser.account_pages import (
    account_menu,
    confirm_password,
    enter_code,
    enter_wrong_code,
    expect_heading,
    expect_signed_in,
    request_sign_in_code,
    sign_in,
    sign_out,
    sign_up,
)
from tests.browser.network import slow_down
from tests.browser.screens import SMALLEST_TARGET
from tests.factories import PASSWORD, UserFactory


def test_a_mailed_code_signs_in_and_a_new_one_replaces_it(
    open_page, user, mailoutbox, javascript
):
    page = open_page("/accounts/login/", java_script_enabled=javascript)
    request_sign_in_code(page, user.email)
    expect_heading(page, "Enter your code")
    errors = page.locator(".errorlist")
    enter_wrong_code(page)
    expect(errors).to_have_text("That code is incorrect.")
    page.get_by_role("button", name="Send a new code").click()
    expect(errors).to_have_count(0)
    enter_code(page, mailoutbox[0])
    expect(errors).to_have_text("That code is incorrect.")
    enter_code(page, mailoutbox[1])
    expect_signed_in(page)


RECORD_SHIFTS = """
    window.shifts = [];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(
        ({ value, sources }) => [value, ...sources.map(({ node }) => node?.outerHTML)]
    ))).observe({ type: "layout-shift", buffered: true });
"""
TWO_FRAMES = "new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))"


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_moves_while_the_page_loads(open_page, user, github, path, width):
    """With every way to sign in, and scripts that arrive after the page."""
    add_passkey(user)
    page = open_page("about:blank", viewport={"width": width, "height": 640})
    page.add_init_script(RECORD_SHIFTS)
    slow_down(page)
    page.goto(path, wait_until="networkidle")
    expect(page.get_by_role("button", name="Show password")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()
    page.evaluate(TWO_FRAMES)
    assert page.evaluate("window.shifts") == []


class TestShowPassword:
    def test_it_shows_and_hides_what_was_typed(self, open_page, user):
        page = open_page("/accounts/login/")
        field = page.get_by_label("Password")
        field.fill("correct horse")
        page.keyboard.press("Tab")
        show = page.get_by_role("button", name="Show password")
        expect(show).to_be_focused()
        box = show.bounding_box()
        assert min(box["width"], box["height"]) >= SMALLEST_TARGET
        page.keyboard.press("Enter")
        expect(field).to_have_attribute("type", "text")
        expect(field).to_have_attribute("autocomplete", "current-password")
        expect(field).to_have_value("correct horse")
        hide = page.get_by_role("button", name="Hide password")
        expect(hide).to_be_focused()
        expect(hide).to_contain_text("Hide")
        page.keyboard.press("Space")
        expect(field).to_have_attribute("type", "password")
        expect(show).to_be_focused()

    def test_a_shown_password_signs_in(self, open_page, user):
        page = open_page("/accounts/login/")
        page.get_by_role("button", name="Show password").click()
        sign_in(page, user.email)
        expect_signed_in(page)

    def test_there_is_none_without_javascript(self, open_page, user):
        page = open_page("/accounts/login/", java_script_enabled=False)
        expect(page.get_by_text("Show password")).to_be_hidden()
        sign_in(page, user.email)
        expect_signed_in(page)


def test_a_password_that_is_too_short_stays_in_its_field(open_page, db):
    page = open_page("/accounts/signup/")
    sign_up(page, "new@example.com", "eleven char")
    password = page.get_by_label("Password")
    expect(password).to_be_focused()
    expect(password).to_have_value("eleven char")
    expect(page.get_by_label("Email")).to_have_value("new@example.com")
    assert not User.objects.exists()


class TestGitHub:
    def press(self, page):
        page.get_by_role("button", name="Continue with GitHub").click()

    def test_it_is_the_last_of_the_ways_to_sign_in(self, open_page, db, github):
        page = open_page("/accounts/login/")
        ways = page.locator("main :is(form > button, .button)")
        expect(ways).to_have_text(
            ["Sign in", "Email me a code", "Continue with GitHub"]
        )
        for label, autocomplete in {
            "Email": "username webauthn",
            "Password": "current-password",
        }.items():
            field = page.get_by_label(label)
            expect(field).to_have_attribute("autocomplete", autocomplete)

    def test_it_creates_an_account_and_then_signs_in_to_it(self, open_page, db, github):
        page = open_page("/accounts/login/")
        self.press(page)
        expect_signed_in(page)
        sign_out(page)
        page.get_by_role("link", name="Sign in").click()
        self.press(page)
        expect_signed_in(page)
        assert User.objects.get().email == "ada@example.com"

    def test_it_works_without_javascript(self, open_page, db, github):
        page = open_page("/accounts/signup/", java_script_enabled=False)
        self.press(page)
        expect_signed_in(page)

    def test_a_person_who_cancels_is_told_so(self, open_page, db, github, axe):
        github.user_cancels = True
        page = open_page("/accounts/login/")
        self.press(page)
        expect_heading(page, "Sign-in cancelled")
        axe(page)

    def test_it_asks_for_an_address_if_github_gives_none(
        self, open_page, db, github, mailoutbox, axe
    ):
        github.emails = []
        page = open_page("/accounts/login/")
        self.press(page)
        expect_heading(page, "Enter your email address")
        axe(page)
        page.get_by_label("Email").fill("ada@example.com")
        page.get_by_role("button", name="Create account").click()
        expect(page.get_by_text("We sent a code to ada@example.com")).to_be_visible()
        enter_code(page, mailoutbox[0])
        expect_signed_in(page)

    def test_it_is_connected_and_disconnected(self, open_page, github, axe):
        user = UserFactory(email="babbage@example.com")
        page = open_page("/accounts/3rdparty/", user)
        page.get_by_role("button", name="Connect GitHub").click()
        confirm_password(page)
        expect(page.get_by_role("status")).to_have_text("GitHub is connected.")
        axe(page)
        assert SocialAccount.objects.get().user == user
        page.get_by_role("button", name="Disconnect GitHub").click()
        expect(page.get_by_text("Account disconnected.")).to_be_visible()
        axe(page)
        assert not SocialAccount.objects.exists()


def test_signing_out_all_other_devices_signs_them_out(open_page, user, axe):
    here, there = (open_page("/accounts/login/") for _ in range(2))
    for page in (here, there):
        sign_in(page, user.email)
        expect_signed_in(page)
    here.goto("/accounts/sessions/")
    devices = here.locator("#devices li")
    expect(devices).to_have_count(2)
    axe(here)
    here.get_by_role("button", name="Sign out all other devices").click()
    expect(devices).to_have_count(1)
    there.reload()
    expect(there.get_by_role("link", name="Sign in")).to_be_visible()
    here.reload()
    expect(account_menu(here)).to_be_visible()


@pytest.mark.parametrize("action", ["change", "set"])
def test_a_password_is_changed_and_set(open_page, user, action, axe):
    if action == "set":
        user.set_unusable_password()
        user.save()
    page = open_page(f"/accounts/password/{action}/", user)
    axe(page)
    if action == "change":
        page.get_by_label("Current password").fill(PASSWORD)
    fields = page.get_by_label(re.compile("(New password)|(^Password)", re.I))
    for field in fields.all():
        field.fill("seven stones on a hill")
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_role("status")).to_contain_text("Password")
    user.refresh_from_db()
    assert user.check_password("seven stones on a hill")
