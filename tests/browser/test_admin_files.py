"""An editor exports a roadmap from the admin as a file and imports a file."""

import pytest
from playwright.sync_api import expect

from editing.yaml_format.exporter import export
from tests.factories import StepProgressFactory

ROADMAPS = "/admin/roadmaps/roadmap/"


@pytest.fixture
def edited(backend):
    """The backend roadmap's file with one step renamed and another removed."""
    text = export(backend)
    text = text.replace("title: Caching\n", "title: Caching and Its Traps\n")
    renamed = "slug: caching-and-traps\n    was: caching\n"
    text = text.replace("slug: caching\n", renamed)
    head, _, rest = text.partition("  - slug: web-servers\n")
    _, _, tail = rest.partition("\n  - slug: ")
    return f"{head}  - slug: {tail}".encode()


def upload(page, content, name="backend-developer.yaml"):
    page.get_by_label("File").set_input_files(
        {"name": name, "mimeType": "application/yaml", "buffer": content}
    )
    page.get_by_role("button", name="Preview the changes").click()


def test_an_import_shows_a_preview_first(
    open_page, backend, editor, edited, axe, javascript
):
    for _ in range(3):
        StepProgressFactory(step=backend.steps.get(slug="web-servers"))
    page = open_page(ROADMAPS, editor, java_script_enabled=javascript)
    page.get_by_role("link", name="Import a roadmap").click()
    if javascript:
        axe(page)
    upload(page, edited)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Import backend-developer.yaml")
    impact = page.get_by_text("3 learners have done one or more of these steps.")
    expect(impact).to_be_visible()
    expect(page.get_by_text("caching → caching-and-traps")).to_be_visible()
    expect(page.locator("ins")).to_have_text("Caching and Its Traps")
    if javascript:
        axe(page)
    assert backend.steps.filter(slug="caching").exists()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator(".messagelist .success")).to_contain_text("1 step retired")
    assert backend.steps.get(slug="web-servers").is_retired
    assert backend.steps.filter(slug="caching-and-traps").exists()


def test_importing_an_exported_file_changes_nothing(
    open_page, backend, editor, tmp_path
):
    page = open_page(f"{ROADMAPS}{backend.pk}/change/", editor)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as YAML").click()
    assert download.value.suggested_filename == "backend-developer.yaml"
    page.goto(f"{ROADMAPS}import/")
    upload(page, download.value.path().read_bytes())
    expect(page.get_by_text("already matches the file")).to_be_visible()
    expect(page.get_by_role("button", name="Import", exact=True)).to_have_count(0)


@pytest.mark.fails_requests
def test_an_edit_after_the_preview_is_shown_before_the_import(
    open_page, backend, editor, edited, axe
):
    page = open_page(f"{ROADMAPS}import/", editor)
    upload(page, edited)
    backend.steps.filter(slug="ci-cd").update(title="Delivery")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("has changed since the preview")
    axe(page)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()


@pytest.mark.fails_requests
def test_a_faulty_file_is_refused(open_page, editor, axe):
    page = open_page(f"{ROADMAPS}import/", editor)
    upload(page, b"slug: cooking\ntitel: Cooking\n", "cooking.yaml")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("cooking.yaml:2:1: titel: There is no such key.")
    expect(alert).to_contain_text("cooking.yaml:1:1: title: This key is missing.")
    axe(page)
    page.goto(f"{ROADMAPS}import/")
    upload(page, b"#" * 4_000_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Too large")
