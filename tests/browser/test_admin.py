"""An editor at work in the admin, under the same strict CSP."""

import pytest
from playwright.sync_api import expect

from tests.browser.route import ROADMAP
from tests.factories import RoadmapFactory, UserFactory

ROADMAPS = "/admin/roadmaps/roadmap/"


@pytest.fixture
def editor(db):
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def page(open_page, backend, editor):
    page = open_page(ROADMAPS, editor)
    page.get_by_role("link", name="Backend Developer Roadmap").click()
    return page


def inline(page, title):
    return page.locator("tr.has_original").filter(
        has=page.locator(f"input[value='{title}']")
    )


def save(page):
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def titles(roadmap):
    return list(roadmap.steps.values_list("title", flat=True))


def test_the_roadmaps_page_opens_with_its_steps(page):
    expect(page.locator("tr.has_original")).to_have_count(23)
    expect(page.get_by_label("Title:", exact=True).first).to_have_value(
        "Backend Developer Roadmap"
    )


def test_a_typed_position_moves_a_step(page, backend):
    before = titles(backend)
    inline(page, "Caching").locator("input[name$=-position]").fill("2")
    save(page)
    rest = [title for title in before if title != "Caching"]
    moved = [rest[0], "Caching", *rest[1:]]
    assert titles(backend) == moved
    page.goto(ROADMAP)
    expect(page.locator(".route h2")).to_have_text(moved)


def test_a_new_step_gets_its_slug_from_its_title(page, backend):
    page.get_by_role("button", name="Add another Step").click()
    row = page.locator("tr#steps-23")
    row.locator("input[name$=-title]").press_sequentially("Feature Flags")
    expect(row.locator("input[name$=-slug]")).to_have_value("feature-flags")
    row.locator("input[name$=-position]").fill("24")
    row.locator("input[name$=-summary]").fill("Ship without showing.")
    save(page)
    assert titles(backend)[-1] == "Feature Flags"


def test_publishing_from_the_list(open_page, editor):
    draft = RoadmapFactory(title="Frontend Roadmap", is_published=False)
    page = open_page(ROADMAPS, editor)
    page.locator("input[name=form-0-is_published]").check()
    save(page)
    draft.refresh_from_db()
    assert draft.is_published
    visitor = open_page("/")
    expect(visitor.get_by_role("link", name="Frontend Roadmap")).to_be_visible()


def test_the_way_in_is_in_the_header(open_page, editor):
    page = open_page("/", editor)
    page.get_by_role("link", name="Admin", exact=True).click()
    expect(page.get_by_role("heading", name="Content and people")).to_be_visible()


@pytest.mark.parametrize("path", ["", "accounts/user/", "accounts/user/add/"])
def test_the_other_pages_open(open_page, editor, path):
    page = open_page(f"/admin/{path}", editor)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
