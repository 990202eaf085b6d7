"""/accounts/login/"""

import pytest
from django.conf import settings
from django.test import Client

from tests.factories import PASSWORD, UserFactory

PATH = "/accounts/login/"


def sign_in(client, email, password=PASSWORD, **more):
    return client.post(PATH, {"login": email, "password": password, **more})


def test_the_right_password_signs_in(client, user):
    assert sign_in(client, user.email).url == "/"
    assert client.get("/").context["user"] == user


def test_the_address_may_be_typed_in_any_case(client, user):
    assert sign_in(client, user.email.upper()).status_code == 302


def test_a_wrong_password_says_so_and_keeps_the_address(client, user):
    response = sign_in(client, user.email, "wrong")
    html = response.content.decode()
    assert response.status_code == 200
    assert 'class="errorlist' in html
    assert f'value="{user.email}"' in html


def test_it_lands_where_one_came_from(client, user):
    next_ = "/roadmaps/backend-developer/"
    assert sign_in(client, user.email, next=next_).url == next_


@pytest.mark.parametrize(
    "evil",
    ["//evil.example", "https:evil", "/\\evil.example", "https://evil.example/"],
)
def test_it_never_lands_on_another_site(client, user, evil):
    assert sign_in(client, user.email, next=evil).url == "/"


def test_an_address_that_was_never_confirmed_is_sent_a_code(client, db, mailoutbox):
    user = UserFactory(confirmed=False)
    response = sign_in(client, user.email)
    assert response.url == "/accounts/confirm-email/"
    assert [mail.to for mail in mailoutbox] == [[user.email]]


def test_a_closed_account_is_told_so(client, db):
    user = UserFactory(is_active=False)
    closed = sign_in(client, user.email)
    assert "This account is closed" in client.get(closed.url).content.decode()
    assert client.get("/").context["user"].is_anonymous


def test_the_page_leads_to_the_reset_and_back(client, db):
    html = client.get(PATH, query_params={"next": "/roadmaps/x/"}).content.decode()
    assert 'href="/accounts/password/reset/?next=%2Froadmaps%2Fx%2F"' in html


@pytest.mark.parametrize("value", ["\x00", "a" * 9000, "💥", "‮"])
def test_whatever_is_typed_never_breaks_it(client, user, value):
    assert sign_in(client, value, value).status_code == 200
    assert sign_in(client, user.email, value).status_code == 200


def test_the_sixth_wrong_password_is_stopped(client, user):
    for _ in range(5):
        sign_in(client, user.email, "wrong")
    html = sign_in(client, user.email).content.decode()
    assert "Too many failed" in html


def test_the_session_gets_another_key_and_the_old_one_opens_nothing(client, user):
    client.post("/accounts/login/code/", {"email": "nobody@example.com"})
    planted = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.get("/accounts/login/code/confirm/")
    session = client.session
    session.pop("account_login")
    session.save()
    sign_in(client, user.email)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert thief.get("/").context["user"].is_anonymous


def test_nobody_keeps_a_page_of_somebody_signed_in(signed_in):
    for path in ("/", "/accounts/2fa/", "/accounts/password/change/", "/progress/"):
        assert signed_in.get(path)["Cache-Control"] == "no-store"


def test_extra_fields_are_ignored(client, user):
    sign_in(client, user.email, is_staff="1", is_superuser="1", user_id="1")
    user.refresh_from_db()
    assert not user.is_staff
    assert not user.is_superuser
