"""The ways to sign in."""

import re

import pytest
from allauth.socialaccount.models import SocialAccount
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.account_pages import (
    confirm_password,
    enter_code,
    enter_wrong_code,
    expect_heading,
    expect_signed_in,
    request_sign_in_code,
    sign_in,
)
from tests.factories import PASSWORD, UserFactory


def test_a_mailed_code_signs_in_and_a_new_one_replaces_it(
    open_page, user, mailoutbox, javascript
):
    page = open_page("/accounts/login/", java_script_enabled=javascript)
    request_sign_in_code(page, user.email)
    expect_heading(page, "Enter the code")
    errors = page.locator(".errorlist")
    enter_wrong_code(page)
    expect(errors).to_have_text("That code is not right.")
    page.get_by_role("button", name="Send a new code").click()
    expect(errors).to_have_count(0)
    enter_code(page, mailoutbox[0])
    expect(errors).to_have_text("That code is not right.")
    enter_code(page, mailoutbox[1])
    expect_signed_in(page)


class TestGitHub:
    def press(self, page):
        page.get_by_role("button", name="Continue with GitHub").click()

    def test_it_is_the_last_of_the_ways_to_sign_in(self, open_page, db, github):
        page = open_page("/accounts/login/")
        ways = page.locator("main").get_by_role("button").or_(page.locator(".button"))
        expect(ways).to_have_text(
            ["Use a passkey", "Sign in", "E-mail me a code", "Continue with GitHub"]
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
        page.get_by_role("button", name="Sign out").click()
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
        expect_heading(page, "You cancelled it")
        axe(page)

    def test_it_asks_for_an_address_if_github_gives_none(
        self, open_page, db, github, mailoutbox, axe
    ):
        github.emails = []
        page = open_page("/accounts/login/")
        self.press(page)
        expect_heading(page, "One thing is missing")
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
        expect(page.get_by_text("None is connected.")).to_be_visible()
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
    here.get_by_role("button", name="Sign out all others").click()
    expect(devices).to_have_count(1)
    there.reload()
    expect(there.get_by_role("link", name="Sign in")).to_be_visible()
    here.reload()
    expect(here.get_by_role("button", name="Sign out", exact=True)).to_be_visible()


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
    page.get_by_role("button", name=re.compile("^Save the")).click()
    expect(page.get_by_role("status")).to_contain_text("Your password is")
    user.refresh_from_db()
    assert user.check_password("seven stones on a hill")
