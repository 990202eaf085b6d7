"""/accounts/login/"""

import pytest

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


def test_the_admin_has_no_sign_in_of_its_own(client, db):
    response = client.get("/admin/", follow=True)
    assert response.request["PATH_INFO"] == PATH
