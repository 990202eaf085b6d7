"""The HTML of every page under /accounts/, and what happens with unusual input."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.urls import urlpatterns as account_urls
from data_export.urls import urlpatterns as data_urls
from tests.accounts.actions import LOGIN, SIGN_UP, reauthenticate, sign_in
from tests.accounts.second_factors import (
    add_authenticator_app,
    add_passkey,
    add_recovery_codes,
)

URL_NAMES = [url_pattern.name for url_pattern in [*account_urls, *data_urls]]


class Elements(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.ids = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def assert_complete_page(response):
    """The response is a complete page of the site with accessible forms."""
    html = response.content.decode()
    elements = Elements(html)
    assert elements.all("html")[0]["lang"].startswith("en")
    title = re.search(r"<title>\s*([^<]*?)\s*</title>", html)[1]
    assert re.fullmatch(r"\S.* · Cairn", title)
    assert len(elements.all("h1")) == len(elements.all("main")) == 1
    assert re.search(r"<h1>\s*\S", html)
    assert elements.all("header")
    assert elements.all("footer")
    assert elements.all("nav")[0]["aria-label"]
    assert len(elements.ids) == len(set(elements.ids))
    labelled = {label.get("for") for label in elements.all("label")}
    for field in elements.all("input"):
        if field.get("type") not in ("hidden", "submit"):
            assert field.get("id") in labelled or field.get("aria-label"), field
    for _, attrs in elements.tags:
        for name in ("aria-describedby", "aria-labelledby"):
            assert set((attrs.get(name) or "").split()) <= set(elements.ids)
    for script in elements.all("script"):
        assert "src" in script or script["type"] == "application/json"
    assert "style" not in {name for name, _ in elements.tags}
    assert not [attrs for _, attrs in elements.tags if "style" in attrs]


@pytest.fixture
def client_with_app(user, github):
    """A client whose user has reauthenticated and set up an authenticator app."""
    client = Client()
    sign_in(client, user.email)
    reauthenticate(client)
    add_authenticator_app(user)
    add_recovery_codes(user)
    return client


@pytest.fixture
def waiting_for_code(user):
    client = Client()
    client.post("/accounts/login/code/", {"email": user.email})
    return client


@pytest.fixture
def waiting_for_second_factor(client_with_app, user):
    client = Client()
    sign_in(client, user.email)
    return client


def path_of(name):
    """Return the path for a URL name. If it needs an id, no row has that id."""
    for arguments in ({}, {"pk": 0}, {"extension": "json"}):
        try:
            return reverse(name, kwargs=arguments)
        except NoReverseMatch:
            continue
    return reverse(name, kwargs={"session_id": 0})


def test_every_page_is_complete(
    client, client_with_app, waiting_for_code, waiting_for_second_factor
):
    for name in URL_NAMES:
        for browser in (
            client,
            client_with_app,
            waiting_for_code,
            waiting_for_second_factor,
        ):
            response = browser.get(path_of(name))
            assert response.status_code in (200, 302, 401, 404, 405), name
            content_type = response.headers.get("Content-Type", "")
            if content_type.startswith("text/html") and response.status_code != 302:
                assert_complete_page(response)


def test_the_pages_of_a_passkey_are_complete(client_with_app, user):
    passkey = add_passkey(user)
    for action in ("edit", "remove"):
        path = f"/accounts/2fa/webauthn/keys/{passkey.pk}/{action}/"
        assert_complete_page(client_with_app.get(path))


def test_the_pages_that_ask_for_reauthentication_are_complete(
    client, client_with_app, user
):
    sign_in(client, user.email)
    client.post("/accounts/2fa/authenticate/", {"code": add_recovery_codes(user)[0]})
    for name in ("account_reauthenticate", "mfa_reauthenticate"):
        assert_complete_page(client.get(path_of(name)))


def test_errors_are_linked_to_their_fields(client, db):
    response = client.post(SIGN_UP, {})
    assert_complete_page(response)
    inputs = Elements(response.content.decode()).all("input")
    email, password = (
        next(field for field in inputs if field.get("name") == name)
        for name in ("email", "password1")
    )
    for field in (email, password):
        assert field["aria-invalid"] == "true"
        assert f"{field['id']}_error" in field["aria-describedby"]
    assert "autofocus" in email
    assert "autofocus" not in password


FORM_URL_NAMES = [
    name for name in URL_NAMES if name not in ("account_upload", "account_logout")
]
FIELD_NAMES = [
    *("email", "login", "password", "password1", "password2", "oldpassword"),
    *("code", "name", "credential", "passwordless", "account", "process"),
    *("next", "action", "time_zone", "section"),
]


@pytest.mark.parametrize(
    "text", ["\x00", "💥" * 300 + "\u202e\u05d0\ud7ff\ufffd'\"<b>", "a" * 9000]
)
def test_any_text_is_accepted(client, client_with_app, waiting_for_code, text):
    for name in FORM_URL_NAMES:
        browsers = [client, client_with_app]
        if "confirm" in name:
            browsers.append(waiting_for_code)
        for browser in browsers:
            response = browser.post(path_of(name), dict.fromkeys(FIELD_NAMES, text))
            assert response.status_code < 500, name
            if response.status_code >= 400:
                assert_complete_page(response)


@pytest.mark.parametrize(
    "body",
    ["login=" + "a" * 5_000_000, "&".join(f"field{n}=x" for n in range(6000))],
    ids=["5 MB", "6,000 fields"],
)
def test_a_body_that_is_too_large_gets_an_error_page(client_with_app, body):
    form = "application/x-www-form-urlencoded"
    for path in ("/accounts/settings/", "/accounts/email/", SIGN_UP):
        response = client_with_app.post(path, body, content_type=form)
        assert response.status_code in (400, 413), path
        assert_complete_page(response)


def test_a_long_url_is_accepted(client, client_with_app):
    long = "a" * 9000
    for path in (LOGIN, "/accounts/reauthenticate/", "/accounts/settings/"):
        for browser in (client, client_with_app):
            assert browser.get(path, {"next": f"/{long}"}).status_code < 500
            assert browser.get(f"{path}{long}/").status_code == 404
