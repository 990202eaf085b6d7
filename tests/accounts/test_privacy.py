"""The privacy page, and the site's name and language."""

import pytest

from accounts.management.commands.cleanup import ENDED_INVITATION_AGE

PATH = "/privacy/"


def html(client, path=PATH):
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_it_says_how_long_a_session_lasts(client, db, settings):
    assert "have not used a device for 14 days" in html(client)
    settings.SESSION_COOKIE_AGE = 3 * 24 * 60 * 60
    assert "have not used a device for 3 days" in html(client)


def test_it_says_how_long_the_audit_trail_and_invitations_stay(client, db, settings):
    settings.AUDIT_DAYS = 40
    assert "deleted after 40 days" in html(client)
    days = ENDED_INVITATION_AGE.days
    assert f"deleted {days} days after it was revoked or expired" in html(client)


def test_it_shows_the_contact_address_if_there_is_one(client, db, settings):
    assert "have not given a contact address" in html(client)
    settings.CONTACT_EMAIL = "help@example.org"
    assert 'href="mailto:help@example.org"' in html(client)


def test_it_links_to_settings_export_and_deletion(client, db):
    page = html(client)
    for path in ("/accounts/settings/", "/accounts/data/", "/accounts/delete/"):
        assert f'href="{path}"' in page


@pytest.mark.parametrize("path", ["/", "/accounts/login/", PATH])
def test_every_page_links_to_it(client, db, path):
    assert f'href="{PATH}"' in html(client, path)


def test_the_setting_privacy_url_replaces_it(client, db, settings):
    settings.PRIVACY_URL = "https://example.org/privacy"
    assert 'href="https://example.org/privacy"' in html(client, "/")


def test_it_sets_no_cookie(client, db):
    html(client)
    assert not client.cookies


def test_it_does_not_allow_post(client, db):
    assert client.post(PATH).status_code == 405


class TestSiteName:
    @pytest.fixture(autouse=True)
    def site_name(self, settings):
        settings.SITE_NAME = "Learn & Co"

    @pytest.mark.parametrize("path", ["/", "/accounts/login/", PATH])
    def test_is_in_title_and_header(self, client, db, path):
        page = html(client, path)
        assert "· Learn &amp; Co</title>" in page
        assert "<bdi>Learn &amp; Co</bdi>" in page

    def test_is_on_error_pages(self, client, db):
        page = client.get("/nowhere/").content.decode()
        assert "<bdi>Learn &amp; Co</bdi>" in page


def test_the_language_comes_from_the_settings(client, db, settings):
    assert '<html lang="en-GB" dir="ltr">' in html(client)
    settings.LANGUAGE_CODE = "de"
    assert '<html lang="de" dir="ltr">' in html(client)
