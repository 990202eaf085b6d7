"""The settings: export, deletion and import of a person's data, and their details."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from playwright.sync_api import expect

from accounts.models import User
from progress.models import StepProgress
from progress.notes import Note
from tests.accounts.actions import FIREFOX
from tests.browser.account_pages import (
    account_menu,
    confirm_password,
    enter_code,
    expect_heading,
    sign_up,
)
from tests.browser.screens import expect_no_sideways_scroll
from tests.factories import NoteFactory

SETTINGS = "/accounts/settings/"
DATA = "/accounts/data/"


def stored_data(user):
    """The person's steps and notes, without the rows' own keys."""
    progress = StepProgress.objects.filter(user=user).order_by("step")
    notes = Note.objects.filter(user=user).order_by("step")
    return (
        list(progress.values_list("step", "state", "started_at", "done_at")),
        list(notes.values_list("step", "text", "saved_at")),
    )


def test_an_import_restores_what_was_exported_before_the_account_was_deleted(
    open_page, user_with_progress, backend, mailoutbox, tmp_path, axe, javascript
):
    user, address = user_with_progress, user_with_progress.email
    NoteFactory(user=user, step=backend.steps.get(slug="caching"), text="# Mine\n💥")
    NoteFactory(user=user, step=backend.steps.last(), text="Read the RFC.")
    before = stored_data(user)
    page = open_page(SETTINGS, user, java_script_enabled=javascript)

    page.get_by_role("link", name="Download or import my data").click()
    confirm_password(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert re.fullmatch(r"cairn-\d{4}-\d\d-\d\d\.json", file.name)

    page.get_by_role("link", name="Back to settings").click()
    page.get_by_role("link", name="Delete my account…").click()
    expect(page.get_by_text("your progress on 4 steps")).to_be_visible()
    expect(page.get_by_text("2 notes")).to_be_visible()
    page.get_by_role("button", name="Delete my account").click()
    expect_heading(page, "Your account has been deleted")
    assert not User.objects.filter(email=address).exists()
    assert mailoutbox[-1].subject == "Your Cairn account was deleted"

    page.goto("/accounts/signup/")
    sign_up(page, address)
    expect(page.get_by_text(f"We sent a code to {address}")).to_be_visible()
    enter_code(page, mailoutbox[-1])
    expect(account_menu(page)).to_be_visible()
    page.goto(DATA)
    page.get_by_label("JSON file").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect_heading(page, "Import complete")
    expect(page.get_by_text("4 steps updated")).to_be_visible()
    assert stored_data(User.objects.get(email=address)) == before
    if javascript:
        axe(page)


PHONE = {"viewport": {"width": 360, "height": 740}}


def test_each_change_is_confirmed_in_view(open_page, user, javascript):
    for _ in range(2):
        elsewhere = Client(headers={"User-Agent": FIREFOX})
        elsewhere.force_login(user)
        elsewhere.get("/")
    EmailAddress.objects.create(user=user, email="b@example.com", verified=True)
    page = open_page(DATA, user, java_script_enabled=javascript, **PHONE)
    confirm_password(page)
    page.goto(SETTINGS)
    for name, message in (
        ("Save name", "Saved"),
        ("Make primary", "Primary email address"),
        ("Remove person", "removed"),
        ("Sign out Firefox on Windows", "Firefox on Windows was signed out."),
        ("Sign out all other devices", "All other devices were signed out."),
        ("Save time zone", "Saved"),
    ):
        button = page.get_by_role("button", name=name).first
        button.click()
        status = page.get_by_role("status")
        expect(status).to_contain_text(message, ignore_case=True)
        expect(status).to_be_in_viewport(ratio=1)
        if name.startswith("Save"):  # then it is on the line of the button
            gap = status.bounding_box()["y"] - button.bounding_box()["y"]
            assert abs(gap) < 10  # pixels
    page.reload()
    expect(page.get_by_role("status")).to_have_count(0)


def test_rows_and_rules_end_at_one_edge(open_page, user):
    EmailAddress.objects.create(user=user, email="b@example.com", verified=True)
    for width in (360, 768, 1280):
        viewport = {"width": width, "height": 740}
        page = open_page(SETTINGS, user, viewport=viewport)
        ends = page.locator(
            ".sections > section, .rows, .rows > li > :not(div), .stacked"
        ).evaluate_all("all => all.map((e) => e.getBoundingClientRect().right)")
        assert max(ends) - min(ends) < 1, width  # pixels


def test_the_settings_and_their_pages(open_page, user_with_progress, axe):
    elsewhere = Client()
    elsewhere.force_login(user_with_progress)
    elsewhere.get("/")
    page = open_page(SETTINGS, user_with_progress)
    expect(
        page.get_by_role("button", name="Sign out all other devices")
    ).to_be_visible()
    axe(page)
    page.goto(DATA)
    axe(page)
    confirm_password(page)
    for path in (DATA, "/accounts/delete/", "/accounts/email/"):
        page.goto(path)
        axe(page)
    for width in (320, 768):
        page.set_viewport_size({"width": width, "height": 700})
        for path in (SETTINGS, DATA, "/privacy/"):
            page.goto(path)
            expect_no_sideways_scroll(page)


def test_a_person_without_a_password_confirms_by_a_code(
    open_page, user, mailoutbox, axe
):
    user.set_unusable_password()
    user.save()
    page = open_page(DATA, user)
    axe(page)
    page.get_by_role("button", name="Email me a code").click()
    expect(page.get_by_label("Code")).to_be_visible()
    axe(page)
    enter_code(page, mailoutbox[0])
    expect_heading(page, "My data")


@pytest.mark.fails_requests
def test_errors_are_shown_at_their_fields(open_page, user, axe):
    page = open_page(SETTINGS, user)
    name = page.get_by_label("Display name")
    name.evaluate("field => field.removeAttribute('maxlength')")
    name.fill("a" * 81)
    page.get_by_role("button", name="Save name").click()
    expect(name).to_have_attribute("aria-invalid", "true")
    axe(page)
    page.goto(DATA)
    confirm_password(page)
    file = page.get_by_label("JSON file")
    nonsense = {"name": "a.json", "mimeType": "application/json", "buffer": b"nonsense"}
    file.set_input_files(nonsense)
    page.get_by_role("button", name="Import").click()
    expect(file).to_have_attribute("aria-invalid", "true")
    expect(file).to_be_focused()
    axe(page)


def test_a_chosen_time_zone_is_stored(open_page, user):
    page = open_page(SETTINGS, user)
    time_zone = page.get_by_role("combobox", name="Time zone")
    time_zone.select_option("Pacific/Auckland")
    page.get_by_role("button", name="Save time zone").click()
    expect(time_zone).to_have_value("Pacific/Auckland")
    expect(page.get_by_text(re.compile("NZ[DS]T"))).to_be_visible()
