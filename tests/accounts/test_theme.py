"""POST /theme/"""

import pytest
from django.test import Client

from tests.progress.test_mark import SAME_ORIGIN

PATH = "/theme/"


def choose(client, theme, next_url="/", headers=SAME_ORIGIN):
    return client.post(PATH, {"theme": theme, "next": next_url}, headers=headers)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_stored_in_a_cookie_and_shown(client, db, theme):
    assert choose(client, theme).url == "/"
    assert f'data-theme="{theme}"' in client.get("/").content.decode()


@pytest.mark.parametrize("theme", ["system", "purple", ""])
def test_any_other_value_follows_the_system_again(client, db, theme):
    choose(client, "dark")
    choose(client, theme)
    assert not client.cookies["theme"].value
    assert "data-theme" not in client.get("/").content.decode()


def test_a_user_has_the_same_theme_on_every_device(signed_in, user):
    choose(signed_in, "dark")
    elsewhere = Client()
    elsewhere.force_login(user)
    assert 'data-theme="dark"' in elsewhere.get("/").content.decode()
    choose(elsewhere, "system")
    user.refresh_from_db()
    assert user.theme == ""


def test_it_redirects_to_next(client, db):
    assert choose(client, "dark", "/accounts/login/?next=/").url == (
        "/accounts/login/?next=/"
    )


@pytest.mark.parametrize(
    "next_url",
    ["//evil.example", "https://evil.example/", "", "foo", "/\\evil.example"],
)
def test_it_never_redirects_to_another_site(client, db, next_url):
    assert choose(client, "dark", next_url).url == "/"


def test_an_invalid_cookie_is_ignored(client, db):
    client.cookies["theme"] = '"><script>'
    assert "data-theme" not in client.get("/").content.decode()


def test_another_site_cannot_change_it(client, db):
    response = choose(client, "dark", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert "theme" not in client.cookies


def test_pages_vary_by_cookie(client, db):
    assert "Cookie" in client.get("/")["Vary"]
