"""What axe says of the pages on which something went wrong, by day and by night."""

import pytest
from django.db import OperationalError
from playwright.sync_api import expect

from progress.snapshot import ProgressSnapshot
from tests.browser.account import sign_in
from tests.browser.route import ROADMAP

pytestmark = pytest.mark.fails_requests


def should_be_error(page, status):
    expect(page.get_by_text(f"Error {status}")).to_be_visible()


def test_404(open_page, user, axe):
    page = open_page("/no/such/page/", user)
    should_be_error(page, 404)
    axe(page)


def test_405(open_page, backend, user, axe):
    page = open_page(f"/progress/{backend.steps.first().pk}/done/", user)
    should_be_error(page, 405)
    axe(page)


def test_403_for_a_form_of_another_site(open_page, live_server, axe):
    page = open_page("about:blank")
    page.set_content(
        f"<form method=post action={live_server.url}/theme/><button>Go</button></form>"
    )
    page.get_by_role("button").click()
    should_be_error(page, 403)
    axe(page)


def test_403_for_a_form_without_its_cookie(open_page, user, axe):
    page = open_page("/accounts/login/")
    page.context.clear_cookies()
    sign_in(page, user.email)
    expect(page.get_by_text("This form has gone stale").first).to_be_visible()
    should_be_error(page, 403)
    axe(page)


@pytest.mark.parametrize(
    ("error", "status"), [(OperationalError, 503), (ZeroDivisionError, 500)]
)
def test_when_the_server_fails(open_page, db, monkeypatch, axe, error, status):
    def fail(*args, **values):
        raise error

    monkeypatch.setattr(ProgressSnapshot, "read", fail)
    page = open_page(ROADMAP)
    should_be_error(page, status)
    axe(page)
