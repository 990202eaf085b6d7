"""The header of every page."""

import pytest

from tests.factories import UserFactory
from tests.html import read_html


def header(client, path="/"):
    html = read_html(client.get(path))
    return html[html.index("<header") : html.index("</header>")]


def test_a_visitor_may_sign_in_or_create_an_account(client, db, settings):
    html = header(client)
    assert 'href="/accounts/login/">Sign in' in html
    assert 'href="/accounts/signup/">Create an account' in html
    assert "Account</span>" not in html
    settings.SIGN_UP = "closed"
    assert "Create an account" not in header(client)


def test_both_lead_back_to_the_roadmap(client, cooking):
    html = header(client, "/roadmaps/cooking/")
    assert html.count("?next=%2Froadmaps%2Fcooking%2F") == 2


def test_the_menu_says_who_is_signed_in(signed_in, user):
    assert f">{user.email}</p>" in header(signed_in)
    user.name = "Ada <b>"
    user.save()
    html = header(signed_in)
    assert ">Ada &lt;b&gt;</p>" in html
    assert user.email not in html


def test_admin_is_for_staff(signed_in, client, db):
    assert "Admin" not in header(signed_in)
    client.force_login(UserFactory(is_staff=True))
    assert 'href="/admin/">Admin' in header(client)


@pytest.mark.parametrize(
    ("path", "name", "current"),
    [
        ("/", "Roadmaps", "page"),
        ("/roadmaps/cooking/", "Roadmaps", "true"),
        ("/roadmaps/cooking/fry/", "Roadmaps", "true"),
        ("/progress/", "Progress", "page"),
        ("/search/", "Search", "page"),
    ],
)
def test_it_says_where_the_page_is(signed_in, cooking, path, name, current):
    html = header(signed_in, path)
    assert html.count("aria-current") == 1
    link = html[html.index(f'aria-current="{current}"') :]
    assert name in link[: link.index("</a>")]


def test_no_page_is_current_elsewhere(signed_in):
    assert "aria-current" not in header(signed_in, "/accounts/settings/")
    assert "aria-current" not in header(signed_in, "/no/such/page/")
