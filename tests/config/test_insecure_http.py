"""INSECURE_HTTP=true: a site that is served by plain HTTP, in production mode"""

import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest

from tests.accounts.actions import LOGIN
from tests.accounts.second_factors import add_passkey
from tests.factories import PASSWORD, UserFactory

ADDRESS = {"Host": "cairn.lan:8152"}
ORIGIN = ADDRESS | {"Origin": "http://cairn.lan:8152"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def serve_insecurely(serve):
    """Serve a site at http://cairn.lan:8152."""

    def serve_insecurely():
        return serve(
            BEHIND_TLS_PROXY="false",
            INSECURE_HTTP="true",
            SITE_URL="http://cairn.lan:8152",
        )

    return serve_insecurely


def read_cookies(response):
    return SimpleCookie("\n".join(response.headers.get_all("Set-Cookie") or []))


def test_a_person_signs_in_and_the_log_warns(serve_insecurely, settings):
    settings.PASSWORD_HASHERS = ["accounts.passwords.Argon2PasswordHasher"]
    user = UserFactory()
    add_passkey(UserFactory())
    with serve_insecurely() as site:
        page = site.get(LOGIN, headers=ADDRESS)
        assert page.status == 200
        html = page.body.decode()
        assert "passkey" not in html
        csrf = read_cookies(page)["csrftoken"].value
        token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', html)[1]
        form = {
            "login": user.email,
            "password": PASSWORD,
            "csrfmiddlewaretoken": token,
        }
        response = site.request(
            "POST",
            LOGIN,
            urlencode(form),
            headers=ORIGIN | FORM | {"Cookie": f"csrftoken={csrf}"},
        )
        assert response.status == 302
        assert "Strict-Transport-Security" not in response.headers
        session = read_cookies(response)["sessionid"]
        assert not session["secure"]
        assert session["httponly"]
        response = site.get(
            "/progress/", headers=ADDRESS | {"Cookie": f"sessionid={session.value}"}
        )
        assert response.status == 200
    assert '"event": "insecure_http"' in site.log


def test_other_addresses_are_refused_as_well(serve_insecurely):
    with serve_insecurely() as site:
        response = site.get("/", headers={"Host": "cairn.lan"})
    assert response.status == 400
    assert b'href="http://cairn.lan:8152"' in response.body
    assert b"must begin with https:" not in response.body


class TestPages:
    @pytest.fixture(autouse=True)
    def plain_http(self, settings):
        settings.INSECURE_HTTP = True
        settings.MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

    def test_every_page_of_the_admin_warns(self, sign_in_staff):
        client = sign_in_staff("Editors")
        for page in ("/admin/", "/admin/roadmaps/roadmap/"):
            assert "This site uses plain HTTP" in client.get(page).text

    def test_passkeys_cannot_be_added(self, reauthenticated):
        text = reauthenticated.get("/accounts/2fa/").text
        assert "Add a passkey" not in text
        assert "Passkeys need HTTPS" in text

    def test_the_admin_does_not_ask_for_a_passkey(self, client, settings, db):
        settings.ADMIN_NEEDS_SECOND_FACTOR = True
        administrator = UserFactory(is_staff=True, is_superuser=True)
        add_passkey(administrator)
        client.force_login(administrator)
        response = client.get("/admin/login/")
        assert response.url == "/accounts/2fa/"


def test_a_site_with_https_warns_of_nothing(sign_in_staff):
    assert "plain HTTP" not in sign_in_staff("Editors").get("/admin/").text
