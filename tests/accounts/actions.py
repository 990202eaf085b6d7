"""Actions on the account pages, for the tests of these pages."""

import re
from contextlib import contextmanager
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from django.test import Client

from tests.factories import PASSWORD

LOGIN = "/accounts/login/"
SIGN_UP = "/accounts/signup/"
CONFIRM_EMAIL = "/accounts/confirm-email/"
REAUTHENTICATE = "/accounts/reauthenticate/"
NEW_PASSWORD = {"password1": "a whole new secret", "password2": "a whole new secret"}

FIREFOX = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"
)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


def sign_in(client, email, password=PASSWORD, **fields):
    """Submit the form of the sign-in page, and return the response."""
    return client.post(LOGIN, {"login": email, "password": password, **fields})


def signed_in_browser(user, user_agent=FIREFOX, password=PASSWORD):
    """Return a client with this User-Agent that has signed in on the page."""
    client = Client(headers={"User-Agent": user_agent})
    sign_in(client, user.email, password)
    return client


def reauthenticate(client, password=PASSWORD):
    client.post(REAUTHENTICATE, {"password": password})


def is_signed_in(client):
    return client.get("/").context["user"].is_authenticated


def code_in(mail):
    """Return the code in a mail, which is on its own line."""
    return re.search(r"^ {4}(\S+)$", mail.body, re.MULTILINE)[1]


def start_github_login(client, **fields):
    """Go to GitHub, and return the `state` that it must send back."""
    response = client.post("/accounts/github/login/", fields)
    return parse_qs(urlsplit(response.url).query)["state"][0]


def sign_in_with_github(client, **fields):
    """Go to the fake GitHub and back, and return the last response."""
    state = start_github_login(client, **fields)
    query = {"code": "the code", "state": state}
    return client.get("/accounts/github/login/callback/", query)


def start_organisation_login(client, organisation, **fields):
    """Go to the organisation, and return the query with which it sends back."""
    response = client.post("/accounts/organisation/login/", fields)
    return organisation.authorize(response.url)


def sign_in_with_organisation(client, organisation, **fields):
    """Go to the fake OpenID provider and back, and return the last response."""
    query = start_organisation_login(client, organisation, **fields)
    return client.get("/accounts/organisation/login/callback/", query)


@contextmanager
def mail_server_down():
    """Sending mails fails within this block."""
    send = "django.core.mail.EmailMessage.send"
    with patch(send, side_effect=ConnectionRefusedError):
        yield
