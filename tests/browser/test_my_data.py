"""Taking one's data along, and leaving."""

import re

import pytest
from django.test import Client
from playwright.sync_api import expect

from accounts.models import User
from progress.models import StepProgress
from progress.notes import Note
from tests.browser.account import enter_code, sign_up
from tests.factories import PASSWORD, NoteFactory

SETTINGS = "/accounts/settings/"


def confirm_who(page):
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def kept(user):
    """What is stored of a person's steps and notes, whoever the row calls them."""
    marks = StepProgress.objects.filter(user=user).order_by("step")
    notes = Note.objects.filter(user=user).order_by("step")
    return (
        list(marks.values_list("step", "state", "started_at", "done_at")),
        list(notes.values_list("step", "text", "saved_at")),
    )


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_export_then_deletion_then_import_brings_every_tick_and_note_back(
    open_page, under_way, backend, mailoutbox, tmp_path, axe, java_script_enabled
):
    user, address = under_way, under_way.email
    NoteFactory(user=user, step=backend.steps.get(slug="caching"), text="# Mine\n💥")
    NoteFactory(user=user, step=backend.steps.last(), text="Read the RFC.")
    before = kept(user)
    page = open_page(SETTINGS, user, java_script_enabled=java_script_enabled)

    page.get_by_role("link", name="Download or import my data").click()
    confirm_who(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert re.fullmatch(r"cairn-\d{4}-\d\d-\d\d\.json", file.name)

    page.get_by_role("link", name="Back to the settings").click()
    page.get_by_role("link", name="Delete my account…").click()
    expect(page.get_by_text("what you marked on 4 steps")).to_be_visible()
    expect(page.get_by_text("2 notes")).to_be_visible()
    page.get_by_role("button", name="Delete my account").click()
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_text("Your account is deleted")
    assert not User.objects.filter(email=address).exists()
    assert mailoutbox[-1].subject == "Your Cairn account is deleted"

    page.goto("/accounts/signup/")
    sign_up(page, address)
    enter_code(page, mailoutbox[-1])
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.goto("/accounts/data/")
    confirm_who(page)
    page.get_by_label("JSON file").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(title).to_have_text("Your data is imported")
    expect(page.get_by_text("4 steps marked as in the file")).to_be_visible()
    assert kept(User.objects.get(email=address)) == before
    if java_script_enabled:
        axe(page)


@pytest.mark.fails_requests
def test_a_file_that_is_none_is_told_beside_its_field(open_page, user, tmp_path, axe):
    file = tmp_path / "cairn.json"
    file.write_text("nonsense")
    page = open_page("/accounts/data/", user)
    confirm_who(page)
    page.get_by_label("JSON file").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    field = page.get_by_label("JSON file")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    axe(page)


@pytest.fixture
def page(open_page, under_way):
    return open_page(SETTINGS, under_way)


def test_the_settings_for_axe(page, under_way, axe):
    elsewhere = Client()
    elsewhere.force_login(under_way)
    elsewhere.get("/")
    page.reload()
    expect(page.get_by_role("button", name="Sign out all others")).to_be_visible()
    axe(page)


@pytest.mark.parametrize(
    "path",
    ["/accounts/data/", "/accounts/delete/", "/accounts/email/"],
)
def test_what_the_settings_lead_to_for_axe(page, axe, path):
    page.goto(path)
    axe(page)
    if page.get_by_label("Password").is_visible():
        confirm_who(page)
        axe(page)


@pytest.mark.parametrize("path", ["/privacy/", "/accounts/deleted/"])
def test_what_everybody_may_read_for_axe(open_page, db, axe, path):
    axe(open_page(path))


def test_the_code_for_who_has_no_password(open_page, user, mailoutbox, axe):
    user.set_unusable_password()
    user.save()
    page = open_page("/accounts/data/", user)
    axe(page)
    page.get_by_role("button", name="Send the code").click()
    expect(page.get_by_label("Code")).to_be_visible()
    axe(page)
    enter_code(page, mailoutbox[0])
    expect(page.get_by_role("heading", level=1)).to_have_text("My data")


@pytest.mark.fails_requests
def test_a_name_that_is_too_long_is_told_and_focused(page, axe):
    name = page.get_by_label("Display name")
    name.evaluate("field => field.removeAttribute('maxlength')")
    name.fill("a" * 81)
    page.get_by_role("button", name="Save name").click()
    expect(name).to_have_attribute("aria-invalid", "true")
    axe(page)


def test_the_time_zone_that_one_chooses_is_kept(page):
    page.get_by_role("combobox", name="Time zone").select_option("Pacific/Auckland")
    page.get_by_role("button", name="Save time zone").click()
    expect(page.get_by_role("combobox", name="Time zone")).to_have_value(
        "Pacific/Auckland"
    )
    expect(page.get_by_text("NZDT")).to_be_visible()


@pytest.mark.parametrize("width", [320, 360, 768])
def test_nothing_is_wider_than_a_small_screen(open_page, under_way, width):
    page = open_page(SETTINGS, under_way, viewport={"width": width, "height": 700})
    for path in (SETTINGS, "/accounts/data/", "/privacy/"):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path
