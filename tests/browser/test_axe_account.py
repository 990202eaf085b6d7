"""axe on the account pages, in both colour schemes."""

from playwright.sync_api import expect

from tests.browser.account_pages import (
    enter_code,
    enter_new_password,
    enter_wrong_code,
    expect_heading,
    request_code,
    sign_in,
    sign_up,
)


def test_pages_as_a_visitor_opens_them(open_page, user, axe):
    page = open_page("about:blank")
    for path in (
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/inactive/",
        "/accounts/deleted/",
        "/privacy/",
    ):
        page.goto(path)
        axe(page)


def test_signing_in_and_signing_up_with_errors(open_page, user, axe):
    page = open_page("/accounts/login/")
    sign_in(page, user.email, "not it")
    expect(page.locator(".errorlist")).to_be_visible()
    axe(page)
    page.goto("/accounts/signup/")
    sign_up(page, "new@example.com", "password12345678")
    expect(page.locator(".errorlist").first).to_be_visible()
    axe(page)
    sign_up(page, "new@example.com")
    expect_heading(page, "Confirm your email address")
    axe(page)
    enter_wrong_code(page)
    expect(page.locator(".errorlist")).to_be_visible()
    axe(page)


def test_choosing_a_new_password(open_page, user, mailoutbox, axe):
    page = open_page("/accounts/password/reset/")
    request_code(page, user.email)
    expect_heading(page, "Enter your code")
    axe(page)
    enter_code(page, mailoutbox[0])
    expect_heading(page, "Choose a new password")
    enter_new_password(page, "password12345678")
    expect(page.locator(".errorlist").first).to_be_visible()
    axe(page)


def test_signing_out(open_page, user, axe):
    page = open_page("/accounts/logout/", user)
    expect_heading(page, "Sign out?")
    axe(page)
