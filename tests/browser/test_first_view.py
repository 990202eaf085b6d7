"""The first view, as production serves it to a browser without a cache."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from benchmarks.first_view import LIMITS, cookie, summarize, transfers
from tests.browser.roadmap_page import ROADMAP, expect_step, more_menu, tick_button
from tests.production import SECRET_KEY

OTHER_PAGES = ["/", f"{ROADMAP}caching/", "/search/?q=cache", "/progress/"]


@pytest.fixture
def address(serve, backend):
    with serve(BEHIND_TLS_PROXY="false") as site:
        yield f"http://localhost:{site.port}"


@pytest.fixture
def session(user_with_progress, settings):
    settings.SECRET_KEY = SECRET_KEY
    client = Client()
    client.force_login(user_with_progress)
    return {"__Host-session": client.cookies[settings.SESSION_COOKIE_NAME].value}


def test_pages_stay_within_their_budgets_and_their_scripts_work(
    browser, address, session, console
):
    for cookies, limits in (({}, LIMITS["visitor"]), (session, LIMITS["signed in"])):
        values = summarize(transfers(browser, address, cookies))
        assert all(value <= limits[name] for name, value in values.items()), values
    for path in OTHER_PAGES:
        files = transfers(browser, address, session, path)
        assert len(files) <= LIMITS["signed in"]["requests"], path
    context = browser.new_context()
    context.add_cookies([cookie(*each) for each in session.items()])
    expect_working_scripts(context, address, console)
    context.close()


def expect_working_scripts(context, address, console):
    """Expect each of the scripts that production joins into one file to work."""
    page = context.new_page()
    page.on("console", lambda message: console.append(message.text))
    page.on("pageerror", lambda error: console.append(str(error)))
    page.goto(address + ROADMAP)
    tick_button(page, "Relational Databases").click()
    expect_step(page, "Relational Databases", "done", "Undo")
    more_menu(page, "Caching").click()
    page.keyboard.press("Escape")
    expect(page.locator("details[open]")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    names = {each["name"] for each in context.cookies()}
    assert "time_zone" in names  # over https its name has a prefix
    page.goto(f"{address}{ROADMAP}caching/")
    page.get_by_label("Your note").press_sequentially("Keep it warm")
    expect(page.get_by_text("Saved at")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
