"""An authenticator app and passkeys: set up, and signed in with."""

import re

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import expect

from tests.browser.account import (
    Device,
    code_from,
    confirm_by_password,
    should_be_at,
    sign_in,
)
from tests.browser.route import ROADMAP, control, should_be, stored

FACTORS = "/accounts/2fa/"
CODE = "Enter the code that it shows"


@pytest.fixture
def page(open_page, live_server, user):
    """Signed in, by the name of the host under which passkeys work."""
    page = open_page("/accounts/login/")
    page.goto(live_server.url.replace("127.0.0.1", "localhost") + "/accounts/login/")
    sign_in(page, user.email)
    expect(page).to_have_title("Roadmaps · Cairn")
    return page


def sign_out(page):
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in").click()


def local(page, path):
    page.goto(re.sub(r"(://[^/]+).*", rf"\1{path}", page.url))


class TestAuthenticatorApp:
    def test_it_is_set_up_and_signed_in_with(self, page, user, axe):
        local(page, FACTORS)
        page.get_by_role("link", name="Set up an app").click()
        confirm_by_password(page)
        should_be_at(page, "Set up an authenticator app")
        qr = page.get_by_role("img", name=re.compile("QR code"))
        assert qr.evaluate("image => image.complete && image.naturalWidth > 0")
        axe(page)
        page.get_by_label(CODE).fill("000000")
        page.get_by_role("button", name="Start using it").click()
        expect(page.locator(".errorlist")).to_be_visible()
        expect(page.get_by_label(CODE)).to_be_focused()
        axe(page)
        secret = page.locator(".secret").inner_text()
        page.get_by_label(CODE).fill(code_from(secret))
        page.get_by_role("button", name="Start using it").click()
        should_be_at(page, "Recovery codes")
        axe(page)
        codes = page.locator(".codes li").all_inner_texts()
        assert len(codes) == 10
        with page.expect_download() as download:
            page.get_by_role("link", name="Download").click()
        assert download.value.path().read_text().split() == codes
        page.reload()
        expect(page.get_by_text("They were shown once")).to_be_visible()
        axe(page)
        sign_out(page)
        sign_in(page, user.email)
        should_be_at(page, "One more step")
        axe(page)
        page.get_by_label("Code").fill(codes[0])
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page).to_have_title("Roadmaps · Cairn")
        local(page, FACTORS)
        expect(page.get_by_text("You have 9 left")).to_be_visible()
        axe(page)

    def test_it_works_without_scripts(self, open_page, user):
        page = open_page("/accounts/login/", java_script_enabled=False)
        expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
        sign_in(page, user.email)
        page.goto("/accounts/2fa/totp/activate/")
        confirm_by_password(page)
        secret = page.locator(".secret").inner_text()
        page.get_by_label(CODE).fill(code_from(secret))
        page.get_by_role("button", name="Start using it").click()
        should_be_at(page, "Recovery codes")
        page.goto("/accounts/2fa/totp/deactivate/")
        page.get_by_role("button", name="Stop using it").click()
        expect(page.get_by_role("link", name="Set up an app")).to_be_visible()
        assert not Authenticator.objects.exists()


class TestPasskey:
    @pytest.fixture
    def device(self, page):
        return Device(page)

    @pytest.fixture
    def with_passkey(self, page, device, axe):
        local(page, "/accounts/2fa/webauthn/add/")
        confirm_by_password(page)
        should_be_at(page, "Add a passkey")
        axe(page)
        page.get_by_label("Name").fill("My laptop")
        page.get_by_role("button", name="Add the passkey").click()
        should_be_at(page, "Recovery codes")
        local(page, FACTORS)
        expect(page.get_by_text("My laptop").first).to_be_visible()
        device.owner_is(False)
        return page

    def test_it_signs_in_alone(self, with_passkey, device, axe):
        page = with_passkey
        sign_out(page)
        axe(page)
        device.owner_is(True)
        page.get_by_role("button", name="Use a passkey").click()
        expect(page).to_have_title("Roadmaps · Cairn")
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    def test_it_makes_a_wish_come_true(self, with_passkey, device, backend, user):
        page = with_passkey
        page.get_by_role("button", name="Sign out").click()
        local(page, ROADMAP)
        device.owner_is(True)  # who is asked by the page itself, before any press
        control(page, "Caching").click()
        should_be(page, "Caching", "done", "Undo")
        assert stored(user) == {"caching": "done"}

    def test_it_is_offered_in_the_field_for_the_address(self, with_passkey, device):
        page = with_passkey
        device.owner_is(True)
        sign_out(page)
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    def test_it_is_a_second_factor(self, with_passkey, device, user):
        page = with_passkey
        sign_out(page)
        sign_in(page, user.email)
        device.owner_is(True)
        should_be_at(page, "One more step")
        page.get_by_role("button", name="Use a passkey").click()
        expect(page).to_have_title("Roadmaps · Cairn")

    def test_it_confirms_that_it_is_you(self, with_passkey, device, axe):
        page = with_passkey
        device.owner_is(True)
        sign_out(page)
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        local(page, "/accounts/2fa/recovery-codes/generate/")
        page.get_by_role("link", name="Use a passkey").click()
        axe(page)
        page.get_by_role("button", name="Use a passkey").click()
        should_be_at(page, "Make new recovery codes?")
        axe(page)

    def test_it_is_renamed_and_removed(self, with_passkey, axe):
        page = with_passkey
        page.get_by_role("link", name="Rename My laptop").click()
        page.get_by_label("Name").fill("Old laptop")
        axe(page)
        page.get_by_role("button", name="Save").click()
        page.get_by_role("link", name="Remove Old laptop").click()
        should_be_at(page, "Remove “Old laptop”?")
        axe(page)
        page.get_by_role("button", name="Remove").click()
        should_be_at(page, "Second factor")
        assert not Authenticator.objects.exists()

    def test_turning_away_from_it_says_so(self, page, device):
        device.tell("setUserVerified", isUserVerified=False)
        sign_out(page)
        button = page.get_by_role("button", name="Use a passkey")
        button.click()
        said = page.get_by_role("alert")
        expect(said).to_have_text("No passkey was used. Try again when you are ready.")
        above, below = button.bounding_box(), said.bounding_box()
        assert 0 < below["y"] - above["y"] - above["height"] < 20  # right below it
