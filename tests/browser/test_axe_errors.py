"""axe on the error pages, in both colour schemes."""

import pytest
from django.db import OperationalError
from django.urls import path
from playwright.sync_api import expect

from config import urls
from tests.browser.account_pages import sign_in


def lose_database(request):
    raise OperationalError


def raise_error(request):
    raise ZeroDivisionError


# Django reads these two names: this module replaces the URL configuration below.
urlpatterns = [
    path("fails/503/", lose_database),
    path("fails/500/", raise_error),
    *urls.urlpatterns,
]
handler500 = urls.handler500

pytestmark = pytest.mark.fails_requests


def expect_error(page, status):
    expect(page.get_by_text(f"Error {status}")).to_be_visible()


@pytest.mark.urls(__name__)
def test_pages_that_are_missing_or_fail(open_page, backend, user, axe):
    page = open_page("about:blank", user)
    for status, address in {
        404: "/no/such/page/",
        405: f"/progress/{backend.steps.first().pk}/done/",
        500: "/fails/500/",
        503: "/fails/503/",
    }.items():
        page.goto(address)
        expect_error(page, status)
        axe(page)


def test_forms_that_are_refused(open_page, live_server, user, axe):
    page = open_page("about:blank")
    page.set_content(
        f"<form method=post action={live_server.url}/theme/><button>Go</button></form>"
    )
    page.get_by_role("button").click()
    expect_error(page, 403)
    axe(page)
    page.goto("/accounts/login/")
    page.context.clear_cookies()
    sign_in(page, user.email)
    expect(page.get_by_text("Cookies are blocked").first).to_be_visible()
    expect_error(page, 403)
    axe(page)
