"""/privacy/, and what the site says of itself."""

import pytest

PATH = "/privacy/"


def html(client, path=PATH):
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_it_says_how_long_a_sign_in_lasts_as_the_settings_have_it(client, db, settings):
    assert "A sign-in ends 14 days after" in html(client)
    settings.SESSION_COOKIE_AGE = 3 * 24 * 60 * 60
    assert "A sign-in ends 3 days after" in html(client)


def test_it_is_honest_about_who_runs_it(client, db, settings):
    assert "have not said here how to reach them" in html(client)
    settings.CONTACT_EMAIL = "help@example.org"
    assert 'href="mailto:help@example.org"' in html(client)


def test_it_leads_to_the_ways_out(client, db):
    page = html(client)
    for path in ("/accounts/settings/", "/accounts/data/", "/accounts/delete/"):
        assert f'href="{path}"' in page


@pytest.mark.parametrize("path", ["/", "/accounts/login/", PATH])
def test_every_page_leads_there(client, db, path):
    assert f'href="{PATH}"' in html(client, path)


def test_a_page_of_ones_own_replaces_it(client, db, settings):
    settings.PRIVACY_URL = "https://example.org/privacy"
    assert 'href="https://example.org/privacy"' in html(client, "/")


def test_it_sets_no_cookie(client, db):
    html(client)
    assert not client.cookies


def test_it_takes_no_other_method(client, db):
    assert client.post(PATH).status_code == 405


class TestTheName:
    @pytest.fixture(autouse=True)
    def named(self, settings):
        settings.SITE_NAME = "Learn & Co"

    @pytest.mark.parametrize("path", ["/", "/accounts/login/", PATH])
    def test_is_in_title_and_header(self, client, db, path):
        page = html(client, path)
        assert "· Learn &amp; Co</title>" in page
        assert "<span>Learn &amp; Co</span>" in page

    def test_is_on_a_page_of_an_error(self, client, db):
        page = client.get("/nowhere/").content.decode()
        assert "<span>Learn &amp; Co</span>" in page


def test_the_language_is_that_of_the_settings(client, db, settings):
    assert '<html lang="en-GB">' in html(client)
    settings.LANGUAGE_CODE = "de"
    assert '<html lang="de">' in html(client)
