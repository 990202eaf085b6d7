"""The header and the account menu in it."""

import pytest
from playwright.sync_api import expect

from tests.browser.account_pages import account_menu, sign_out
from tests.browser.screens import PHONE, expect_large_targets

WIDTHS = [320, 360, 390, 414, 640, 768, 1024, 1280, 1600]
PAGES = ["/", "/progress/", "/search/", "/accounts/settings/"]


@pytest.fixture
def staff(user):
    user.is_staff = True
    user.email = f"{'a-rather-long-address-' * 2}@example.com"
    user.save()
    return user


def test_the_menu_stays_inside_the_window(open_page, backend, staff):
    page = open_page("/", staff)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 600})
        account_menu(page).click()
        box = page.locator(".account .menu").bounding_box()
        assert 0 <= box["x"] <= width - box["width"], width
        expect(page.get_by_role("link", name="Admin")).to_be_in_viewport(ratio=1)
        page.keyboard.press("Escape")


def test_it_closes_with_escape_and_with_a_click_outside(open_page, backend, user):
    page = open_page("/", user)
    settings = page.get_by_role("link", name="Settings")
    account_menu(page).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("banner").get_by_text(user.email)).to_be_visible()
    page.keyboard.press("Tab")
    expect(settings).to_be_focused()
    page.keyboard.press("Escape")
    expect(settings).to_be_hidden()
    expect(account_menu(page)).to_be_focused()
    account_menu(page).click()
    expect(settings).to_be_visible()
    page.get_by_role("heading", level=1).click()
    expect(settings).to_be_hidden()


def test_it_works_without_javascript(open_page, backend, user):
    page = open_page("/", user, java_script_enabled=False, **PHONE)
    sign_out(page)
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("width", [320, 360])
def test_a_phone_has_one_line_of_large_targets(open_page, backend, staff, width):
    page = open_page("/", staff, viewport={"width": width, "height": 640})
    header = page.get_by_role("banner")
    names = ["Cairn", "Progress", "Search"]
    targets = [header.get_by_role("link", name=name) for name in names]
    boxes = [each.bounding_box() for each in [*targets, account_menu(page)]]
    assert len({box["y"] for box in boxes}) == 1
    expect(header.get_by_role("link", name="Roadmaps")).to_be_hidden()
    expect(header.get_by_text("Cairn")).to_be_visible()
    account_menu(page).click()
    expect_large_targets(page)


def test_every_page_is_accessible_with_the_menu_open(open_page, backend, staff, axe):
    page = open_page("/", staff, **PHONE)
    for path in PAGES:
        page.goto(path)
        account_menu(page).click()
        axe(page)


def test_sign_out_keeps_its_padding_in_forced_colours(open_page, backend, user):
    page = open_page("/", user, forced_colors="active")
    account_menu(page).click()
    button = page.get_by_role("button", name="Sign out", exact=True)
    expect(button).to_have_css("padding-inline-start", "12px")
