"""The ways in, as somebody goes them."""

import re

import pytest
from allauth.socialaccount.models import SocialAccount
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.account import (
    ask_for_code,
    confirm_by_password,
    enter_code,
    should_be_at,
    sign_in,
)
from tests.factories import UserFactory


def should_be_in(page):
    expect(page).to_have_title("Roadmaps · Cairn")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_the_ways_stand_in_one_order(open_page, db, github):
    page = open_page("/accounts/login/")
    ways = page.locator("main").get_by_role("button").or_(page.locator(".button"))
    expect(ways).to_have_text(
        ["Use a passkey", "Sign in", "E-mail me a code", "Continue with GitHub"]
    )
    address = page.get_by_label("Email")
    expect(address).to_have_attribute("autocomplete", "username webauthn")
    expect(page.get_by_label("Password")).to_have_attribute(
        "autocomplete", "current-password"
    )


@pytest.mark.parametrize("scripts", [True, False], ids=["js", "no js"])
class TestCode:
    def test_from_the_mail(self, open_page, user, mailoutbox, scripts, axe):
        page = open_page("/accounts/login/", java_script_enabled=scripts)
        ask_for_code(page, user.email)
        should_be_at(page, "Enter the code")
        page.get_by_label("Code").fill("no such code")
        page.get_by_role("button", name="Confirm").click()
        expect(page.locator(".errorlist")).to_have_text("That code is not right.")
        enter_code(page, mailoutbox[0])
        should_be_in(page)

    def test_a_new_one_ends_the_old_one(self, open_page, user, mailoutbox, scripts):
        page = open_page("/accounts/login/", java_script_enabled=scripts)
        ask_for_code(page, user.email)
        page.get_by_role("button", name="Send a new code").click()
        enter_code(page, mailoutbox[0])
        expect(page.locator(".errorlist")).to_have_text("That code is not right.")
        enter_code(page, mailoutbox[1])
        should_be_in(page)


class TestGitHub:
    def press(self, page):
        page.get_by_role("button", name="Continue with GitHub").click()

    def test_it_makes_an_account_and_then_signs_in_to_it(self, open_page, db, github):
        page = open_page("/accounts/login/")
        self.press(page)
        should_be_in(page)
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("link", name="Sign in").click()
        self.press(page)
        should_be_in(page)
        assert User.objects.get().email == "ada@example.com"

    def test_it_works_without_scripts(self, open_page, db, github):
        page = open_page("/accounts/signup/", java_script_enabled=False)
        self.press(page)
        should_be_in(page)

    def test_who_cancels_there_is_told_so_here(self, open_page, db, github, axe):
        github.cancels = True
        page = open_page("/accounts/login/")
        self.press(page)
        should_be_at(page, "You cancelled it")
        axe(page)

    def test_without_an_address_one_is_asked_for(
        self, open_page, db, github, mailoutbox, axe
    ):
        github.emails = []
        page = open_page("/accounts/login/")
        self.press(page)
        should_be_at(page, "One thing is missing")
        axe(page)
        page.get_by_label("Email").fill("ada@example.com")
        page.get_by_role("button", name="Create account").click()
        enter_code(page, mailoutbox[0])
        should_be_in(page)

    def test_it_is_connected_and_disconnected(self, open_page, github, axe):
        user = UserFactory(email="babbage@example.com")
        page = open_page("/accounts/login/")
        sign_in(page, user.email)
        should_be_in(page)
        page.goto("/accounts/3rdparty/")
        page.get_by_role("button", name="Connect GitHub").click()
        confirm_by_password(page)
        expect(page.get_by_role("status")).to_have_text("GitHub is connected.")
        axe(page)
        assert SocialAccount.objects.get().user == user
        page.get_by_role("button", name="Disconnect GitHub").click()
        expect(page.get_by_text("None is connected.")).to_be_visible()
        axe(page)
        assert not SocialAccount.objects.exists()


def test_the_other_browser_is_signed_out_from_this_one(open_page, user, axe):
    here, there = (open_page("/accounts/login/") for _ in range(2))
    for page in (here, there):
        sign_in(page, user.email)
        should_be_in(page)
    here.goto("/accounts/sessions/")
    devices = here.locator("#devices li")
    expect(devices).to_have_count(2)
    axe(here)
    here.get_by_role("button", name="Sign out all others").click()
    expect(devices).to_have_count(1)
    there.reload()
    expect(there.get_by_role("link", name="Sign in")).to_be_visible()
    here.reload()
    expect(here.get_by_role("button", name="Sign out", exact=True)).to_be_visible()


@pytest.mark.parametrize("path", ["change", "set"])
def test_a_password_is_changed_and_set(open_page, user, path, axe):
    if path == "set":
        user.set_unusable_password()
        user.save()
    page = open_page(f"/accounts/password/{path}/", user)
    axe(page)
    if path == "change":
        page.get_by_label("Current password").fill("correct horse battery staple")
    for field in page.get_by_label(
        re.compile("(New password)|(^Password)", re.I)
    ).all():
        field.fill("seven stones on a hill")
    page.get_by_role("button", name=re.compile("^Save the")).click()
    expect(page.get_by_role("status")).to_contain_text("Your password is")
    user.refresh_from_db()
    assert user.check_password("seven stones on a hill")
