"""Signing in with the organisation, whose provider is fake.

`make single-sign-on` has more, with a real provider.
"""

import pytest
from playwright.sync_api import expect

from tests.accounts.second_factors import add_passkey
from tests.browser.account_pages import expect_heading, expect_signed_in


def press(page):
    page.get_by_role("button", name="Sign in with Example School").click()


def test_it_creates_an_account_and_makes_the_mark(
    open_page, backend, organisation, settings, javascript, axe
):
    settings.SIGN_UP = "organisation"
    page = open_page(
        "/roadmaps/backend-developer/caching/", java_script_enabled=javascript
    )
    page.get_by_role("button", name="Mark done").first.click()
    expect_heading(page, "Create an account to track your progress")
    if javascript:  # axe is a script
        axe(page)
    press(page)
    expect(page.get_by_role("article").get_by_text("Done on").first).to_be_visible()


@pytest.mark.fails_requests
def test_pages_for_who_cannot_get_in(open_page, organisation, settings, user, axe):
    settings.SIGN_UP, settings.PASSWORD_SIGN_IN = "organisation", "administrators"
    settings.PASSWORD_SIGN_IN_ADDRESSES = [user.email]
    add_passkey(user)
    page = open_page("/accounts/login/")
    page.get_by_label("Email").fill("ada@school.example")
    page.get_by_label("Password").first.fill("no password of hers")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("If you aren’t an administrator")).to_be_visible()
    axe(page)
    organisation.person["email_verified"] = False
    press(page)
    expect(page.get_by_text("hasn’t verified your email address")).to_be_visible()
    axe(page)
    organisation.person["email_verified"] = True
    organisation.id_token_changes = {"nonce": "of another sign-in"}
    page.goto("/accounts/login/")
    press(page)
    expect(page.get_by_text("could not be verified")).to_be_visible()
    axe(page)
    organisation.id_token_changes = {}
    page.goto("/accounts/login/")
    press(page)
    expect_signed_in(page)
    page.goto("/accounts/password/set/")
    expect_heading(page, "Sign in with Example School")
    axe(page)
