"""Browsers, and what people do on the account pages in tests."""

import re

from django.test import Client

from tests.factories import PASSWORD

FIREFOX = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"
)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


def sign_in(user, browser=FIREFOX, password=PASSWORD):
    """A client that has signed in on the page, as people do."""
    client = Client(headers={"User-Agent": browser})
    client.post("/accounts/login/", {"login": user.email, "password": password})
    return client


def reauthenticate(client, password=PASSWORD):
    client.post("/accounts/reauthenticate/", {"password": password})


def code_in(mail):
    return re.search(r"^ {4}(\S+)$", mail.body, re.MULTILINE)[1]
