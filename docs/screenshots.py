"""Take the README's pictures, and pictures of every page to look through.

The latter have three widths and two colour schemes. They go to `.screenshots/`, which
git ignores.
"""

import re
import sys
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from server import installed_browser, production_server  # noqa: E402

IMAGES = ROOT / "docs/images"
ALL_PAGES = ROOT / ".screenshots"
EXAMPLE_GROUPS = (ROOT / "docs/example_groups.py").read_text()
ROADMAP = "/roadmaps/backend-developer/"
EMAIL = "admin@example.com"
WIDTHS = [360, 768, 1280]
SCHEMES = ["light", "dark"]
DONE = [
    "internet-fundamentals",
    "choose-a-backend-language",
    "version-control-systems",
    "relational-databases",
    "authentication",
    "learn-about-apis",
    "web-security",
    "hashing-algorithms",
    "ci-cd",
]
VISITOR_PAGES = {
    "list": "/",
    "roadmap": ROADMAP,
    "step": f"{ROADMAP}relational-databases/",
    "search": "/search/?q=cache",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "reset": "/accounts/password/reset/",
    "404": "/nope/",
}
SIGNED_IN_PAGES = {
    "list": "/",
    "roadmap": ROADMAP,
    "step": f"{ROADMAP}relational-databases/",
    "progress": "/progress/",
    "sign-out": "/accounts/logout/",
}


def sign_in_and_mark_steps(context: BrowserContext, password: str) -> None:
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", EMAIL)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="Sign in").click()
    page.goto(ROADMAP)
    for section in page.locator("details.section:not([open]) > summary").all()[::-1]:
        section.click()
    for slug in DONE:
        page.locator(f"#{slug} .station").click()
        page.locator(f"#{slug}[data-state=done]").wait_for()
    for slug, choice in (("caching", "Skip"), ("testing", "In progress")):
        page.locator(f"#{slug} summary").click()
        page.locator(f"#{slug}").get_by_role("button", name=choice, exact=True).click()
        page.locator(f"#{slug}:not([data-state=none])").wait_for()
    page.close()


def list_group_pages(own_id: str, member_id: str, other_id: str) -> dict[str, str]:
    """The pages of a group that the person owns, and of one where they are a member."""
    return {
        "groups": "/groups/",
        "group-mentor": f"/groups/{own_id}/",
        "group-route": f"/groups/{own_id}/members/{member_id}/",
        "group-settings": f"/groups/{own_id}/settings/",
        "group-member": f"/groups/{other_id}/",
        "group-sharing": f"/groups/{other_id}/sharing/",
    }


def take_all_pages(
    browser: Browser, address: str, pages: dict[str, str], session: dict | None
) -> None:
    """Take each of these pages; as a visitor if there is no session."""
    who = "person" if session else "visitor"
    for scheme in SCHEMES:
        for width in WIDTHS:
            context = browser.new_context(
                base_url=address,
                color_scheme=scheme,
                storage_state=session,
                viewport={"width": width, "height": 900},
            )
            page = context.new_page()
            for name, path in pages.items():
                page.goto(path)
                picture = ALL_PAGES / f"{who}-{name}-{width}-{scheme}.png"
                page.screenshot(path=picture, full_page=True)
            context.close()


def main() -> None:
    with production_server() as server, sync_playwright() as playwright:
        address = server.address
        printed = server.manage("make_administrator", EMAIL)
        password = re.search(r"only once\): (\S+)", printed)[1]
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=["--no-sandbox"]
        )
        context = browser.new_context(base_url=address)
        sign_in_and_mark_steps(context, password)
        session = context.storage_state()
        for scheme in SCHEMES:
            wide = browser.new_context(
                base_url=address,
                color_scheme=scheme,
                storage_state=session,
                viewport={"width": 1000, "height": 1480},
            )
            page = wide.new_page()
            page.goto(ROADMAP)
            page.screenshot(path=IMAGES / f"roadmap-{scheme}.png")
        group_pages = list_group_pages(*server.shell(EXAMPLE_GROUPS))
        page = browser.new_page(
            base_url=address,
            color_scheme="light",
            storage_state=session,
            viewport={"width": 1080, "height": 1000},
        )
        page.goto(group_pages["group-mentor"])
        page.screenshot(path=IMAGES / "group.png")
        take_all_pages(browser, address, VISITOR_PAGES, None)
        take_all_pages(browser, address, SIGNED_IN_PAGES | group_pages, session)
        browser.close()


if __name__ == "__main__":
    main()
