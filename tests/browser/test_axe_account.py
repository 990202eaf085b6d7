"""What axe says of the account pages, by day and by night."""

import pytest
from playwright.sync_api import expect

from tests.browser.account import ask_for_reset, enter_code, sign_in, sign_up


def should_be_at(page, heading):
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/inactive/",
    ],
)
def test_the_page_as_it_opens(open_page, db, axe, path):
    axe(open_page(path))


def test_signing_out(open_page, user, axe):
    page = open_page("/accounts/logout/", user)
    should_be_at(page, "Sign out")
    axe(page)


def test_signing_in_with_errors(open_page, user, axe):
    page = open_page("/accounts/login/")
    sign_in(page, user.email, "not it")
    expect(page.locator(".errorlist")).to_be_visible()
    axe(page)


def test_signing_up_with_errors_and_then_with_a_wrong_code(open_page, db, axe):
    page = open_page("/accounts/signup/")
    sign_up(page, "new@example.com", "12345")
    expect(page.locator(".errorlist").first).to_be_visible()
    axe(page)
    sign_up(page, "new@example.com")
    should_be_at(page, "Confirm your e-mail address")
    axe(page)
    page.get_by_label("Code").fill("no such code")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".errorlist")).to_be_visible()
    axe(page)


def test_choosing_a_new_password(open_page, user, mailoutbox, axe):
    page = open_page("/accounts/password/reset/")
    ask_for_reset(page, user.email)
    should_be_at(page, "Enter the code")
    axe(page)
    enter_code(page, mailoutbox[0])
    should_be_at(page, "Choose a new password")
    for field in page.get_by_label("New password").all():
        field.fill("12345")
    page.get_by_role("button", name="Save and sign in").click()
    expect(page.locator(".errorlist").first).to_be_visible()
    axe(page)
