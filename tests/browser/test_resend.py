"""What was typed comes back after signing in."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests.browser.account_pages import expect_heading, sign_in

SETTINGS = "/accounts/settings/"


@pytest.mark.fails_requests
def test_a_form_is_sent_after_signing_in(open_page, user, javascript, axe):
    page = open_page(SETTINGS, user, java_script_enabled=javascript)
    name = page.get_by_role("textbox", name="Name")
    name.fill("Ada Lovelace")
    Session.objects.all().delete()
    name.press("Enter")
    expect_heading(page, "Sign in to send this form")
    if javascript:
        axe(page)
        page.get_by_role("main").get_by_role("link", name="Sign in").click()
        sign_in(page, user.email)
    else:
        with page.context.expect_page() as opened:
            page.get_by_role("main").get_by_role("link", name="Sign in").click()
        sign_in(opened.value, user.email)
        expect_heading(opened.value, "You are signed in")
        page.get_by_role("button", name="Continue").click()
    expect_heading(page, "Send this form again")
    expect(page.get_by_text(f"You are signed in as {user.email}")).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    expect(page).to_have_url(f"{SETTINGS}#name")
    expect(name).to_have_value("Ada Lovelace")
