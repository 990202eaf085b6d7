"""What a person does on the account pages."""

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


def sign_in(page, email, password=PASSWORD):
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_up(page, email, password=PASSWORD):
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Create account").click()


def ask_for_reset(page, email):
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Send the code").click()


def enter_code(page, mail):
    code = re.search(r"\b[A-Z]{4}-[A-Z]{4}\b", mail.body)[0]
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Confirm").click()


def ask_for_code(page, email):
    page.get_by_role("link", name="E-mail me a code").click()
    ask_for_reset(page, email)


def code_from(secret):
    """What an authenticator app would show now, for as long as a test takes: near the
    end of its half minute the next one is awaited.
    """
    left = TOTP_PERIOD - time.time() % TOTP_PERIOD
    if left < 5:
        time.sleep(left)
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def should_be_at(page, heading):
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def confirm_by_password(page, password=PASSWORD):
    should_be_at(page, "Confirm that it is you")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Confirm").click()


class Device:
    """What makes passkeys and keeps them, whose owner is there or not."""

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

    def tell(self, what, **more):
        self.session.send(f"WebAuthn.{what}", {"authenticatorId": self.id, **more})

    def owner_is(self, present):
        self.tell("setAutomaticPresenceSimulation", enabled=present)
