"""The headers and cookies that MDN's HTTP Observatory checks, as production sends them.

https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring
"""

import re
from http.cookies import SimpleCookie

import pytest
from django.test import Client

from tests.factories import UserFactory
from tests.production import SECRET_KEY

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Strict-Transport-Security": "max-age=31536000",
    "Access-Control-Allow-Origin": None,
}


@pytest.fixture
def administrator_headers(transactional_db, settings):
    """The headers of a request by a signed-in administrator."""
    settings.SECRET_KEY = SECRET_KEY
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return {"Cookie": f"__Host-session={client.cookies['sessionid'].value}"}


def assert_secure(response):
    for name, value in HEADERS.items():
        assert response.headers[name] == value, name
    [header] = response.headers.get_all("Content-Security-Policy")
    policy = dict(directive.split(maxsplit=1) for directive in header.split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert "unsafe" not in header
    for header in response.headers.get_all("Set-Cookie") or []:
        [cookie] = SimpleCookie(header).values()
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
    scripts = re.findall(rb'<script[^>]* src="([^"]+)"', response.body)
    assert all(re.match(rb"/[^/]", script) for script in scripts)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/accounts/login/", 200),
        ("/accounts/signup/", 200),
        ("/nope/", 404),
        ("/search/?q=%00", 400),
    ],
)
def test_pages_for_visitors(production_site, transactional_db, path, status):
    response = production_site.get(path)
    assert response.status == status
    assert_secure(response)


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/progress/", 200), ("/admin/", 302)]
)
def test_pages_for_an_administrator(
    production_site, administrator_headers, path, status
):
    response = production_site.get(path, headers=administrator_headers)
    assert response.status == status
    assert_secure(response)


def test_an_unsupported_method(production_site):
    assert_secure(production_site.request("TRACE", "/"))
