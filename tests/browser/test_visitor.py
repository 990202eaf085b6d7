"""A visitor looks around."""

from playwright.sync_api import expect


def test_they_browse_from_the_list_to_the_route(open_page, backend, axe):
    page = open_page("/")
    axe(page)
    page.get_by_role("link", name="Backend Developer Roadmap").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Backend Developer Roadmap"
    )
    expect(page.get_by_role("listitem")).to_have_count(23)
    axe(page)
