"""A visitor ticks a step, and it is ticked once they have signed in."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.account_pages import (
    enter_code,
    enter_new_password,
    expect_heading,
    go_to_sign_in,
    request_code,
    sign_in,
    sign_up,
    totp_code,
)
from tests.browser.roadmap_page import (
    ROADMAP,
    expect_step,
    step_row,
    stored_states,
    tick_button,
)

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture
def page(open_page, backend, javascript):
    """The page that a visitor sees after ticking Caching."""
    page = open_page(ROADMAP, java_script_enabled=javascript)
    tick_button(page, "Caching").click()
    expect_heading(page, "Create an account to track your progress")
    expect_named(page)
    return page


@pytest.fixture
def sign_in_page(page):
    """The page that they see if they say that they have an account."""
    go_to_sign_in(page)
    expect_heading(page, "Sign in to track your progress")
    expect_named(page)
    return page


def expect_named(page):
    """Expect the page to say what will happen, and to lead back."""
    expect(
        page.get_by_text("When you are signed in, Caching will be marked done.")
    ).to_be_visible()
    back = page.get_by_role("link", name="Caching")
    expect(back).to_have_attribute("href", f"{ROADMAP}#caching")


def expect_caching_ticked(page, user):
    expect(page).to_have_url(re.compile(rf"{ROADMAP}#caching$"))
    expect_step(page, "Caching", "done", "Undo")
    expect(step_row(page, "Caching")).to_be_in_viewport()
    expect(page.get_by_text("1 of 9 optional")).to_be_visible()
    assert stored_states(user) == {"caching": "done"}


def test_signing_in_ticks_the_step_even_after_a_wrong_password(sign_in_page, user):
    sign_in(sign_in_page, user.email, "not it")
    expect(sign_in_page.locator(".errorlist")).to_be_visible()
    expect(sign_in_page.get_by_label("Email")).to_have_value(user.email)
    expect_named(sign_in_page)
    sign_in(sign_in_page, user.email)
    expect_caching_ticked(sign_in_page, user)


def test_signing_up_ticks_the_step(page, mailoutbox):
    sign_up(page, "new@example.com")
    expect(page.get_by_text("We sent a code to new@example.com")).to_be_visible()
    expect_named(page)
    enter_code(page, mailoutbox[0])
    expect_caching_ticked(page, User.objects.get(email="new@example.com"))


def test_choosing_a_new_password_ticks_the_step(sign_in_page, user, mailoutbox):
    page = sign_in_page
    page.get_by_role("link", name="Forgot your password?").click()
    request_code(page, user.email)
    expect(page.get_by_text(f"We sent a code to {user.email}")).to_be_visible()
    enter_code(page, mailoutbox[0])
    expect_heading(page, "Choose a new password")
    enter_new_password(page, "seven stones on a hill")
    expect_caching_ticked(page, user)


def test_signing_in_by_a_mailed_code_ticks_the_step(sign_in_page, user, mailoutbox):
    page = sign_in_page
    page.get_by_role("link", name="Email me a code").click()
    expect_heading(page, "Sign in to track your progress")
    request_code(page, user.email)
    expect_heading(page, "Enter your code")
    expect_named(page)
    enter_code(page, mailoutbox[0])
    expect_caching_ticked(page, user)


def test_signing_in_with_a_second_factor_ticks_the_step(sign_in_page, user):
    page = sign_in_page
    TOTP.activate(user, SECRET)
    sign_in(page, user.email)
    expect_heading(page, "Two-factor authentication")
    expect_named(page)
    page.get_by_label("Code").fill(totp_code(SECRET))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect_caching_ticked(page, user)


def test_signing_in_with_github_ticks_the_step(page, github):
    page.reload()
    page.get_by_role("button", name="Continue with GitHub").click()
    expect_caching_ticked(page, User.objects.get(email="ada@example.com"))


def test_leaving_the_page_for_another_sign_in_ticks_nothing(page, user):
    page.goto("/accounts/login/")
    expect_heading(page, "Sign in")
    sign_in(page, user.email)
    expect(page).to_have_title("Roadmaps · Cairn")
    assert stored_states(user) == {}
