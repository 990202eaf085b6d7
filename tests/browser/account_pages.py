"""Helpers for the tests of the account pages."""

import re
import time

from allauth.mfa.app_settings import TOTP_PERIOD
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from playwright.sync_api import expect

from tests.factories import PASSWORD


def expect_heading(page, text):
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def account_menu(page):
    """What opens the menu of the person who is signed in."""
    return page.get_by_role("banner").locator("summary", has_text="Account")


def expect_signed_in(page):
    """Expect the list of roadmaps, as a person who is signed in sees it."""
    expect(page).to_have_title("Roadmaps · Cairn")
    expect(account_menu(page)).to_be_visible()


def sign_out(page):
    account_menu(page).click()
    page.get_by_role("button", name="Sign out", exact=True).click()


def sign_in(page, email, password=PASSWORD):
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def go_to_sign_in(page):
    """Press the link on the sign-up page for people who have an account."""
    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    expect(page).to_have_title("Sign in · Cairn")


def sign_up(page, email, password=PASSWORD):
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Create account").click()


def request_code(page, email):
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Email me a code").click()


def request_sign_in_code(page, email):
    page.get_by_role("link", name="Email me a code").click()
    request_code(page, email)


def enter_code(page, mail):
    """Enter the code that the mail contains."""
    code = re.search(r"\b[A-Z]{4}-[A-Z]{4}\b", mail.body)[0]
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Confirm").click()


def enter_wrong_code(page):
    page.get_by_label("Code").fill("no such code")
    page.get_by_role("button", name="Confirm").click()


def enter_new_password(page, password):
    for field in page.get_by_label("New password").all():
        field.fill(password)
    page.get_by_role("button", name="Save and sign in").click()


def confirm_password(page, password=PASSWORD):
    expect_heading(page, "Confirm it’s you")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Continue").click()


def totp_code(secret):
    """The code that an authenticator app would show now.

    A code that is about to expire could be refused, so the next one is awaited.
    """
    seconds_left = TOTP_PERIOD - time.time() % TOTP_PERIOD
    if seconds_left < 5:
        time.sleep(seconds_left)
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


class PasskeyDevice:
    """A virtual authenticator that makes and stores passkeys."""

    def __init__(self, page):
        self.session = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        added = self.session.send(
            "WebAuthn.addVirtualAuthenticator", {"options": options}
        )
        self.id = added["authenticatorId"]

    def send(self, command, **arguments):
        arguments["authenticatorId"] = self.id
        self.session.send(f"WebAuthn.{command}", arguments)

    def set_owner_present(self, present):
        self.send("setAutomaticPresenceSimulation", enabled=present)

    def set_owner_verified(self, verified):
        self.send("setUserVerified", isUserVerified=verified)
