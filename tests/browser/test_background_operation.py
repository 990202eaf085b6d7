"""An editor who waits for a worker"""

import pytest
from playwright.sync_api import expect

from editing import background_operations
from tests.editing.editor import page_of, work
from tests.factories import StepProgressFactory


@pytest.fixture(autouse=True)
def queue(settings, monkeypatch):
    """Queue tasks as in production, for a step with any learner."""
    monkeypatch.setattr(background_operations, "MANY_LEARNERS", 0)
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


def test_the_progress_bar_turns_into_the_result(
    open_page, backend, editor, javascript, axe
):
    caching = backend.steps.get(slug="caching")
    StepProgressFactory(step=caching)
    page = open_page(page_of(caching, "merge"), editor, java_script_enabled=javascript)
    page.get_by_label("Merge into").select_option("Observability")
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_role("progressbar", name="Merge Caching")).to_be_visible()
    expect(page.get_by_text("Waiting to start.")).to_be_visible()
    if javascript:
        axe(page)
    work()
    result = page.get_by_role("status").get_by_text(
        "Merged Caching into Observability."
    )
    expect(result).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_hidden()
    if javascript:
        axe(page)
    page.get_by_role("link", name="Open the step").click()
    expect(page.get_by_role("button", name="Bring it back")).to_be_visible()
