"""Every string on the pages and in the mails about signing in can be translated."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.utils.translation import gettext

from accounts.devices import browser_name
from accounts.models import Device, User
from accounts.password_sign_in import refuse
from data_export.restore import RestoreResult
from tests.accounts.actions import (
    CONFIRM_EMAIL,
    FIREFOX,
    LOGIN,
    NEW_PASSWORD,
    SIGN_UP,
    sign_in,
    sign_in_with_github,
    signed_in_browser,
)
from tests.accounts.second_factors import add_authenticator_app, add_passkey
from tests.accounts.test_mails import ALL_MAILS, send  # noqa: F401
from tests.factories import PASSWORD, GroupFactory, UserFactory
from tests.pseudo_language import (
    assert_mail_is_translated,
    assert_page_is_translated,
    find_bare_english,
    pseudo_language,
)

RESET_PASSWORD = "/accounts/password/reset/"
CHANGE_PASSWORD = "/accounts/password/change/"
MESSAGES = sorted(
    str(path.relative_to(django_settings.BASE_DIR / "templates"))
    for path in Path(django_settings.BASE_DIR / "templates").glob("*/messages/*.txt")
    if path.read_text()
)


SIGN_UP_CHOICES = ["open", "invitation", "domains", "organisation", "closed"]
REFUSALS = ["missing", "unverified", "linked", "unconfirmed"]
FAILED_SIGN_INS = [
    {"provider": {"name": "Πέτρα"}, "exception": {"reason": "unavailable"}},
    {"provider": {"name": "Πέτρα"}, "exception": {"reason": "unverifiable"}},
    {"provider": {"name": "Πέτρα"}, "exception": {"args": ["?"]}},
    {"exception": {"args": ["?"]}},
    {},
]


@pytest.fixture(autouse=True)
def in_pseudo_language(settings):
    settings.SITE_NAME, settings.CONTACT_EMAIL = "Πέτρα", "help@example.org"
    with pseudo_language():
        yield


def assert_translated(response, *expected):
    """Check the title and the content. The header and the footer have their own tests.

    Names of providers may stay as they are.
    """
    title = re.search(r"<title>(.*?)</title>", response.text, re.DOTALL)[1]
    main = re.search(r"<main.*</main>", response.text, re.DOTALL)[0]
    page = HttpResponse(f'<p title="{title}">{main}')
    assert_page_is_translated(page, "GitHub", "Cairn", *expected)


@pytest.mark.parametrize("sign_up", SIGN_UP_CHOICES)
@pytest.mark.parametrize("path", [LOGIN, SIGN_UP])
@pytest.mark.parametrize("contact", ["", "help@example.org"])
def test_sign_in_and_sign_up(
    client, user, settings, organisation, sign_up, path, contact
):
    settings.SIGN_UP, settings.CONTACT_EMAIL = sign_up, contact
    settings.SOCIALACCOUNT_PROVIDERS["github"] = {}
    settings.SIGN_UP_DOMAINS = ["school.example", "uni.example"]
    add_passkey(user)
    expected = ("school.example", "uni.example", "Example School")
    assert_translated(client.get(path), *expected)


@pytest.mark.parametrize("path", [LOGIN, "/accounts/login/code/", RESET_PASSWORD])
def test_sign_in_for_administrators(client, user, settings, organisation, path):
    settings.SIGN_UP, settings.PASSWORD_SIGN_IN = "organisation", "administrators"
    add_passkey(user)
    assert_translated(client.get(path), "Example School")


def test_a_password_that_is_of_no_use(rf, client, user, settings, organisation):
    settings.PASSWORD_SIGN_IN = "administrators"
    settings.PASSWORD_SIGN_IN_ADDRESSES = [user.email]
    assert_translated(sign_in(client, "ada@example.com"), "Example School")
    sign_in(client, user.email)
    settings.PASSWORD_SIGN_IN_ADDRESSES = []
    assert_translated(client.get(CHANGE_PASSWORD), "Example School")
    settings_page = client.get("/accounts/settings/").text
    section = re.search(r'<section id="sign-in".*?</section>', settings_page, re.S)[0]
    assert_page_is_translated(HttpResponse(section), "Example School")
    visit = rf.get("/")
    visit.user, visit.session = AnonymousUser(), client.session
    assert_translated(refuse(visit), "Example School")


@pytest.mark.parametrize("state", ["done", "learning", "skipped"])
def test_what_a_visitor_wanted(client, greek, state):
    path = f"/progress/{greek.steps.first().pk}/{state}/"
    response = client.post(path, headers={"Sec-Fetch-Site": "same-origin"}, follow=True)
    assert "Βήμα 1" in response.text
    assert_translated(response)
    query = {"next": f"{greek.get_absolute_url()}#step-1"}
    for path in (LOGIN, "/accounts/login/code/", "/accounts/password/reset/"):
        response = client.get(path, query_params=query)
        assert "Βήμα 1" in response.text
        assert_translated(response)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("", ""),
        ("nobody", "short"),
        ("new@example.com", "password12345678"),
        ("new@example.com", "aaaaaaaaaaaaaaaa" * 100),
        ("ñ@example.com", "aaaaaaaaaaaa"),
    ],
)
def test_errors_at_sign_up(client, db, email, password):
    response = client.post(SIGN_UP, {"email": email, "password1": password})
    assert "errorlist" in response.text
    assert_translated(response)


@pytest.mark.parametrize("sign_up", ["invitation", "domains"])
def test_an_address_that_may_not_sign_up(client, db, settings, sign_up):
    settings.SIGN_UP, settings.SIGN_UP_DOMAINS = sign_up, ["school.example"]
    form = {"email": "new@example.com", "password1": PASSWORD}
    response = client.post(SIGN_UP, form)
    assert "errorlist" in response.text
    assert_translated(response, "school.example")


@pytest.mark.usefixtures("stopped_clock")
def test_wrong_passwords_until_the_limit(client, user):
    for _ in range(6):
        response = sign_in(client, user.email, "wrong")
        assert "errorlist" in response.text
        assert_translated(response)
    assert response.status_code == 429


@pytest.mark.parametrize("is_printed", [True, False])
def test_codes(client, user, settings, is_printed):
    settings.MAIL_IS_PRINTED = is_printed
    client.post(SIGN_UP, {"email": "new@example.com", "password1": PASSWORD})
    for path, form in {
        "/accounts/login/code/": "/accounts/login/code/confirm/",
        "/accounts/password/reset/": "/accounts/password/reset/confirm/",
    }.items():
        other = Client()
        assert_translated(other.get(path))
        other.post(path, {"email": user.email})
        assert_translated(other.get(form))
        assert_translated(other.post(form, {"code": "wrong"}))
    assert_translated(client.get(CONFIRM_EMAIL))
    for _ in range(3):
        response = client.post(CONFIRM_EMAIL, {"code": "wrong"}, follow=True)
        assert_translated(response)


def test_pages_without_a_form(client, user, github):
    for path in (
        "/accounts/inactive/",
        "/accounts/password/reset/done/",
        "/accounts/3rdparty/login/cancelled/",
        "/accounts/3rdparty/login/error/",
        "/accounts/github/login/",
        "/accounts/github/login/callback/",
    ):
        assert_translated(client.get(path))


def test_a_provider_that_gives_no_address(client, db, github):
    github.emails = []
    response = client.get(sign_in_with_github(client).url)
    assert "socialaccount/signup.html" in [t.name for t in response.templates]
    assert_translated(response)


def test_pages_of_people_who_are_signed_in(signed_in):
    paths = ["logout/", "signed-in/", "reauthenticate/", "password/change/"]
    for path in paths:
        assert_translated(signed_in.get(f"/accounts/{path}"))
    wrong = {"oldpassword": "wrong", "password1": "short", "password2": "other"}
    assert_translated(signed_in.post(CHANGE_PASSWORD, wrong))
    right = {"oldpassword": PASSWORD, **NEW_PASSWORD, "password2": "another"}
    assert_translated(signed_in.post(CHANGE_PASSWORD, right))
    assert_translated(signed_in.post("/accounts/reauthenticate/", {"password": "no"}))


def test_setting_a_password_and_confirming_by_code(db):
    client = Client()
    client.force_login(UserFactory(password=None))
    assert_translated(client.get("/accounts/password/set/"))
    path = "/accounts/reauthenticate/code/"
    assert_translated(client.get(path))
    client.post(path, {"send": "1"})
    assert_translated(client.get(path))
    assert_translated(client.post(path, {"code": "wrong"}))


def test_second_factors(signed_in, user):
    add_authenticator_app(user)
    assert_translated(signed_in.get("/accounts/2fa/reauthenticate/"))
    assert_translated(signed_in.post("/accounts/2fa/reauthenticate/", {"code": "1"}))
    client = signed_in_browser(user)
    assert_translated(client.get("/accounts/2fa/authenticate/"))
    response = client.post("/accounts/2fa/authenticate/", {"code": "1"})
    assert "errorlist" in response.text
    assert_translated(response)


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_a_form_that_is_sent_again(user, is_signed_in):
    client = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})
    if is_signed_in:
        client.force_login(user)
    form = {"name": "Ένα\nδύο", "file": SimpleUploadedFile("a.json", b"{}")}
    response = client.post("/accounts/data/upload/", form)
    assert "<textarea" in response.text
    assert_translated(response)


def test_a_secret_that_is_not_sent_again(user):
    client = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(user)
    client.get(CHANGE_PASSWORD)  # sets the cookie of the CSRF token
    response = client.post(CHANGE_PASSWORD, {"password": "a secret"})
    assert "account/expired.html" in [template.name for template in response.templates]
    assert_translated(response)


def test_the_result_of_an_import(client, greek, rf):
    step = greek.steps.first()
    steps = [step]
    paths = ["a/b"] * 200
    result = RestoreResult(steps, 2, [greek], 2, steps, steps, steps, 2, paths)
    request = rf.get("/")
    request.user, request.session = UserFactory(), client.session
    html = render_to_string("account/restored.html", {"result": result}, request)
    assert_translated(HttpResponse(html))


@pytest.mark.parametrize(
    ("template", "variables"),
    [
        ("400.html", {}),
        ("400_address.html", {"site_url": "https://cairn.example"}),
        ("403_csrf.html", {"fault": "origin"}),
        ("403_csrf.html", {"fault": "no cookie"}),
        ("403_csrf.html", {"fault": "token"}),
        ("429.html", {"seconds": 1}),
        ("429.html", {}),
        ("503_mail.html", {}),
        ("account/signup_closed.html", {"sign_up": "domains"}),
        ("mfa/webauthn/reauthenticate.html", {}),
        *[("socialaccount/refused.html", {"reason": reason}) for reason in REFUSALS],
        *[
            ("socialaccount/authentication_error.html", {"auth_error": error})
            for error in FAILED_SIGN_INS
        ],
    ],
)
def test_error_pages(rf, client, db, template, variables):
    request = rf.get("/")
    request.user, request.session = UserFactory(), client.session
    html = render_to_string(template, variables, request)
    # What all error pages share has its own test.
    html = re.sub(r'<p class="reference">.*?</p>|All roadmaps', "", html, flags=re.S)
    assert_translated(HttpResponse(html))


@pytest.mark.parametrize("name", ALL_MAILS)
@pytest.mark.parametrize("invited_by", ["Ελένη", ""])
def test_mails(send, user, name, invited_by):  # noqa: F811
    user.name = invited_by
    mail = send(
        name,
        user=user,
        invited_by=user,
        code="1234-5678",
        email="ada@example.com",
        from_email="old@example.com",
        to_email="new@example.com",
        deleted_email="old@example.com",
        provider="GitHub",
        device="Firefox",
        ip="203.0.113.7",
        timestamp=datetime(2026, 5, 3, tzinfo=UTC),
        signup_url="https://cairn.example/",
        password_reset_url="https://cairn.example/",
        path="/roadmaps/odos/",
        group=GroupFactory.build(pk=1),
    )
    assert_mail_is_translated(mail, "GitHub", "Firefox", "UTC", "testserver")


@pytest.mark.parametrize("template", MESSAGES)
def test_messages(template):
    context = {"email": "ada@example.com", "user": User()}
    text = render_to_string(template, context)
    assert "⟦" in text
    assert find_bare_english(text) == []


def test_a_browser_is_named_in_the_language_and_stored_without_it(user):
    assert browser_name(FIREFOX) == gettext("%(browser)s on %(system)s") % {
        "browser": "Firefox",
        "system": "Windows",
    }
    assert "⟦" in browser_name("")
    signed_in_browser(user, FIREFOX)
    assert Device.objects.get().name == "Firefox on Windows"
