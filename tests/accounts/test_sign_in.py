"""/accounts/login/"""

import pytest
from django.conf import settings
from django.test import Client

from tests.accounts.actions import CONFIRM_EMAIL, LOGIN, is_signed_in, sign_in
from tests.factories import UserFactory


def test_the_right_password_signs_in(client, user):
    assert sign_in(client, user.email).url == "/"
    assert client.get("/").context["user"] == user


def test_the_case_of_the_address_does_not_matter(client, user):
    assert sign_in(client, user.email.upper()).status_code == 302


def test_a_wrong_password_shows_an_error_and_keeps_the_address(client, user):
    response = sign_in(client, user.email, "wrong")
    html = response.content.decode()
    assert response.status_code == 200
    assert 'class="errorlist' in html
    assert f'value="{user.email}"' in html


def test_redirects_to_next(client, user):
    next_url = "/roadmaps/backend-developer/"
    assert sign_in(client, user.email, next=next_url).url == next_url


@pytest.mark.parametrize(
    "next_url",
    ["//evil.example", "https:evil", "/\\evil.example", "https://evil.example/"],
)
def test_never_redirects_to_another_site(client, user, next_url):
    assert sign_in(client, user.email, next=next_url).url == "/"


@pytest.mark.parametrize(
    "next_url", ["//[x]", "http://[x", "https://a:b/", "//v\u2100"]
)
def test_a_next_that_cannot_be_parsed_is_ignored(client, user, next_url):
    assert client.get(LOGIN, {"next": next_url}).status_code == 200
    assert sign_in(client, user.email, next=next_url).url == "/"
    for path in (LOGIN, "/admin/login/"):
        assert client.get(path, {"next": next_url}).status_code in (302, 403)


def test_an_unconfirmed_address_is_sent_a_code(client, db, mailoutbox):
    user = UserFactory(confirmed=False)
    assert sign_in(client, user.email).url == CONFIRM_EMAIL
    assert [mail.to for mail in mailoutbox] == [[user.email]]


def test_a_closed_account_cannot_sign_in(client, db):
    user = UserFactory(is_active=False)
    response = sign_in(client, user.email)
    assert "Account deactivated" in client.get(response.url).content.decode()
    assert not is_signed_in(client)


def test_the_links_to_other_sign_in_pages_keep_next(client, db):
    html = client.get(LOGIN, query_params={"next": "/roadmaps/x/"}).content.decode()
    assert 'href="/accounts/password/reset/?next=%2Froadmaps%2Fx%2F"' in html
    assert 'href="/accounts/login/code/?next=%2Froadmaps%2Fx%2F"' in html
    html = client.get(LOGIN).content.decode()
    assert 'href="/accounts/password/reset/"' in html
    assert 'href="/accounts/login/code/"' in html


def test_the_links_to_sign_in_keep_next(client, db):
    """Also the one in the header."""
    for path in ("/accounts/signup/", "/accounts/login/code/"):
        html = client.get(path, query_params={"next": "/roadmaps/x/"}).text
        assert html.count('href="/accounts/login/?next=%2Froadmaps%2Fx%2F"') == 2


def test_signing_in_changes_the_session_key(client, user):
    """This prevents session fixation: an attacker may know the old key."""
    client.post("/accounts/login/code/", {"email": "nobody@example.com"})
    planted = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.get("/accounts/login/code/confirm/")
    session = client.session
    session.pop("account_login")
    session.save()
    sign_in(client, user.email)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
    attacker = Client()
    attacker.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert not is_signed_in(attacker)


def test_pages_for_signed_in_users_are_not_cached(signed_in):
    for path in ("/", "/accounts/2fa/", "/accounts/password/change/", "/progress/"):
        assert signed_in.get(path)["Cache-Control"] == "no-store"
