"""The first view, as production serves it to a browser that has nothing yet."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from benchmarks.first_view import (
    BUDGET,
    BUDGET_OF_ALL,
    MOST_REQUESTS,
    cookie,
    transfers,
)
from tests.browser.route import ROADMAP, control, more, should_be
from tests.production import SECRET_KEY

OTHERS = ["/", f"{ROADMAP}caching/", "/search/?q=cache", "/progress/"]


@pytest.fixture
def address(serve, backend):
    with serve(BEHIND_TLS_PROXY="false") as site:
        yield f"http://localhost:{site.port}"


@pytest.fixture
def session(under_way, settings):
    settings.SECRET_KEY = SECRET_KEY
    client = Client()
    client.force_login(under_way)
    return {"__Host-session": client.cookies[settings.SESSION_COOKIE_NAME].value}


def test_the_roadmap_page_is_within_its_budgets(browser, address, session):
    for cookies in ({}, session):
        every = transfers(browser, address, cookies)
        before_paint = sum(transfer.size for transfer in every if transfer.is_blocking)
        assert len(every) <= MOST_REQUESTS
        assert before_paint <= BUDGET
        assert sum(transfer.size for transfer in every) < BUDGET_OF_ALL


@pytest.mark.parametrize("path", OTHERS)
def test_no_other_page_asks_for_more_files(browser, address, session, path):
    assert len(transfers(browser, address, session, path)) <= MOST_REQUESTS


def test_what_was_joined_works(browser, address, session, console):
    context = browser.new_context()
    context.add_cookies([cookie(*each) for each in session.items()])
    page = context.new_page()
    page.on("console", lambda message: console.append(message.text))
    page.on("pageerror", lambda error: console.append(str(error)))
    page.goto(address + ROADMAP)
    control(page, "Relational Databases").click()
    should_be(page, "Relational Databases", "done", "Undo")
    more(page, "Caching").click()
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
    page.wait_for_url("**/search/")
    context.close()
