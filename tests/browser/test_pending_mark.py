"""A visitor ticks a step, and it is ticked once they have signed in."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.account import (
    ask_for_reset,
    code_from,
    enter_code,
    sign_in,
    sign_up,
)
from tests.browser.route import ROADMAP, control, row, should_be, stored

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

pytestmark = pytest.mark.parametrize("scripts", [True, False], ids=["js", "no js"])


@pytest.fixture
def wishing(open_page, backend, scripts):
    """The page to which a visitor comes who has ticked Caching."""
    page = open_page(ROADMAP, java_script_enabled=scripts)
    control(page, "Caching").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to tick Caching")
    return page


def should_have_come_true(page, user):
    expect(page).to_have_url(re.compile(rf"{ROADMAP}#caching$"))
    should_be(page, "Caching", "done", "Undo")
    expect(row(page, "Caching")).to_be_in_viewport()
    expect(page.get_by_text("1 of 9 optional")).to_be_visible()
    assert stored(user) == {"caching": "done"}


def test_by_signing_in(wishing, user):
    sign_in(wishing, user.email)
    should_have_come_true(wishing, user)


def test_by_signing_up(wishing, mailoutbox):
    page = wishing
    page.get_by_role("link", name="Create an account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Create an account to tick Caching"
    )
    sign_up(page, "new@example.com")
    expect(page.get_by_text("We sent a code to new@example.com")).to_be_visible()
    enter_code(page, mailoutbox[0])
    should_have_come_true(page, User.objects.get(email="new@example.com"))


def test_by_choosing_a_new_password(wishing, user, mailoutbox):
    page = wishing
    page.get_by_role("link", name="Forgot your password?").click()
    ask_for_reset(page, user.email)
    expect(page.get_by_text(f"We sent a code to {user.email}")).to_be_visible()
    enter_code(page, mailoutbox[0])
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a new password")
    for field in page.get_by_label("New password").all():
        field.fill("seven stones on a hill")
    page.get_by_role("button", name="Save and sign in").click()
    should_have_come_true(page, user)


def test_by_a_code_from_the_mail(wishing, user, mailoutbox):
    page = wishing
    page.get_by_role("link", name="E-mail me a code").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to tick Caching")
    ask_for_reset(page, user.email)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Enter the code to tick Caching"
    )
    enter_code(page, mailoutbox[0])
    should_have_come_true(page, user)


def test_with_a_second_factor_in_between(wishing, user):
    page = wishing
    TOTP.activate(user, SECRET)
    sign_in(page, user.email)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "One more step to tick Caching"
    )
    page.get_by_label("Code").fill(code_from(SECRET))
    page.get_by_role("button", name="Sign in", exact=True).click()
    should_have_come_true(page, user)


def test_by_way_of_github(wishing, github):
    page = wishing
    page.reload()
    page.get_by_role("button", name="Continue with GitHub").click()
    should_have_come_true(page, User.objects.get(email="ada@example.com"))


def test_after_mistyping_the_password(wishing, user):
    page = wishing
    sign_in(page, user.email, "not it")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to tick Caching")
    sign_in(page, user.email)
    should_have_come_true(page, user)


def test_a_visitor_who_turns_away_ticks_nothing(wishing, user):
    wishing.goto("/accounts/login/")
    expect(wishing.get_by_role("heading", level=1)).to_have_text("Sign in")
    sign_in(wishing, user.email)
    expect(wishing).to_have_title("Roadmaps · Cairn")
    assert stored(user) == {}
