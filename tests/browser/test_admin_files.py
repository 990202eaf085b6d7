"""An editor takes a roadmap out of the admin as a file, and a file in."""

import pytest
from playwright.sync_api import expect

from editing.yaml_format.exporter import export
from tests.factories import StepProgressFactory, UserFactory

ROADMAPS = "/admin/roadmaps/roadmap/"


@pytest.fixture
def editor(db):
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def edited(backend):
    """The backend roadmap's file after an editor's hour with it."""
    text = export(backend)
    text = text.replace("title: Caching\n", "title: Caching and Its Traps\n")
    renamed = "slug: caching-and-traps\n    was: caching\n"
    text = text.replace("slug: caching\n", renamed)
    head, _, rest = text.partition("  - slug: web-servers\n")
    _, _, tail = rest.partition("\n  - slug: ")
    return f"{head}  - slug: {tail}".encode()


def choose(page, content, name="backend-developer.yaml"):
    page.get_by_label("File").set_input_files(
        {"name": name, "mimeType": "application/yaml", "buffer": content}
    )
    page.get_by_role("button", name="Show what would change").click()


@pytest.mark.parametrize("script", [True, False])
def test_import_with_preview(open_page, backend, editor, edited, axe, script):
    for _ in range(3):
        StepProgressFactory(step=backend.steps.get(slug="web-servers"))
    page = open_page(ROADMAPS, editor, java_script_enabled=script)
    page.get_by_role("link", name="Import a roadmap").click()
    if script:
        axe(page)
    choose(page, edited)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Import backend-developer.yaml"
    )
    expect(
        page.get_by_text("3 learners ticked a step that this retires")
    ).to_be_visible()
    expect(page.get_by_text("caching → caching-and-traps")).to_be_visible()
    expect(page.locator("ins")).to_have_text("Caching and Its Traps")
    if script:
        axe(page)
    assert backend.steps.filter(slug="caching").exists()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".messagelist .success")).to_contain_text("1 retired")
    assert backend.steps.get(slug="web-servers").is_retired
    assert backend.steps.filter(slug="caching-and-traps").exists()


def test_an_export_is_a_file_that_changes_nothing(open_page, backend, editor):
    page = open_page(f"{ROADMAPS}{backend.pk}/change/", editor)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as YAML").click()
    assert download.value.suggested_filename == "backend-developer.yaml"
    page.goto(f"{ROADMAPS}import/")
    page.get_by_label("File").set_input_files(download.value.path())
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_text("as the file says already")).to_be_visible()
    expect(page.get_by_role("button", name="Apply")).to_have_count(0)


@pytest.mark.fails_requests
def test_what_changed_meanwhile_is_said(open_page, backend, editor, edited, axe):
    page = open_page(f"{ROADMAPS}import/", editor)
    choose(page, edited)
    backend.steps.filter(slug="ci-cd").update(title="Delivery")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert")).to_contain_text("was changed meanwhile")
    axe(page)
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".messagelist .success")).to_be_visible()


@pytest.mark.fails_requests
def test_a_file_that_is_wrong_names_lines_and_keeps_out(open_page, editor, axe):
    page = open_page(f"{ROADMAPS}import/", editor)
    choose(page, b"slug: cooking\ntitel: Cooking\n", "cooking.yaml")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("cooking.yaml:2:1: titel is not a key of the format")
    expect(alert).to_contain_text("cooking.yaml:1:1: title is missing")
    axe(page)


@pytest.mark.fails_requests
def test_a_file_that_is_too_large_gets_a_page(open_page, editor):
    page = open_page(f"{ROADMAPS}import/", editor)
    choose(page, b"#" * 4_000_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("That is too large")
