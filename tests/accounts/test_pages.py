"""Every address under /accounts/: what its page is like, and what cannot break it."""

import re
from html.parser import HTMLParser

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.urls import urlpatterns
from tests.accounts.test_mfa import SECRET, add_passkey
from tests.accounts.test_sign_in import sign_in
from tests.factories import PASSWORD

NAMES = [pattern.name for pattern in urlpatterns]


def address(name, user):
    for arguments in ({}, {"pk": passkey_of(user)}, {"extension": "json"}):
        try:
            return reverse(name, kwargs=arguments)
        except NoReverseMatch:
            continue
    return reverse(name, kwargs={"session_id": 1})


def passkey_of(user):
    passkey = user.authenticator_set.filter(type="webauthn").first()
    return passkey.pk if passkey else 0


class Outline(HTMLParser):
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


def should_be_a_page_of_the_site(response):
    html = response.content.decode()
    outline = Outline(html)
    assert outline.all("html")[0]["lang"].startswith("en")
    title = re.search(r"<title>\s*([^<]*?)\s*</title>", html)[1]
    assert re.fullmatch(r"\S.* · Cairn", title)
    assert len(outline.all("h1")) == len(outline.all("main")) == 1
    assert re.search(r"<h1>\s*\S", html)
    assert outline.all("header")
    assert outline.all("footer")
    assert outline.all("nav")[0]["aria-label"]
    assert len(outline.ids) == len(set(outline.ids))
    labelled = {label.get("for") for label in outline.all("label")}
    for field in outline.all("input"):
        if field.get("type") not in ("hidden", "submit"):
            assert field.get("id") in labelled or field.get("aria-label"), field
    for _, attrs in outline.tags:
        for name in ("aria-describedby", "aria-labelledby"):
            assert set((attrs.get(name) or "").split()) <= set(outline.ids)
    for script in outline.all("script"):
        assert "src" in script or script["type"] == "application/json"
    assert "style" not in {name for name, _ in outline.tags}
    assert not [attrs for _, attrs in outline.tags if "style" in attrs]


@pytest.fixture
def people(client, user, github):
    """A visitor, one under way with a code, one before a second factor, one signed
    in and confirmed, and one signed in long ago.
    """
    waiting, half_in, confirmed, long_ago = (Client() for _ in range(4))
    waiting.post("/accounts/login/code/", {"email": user.email})
    for browser in (confirmed, long_ago):
        sign_in(browser, user.email)
    confirmed.post("/accounts/reauthenticate/", {"password": PASSWORD})
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    sign_in(half_in, user.email)
    return [client, waiting, half_in, confirmed, long_ago]


@pytest.mark.parametrize("name", NAMES)
def test_whoever_comes_finds_a_page_of_the_site(people, user, name):
    path = address(name, user)
    for browser in people:
        response = browser.get(path)
        assert response.status_code in (200, 302, 401, 404, 405)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and response.status_code != 302:
            should_be_a_page_of_the_site(response)


def test_a_form_that_is_wrong_says_so_at_its_fields(client, db):
    response = client.post("/accounts/signup/", {})
    should_be_a_page_of_the_site(response)
    outline = Outline(response.content.decode())
    email, password = (
        next(f for f in outline.all("input") if f.get("name") == name)
        for name in ("email", "password1")
    )
    for field in (email, password):
        assert field["aria-invalid"] == "true"
        assert f"{field['id']}_error" in field["aria-describedby"]
    assert "autofocus" in email
    assert "autofocus" not in password


FORMS = [name for name in NAMES if name not in ("account_upload", "account_logout")]
FIELDS = [
    *("email", "login", "password", "password1", "password2", "oldpassword"),
    *("code", "name", "credential", "passwordless", "account", "process"),
    *("next", "action", "time_zone", "section"),
]
TEXTS = ["\x00", "💥" * 300, "\u202e\u05d0\u0627", "a" * 9000, "\ud7ff\ufffd", "'\"<b>"]


@pytest.mark.parametrize("text", TEXTS)
def test_whatever_is_typed_never_breaks_it(people, user, text):
    visitor, waiting, _, confirmed, _ = people
    for browser in (visitor, waiting, confirmed):
        for name in FORMS:
            response = browser.post(address(name, user), dict.fromkeys(FIELDS, text))
            assert response.status_code < 500, name
            if response.status_code >= 400:
                should_be_a_page_of_the_site(response)


@pytest.mark.parametrize(
    "body",
    ["login=" + "a" * 5_000_000, "&".join(f"field{n}=x" for n in range(2000))],
    ids=["5 MB", "2,000 fields"],
)
def test_a_body_that_is_too_large_is_refused_by_a_page(people, user, body):
    form = "application/x-www-form-urlencoded"
    for name in FORMS:
        response = people[3].post(address(name, user), body, content_type=form)
        assert response.status_code in (302, 400, 404, 405, 413), name
        if response.status_code != 302:
            should_be_a_page_of_the_site(response)


def test_a_long_address_never_breaks_it(people, user):
    for browser in (people[0], people[3]):
        for name in FORMS:
            path = address(name, user)
            assert browser.get(path, {"next": "/" + "a" * 9000}).status_code < 500
            assert browser.get(path + "a" * 9000 + "/").status_code == 404


def test_a_passkeys_pages(people, user):
    confirmed = people[3]
    passkey = add_passkey(user)
    for verb in ("edit", "remove"):
        path = f"/accounts/2fa/webauthn/keys/{passkey.pk}/{verb}/"
        should_be_a_page_of_the_site(confirmed.get(path))
