"""An authenticator app and passkeys: setting them up and signing in with them."""

import re

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import expect

from tests.accounts.second_factors import add_passkey
from tests.browser.account_pages import (
    PasskeyDevice,
    expect_heading,
    expect_signed_in,
    sign_in,
    sign_out,
    totp_code,
)
from tests.browser.roadmap_page import ROADMAP, expect_step, stored_states, tick_button
from tests.factories import UserFactory

FACTORS = "/accounts/2fa/"
CODE_LABEL = "Enter the code shown in the app"


@pytest.fixture
def page(open_page, live_server, user):
    """A person signed in under the host name "localhost", where passkeys work."""
    page = open_page("about:blank")
    page.goto(live_server.url.replace("127.0.0.1", "localhost") + "/accounts/login/")
    sign_in(page, user.email)
    expect_signed_in(page)
    return page


def sign_out_and_in(page):
    sign_out(page)
    page.get_by_role("link", name="Sign in").click()


def go_to(page, path):
    """Open a path under the host name that the page already has."""
    page.goto(re.sub(r"(://[^/]+).*", rf"\1{path}", page.url))


class TestAuthenticatorApp:
    def test_it_is_set_up_and_signed_in_with(self, page, user, axe):
        go_to(page, FACTORS)
        page.get_by_role("link", name="Set up an app").click()
        expect_heading(page, "Set up an authenticator app")
        qr = page.get_by_role("img", name=re.compile("QR code"))
        assert qr.evaluate("image => image.complete && image.naturalWidth > 0")
        page.get_by_label(CODE_LABEL).fill("000000")
        page.get_by_role("button", name="Turn on").click()
        expect(page.locator(".errorlist")).to_be_visible()
        expect(page.get_by_label(CODE_LABEL)).to_be_focused()
        axe(page)
        secret = page.locator(".secret").inner_text()
        page.get_by_label(CODE_LABEL).fill(totp_code(secret))
        page.get_by_role("button", name="Turn on").click()
        expect_heading(page, "Recovery codes")
        axe(page)
        codes = page.locator(".codes li").all_inner_texts()
        assert len(codes) == 10
        with page.expect_download() as download:
            page.get_by_role("link", name="Download").click()
        assert download.value.path().read_text().split() == codes
        page.reload()
        expect(page.get_by_text("The codes were shown once")).to_be_visible()
        axe(page)
        sign_out_and_in(page)
        sign_in(page, user.email)
        expect_heading(page, "Two-factor authentication")
        axe(page)
        page.get_by_label("Code").fill(codes[0])
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect_signed_in(page)
        go_to(page, FACTORS)
        expect(page.get_by_text("You have 9 unused codes")).to_be_visible()
        axe(page)

    def test_it_works_without_javascript(self, open_page, user):
        add_passkey(UserFactory())
        page = open_page("/accounts/login/", java_script_enabled=False)
        expect(page.get_by_text("Sign in with a passkey")).to_be_hidden()
        sign_in(page, user.email)
        page.goto("/accounts/2fa/totp/activate/")
        secret = page.locator(".secret").inner_text()
        page.get_by_label(CODE_LABEL).fill(totp_code(secret))
        page.get_by_role("button", name="Turn on").click()
        expect_heading(page, "Recovery codes")
        page.goto("/accounts/2fa/totp/deactivate/")
        page.get_by_role("button", name="Remove the app").click()
        expect(page.get_by_role("link", name="Set up an app")).to_be_visible()
        assert not user.authenticator_set.exists()


class TestPasskey:
    @pytest.fixture
    def device(self, page):
        """A device with a passkey, whose owner is away."""
        device = PasskeyDevice(page)
        go_to(page, "/accounts/2fa/webauthn/add/")
        expect_heading(page, "Add a passkey")
        page.get_by_label("Name").fill("My laptop")
        page.get_by_role("button", name="Add the passkey").click()
        expect_heading(page, "Recovery codes")
        device.set_owner_present(False)
        return device

    def test_it_signs_in_alone_and_as_a_second_factor(self, page, device, user, axe):
        sign_out_and_in(page)
        axe(page)
        device.set_owner_present(True)
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect_signed_in(page)
        device.set_owner_present(False)
        sign_out_and_in(page)
        sign_in(page, user.email)
        expect_heading(page, "Two-factor authentication")
        device.set_owner_present(True)
        page.get_by_role("button", name="Use a passkey").click()
        expect_signed_in(page)

    def test_the_browser_offers_it_in_the_sign_in_form(
        self, page, device, backend, user
    ):
        device.set_owner_present(True)
        sign_out_and_in(page)
        expect_signed_in(page)
        sign_out(page)
        go_to(page, ROADMAP)
        tick_button(page, "Caching").click()
        # The browser may sign in before the form shows.
        page.get_by_role("main").get_by_role("link", name="Sign in").click()
        expect_step(page, "Caching", "done", "Undo")
        assert stored_states(user) == {"caching": "done"}

    def test_it_signs_in_a_visitor_who_was_offered_an_account(
        self, page, device, backend, user
    ):
        sign_out(page)
        go_to(page, ROADMAP)
        tick_button(page, "Caching").click()
        expect_heading(page, "Create an account to track your progress")
        device.set_owner_present(True)
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect_step(page, "Caching", "done", "Undo")
        assert stored_states(user) == {"caching": "done"}

    def test_it_confirms_a_sensitive_action(self, page, device, axe, settings):
        device.set_owner_present(True)
        sign_out_and_in(page)
        expect_signed_in(page)
        settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0  # seconds
        go_to(page, "/accounts/2fa/recovery-codes/generate/")
        settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
        page.get_by_role("link", name="Use a passkey").click()
        axe(page)
        page.get_by_role("button", name="Use a passkey").click()
        expect_heading(page, "Create new recovery codes?")
        axe(page)

    def test_it_is_renamed_and_removed(self, page, device, axe):
        go_to(page, "/accounts/2fa/webauthn/add/")
        axe(page)
        go_to(page, FACTORS)
        page.get_by_role("link", name="Rename My laptop").click()
        page.get_by_label("Name").fill("Old laptop")
        axe(page)
        page.get_by_role("button", name="Save").click()
        page.get_by_role("link", name="Remove Old laptop").click()
        expect_heading(page, "Remove “Old laptop”?")
        axe(page)
        page.get_by_role("button", name="Remove the passkey").click()
        expect_heading(page, "Two-factor authentication")
        assert not Authenticator.objects.exists()

    def test_an_alert_is_shown_when_no_passkey_is_used(self, page, user):
        add_passkey(user)
        PasskeyDevice(page).set_owner_verified(False)
        sign_out_and_in(page)
        button = page.get_by_role("button", name="Sign in with a passkey")
        button.click()
        alert = page.get_by_role("alert")
        expect(alert).to_have_text("No passkey was used. Try again.")
        button_box, alert_box = button.bounding_box(), alert.bounding_box()
        gap = alert_box["y"] - button_box["y"] - button_box["height"]
        assert 0 < gap < 20  # pixels
