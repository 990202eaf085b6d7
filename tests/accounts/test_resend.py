"""A form that comes from a person who is signed out, or with an old CSRF token."""

import re
from html import unescape

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.resend import MAX_FORM_SIZE
from progress.notes import Note
from tests.accounts.actions import LOGIN, sign_in
from tests.editing.editor import page_of, step_form
from tests.factories import PASSWORD, StepFactory

NAVIGATION = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
SETTINGS = "/accounts/settings/"
NAME = {"section": "name", "name": "Ada <Lovelace>"}


class Tab(Client):
    """A client that sends what browsers send, and whose forms need their token."""

    def __init__(self):
        super().__init__(enforce_csrf_checks=True, headers=NAVIGATION)

    def open(self, path):
        """Open a page, and return the CSRF token of its forms."""
        return hidden_fields(self.get(path).content.decode())["csrfmiddlewaretoken"]

    def sign_in(self, user):
        token = self.open(LOGIN)
        sign_in(self, user.email, csrfmiddlewaretoken=token)

    def send(self, response):
        """Press the button of the form on the page."""
        html = response.content.decode()
        form = re.search('<form class="stacked".*?</form>', html, re.DOTALL)[0]
        action = unescape(re.search('action="([^"]*)"', form)[1])
        texts = re.findall(
            r'<textarea [^>]*name="([^"]*)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL
        )
        texts = {name: unescape(text) for name, text in texts}
        return self.post(action, hidden_fields(form) | texts)


def hidden_fields(html):
    fields = re.findall('type="hidden" name="([^"]*)" value="([^"]*)"', html)
    return {name: unescape(value) for name, value in fields}


@pytest.fixture
def tab(user):
    tab = Tab()
    tab.sign_in(user)
    return tab


@pytest.fixture
def name_form(tab):
    """The fields of the form for the name, which is open in the tab."""
    return NAME | {"csrfmiddlewaretoken": tab.open(SETTINGS)}


def sign_out_everywhere():
    Session.objects.all().delete()


class TestSignedOut:
    def test_what_was_typed_is_saved_after_signing_in(self, tab, name_form, user):
        sign_out_everywhere()
        response = tab.post(SETTINGS, name_form)
        html = response.content.decode()
        assert response.status_code == 403
        assert "Sign in to send this form" in html
        assert 'href="/accounts/login/?next=/accounts/signed-in/"' in unescape(
            html
        ).replace("%2F", "/")
        assert response["Cache-Control"] == "no-store"
        tab.sign_in(user)
        assert "You are signed in" in tab.get("/accounts/signed-in/").text
        response = tab.send(response)
        assert "Send this form again" in response.text
        assert f"You are signed in as <bdi>{user.email}</bdi>" in response.text
        user.refresh_from_db()
        assert user.name == ""
        assert tab.send(response).status_code == 302
        user.refresh_from_db()
        assert user.name == "Ada <Lovelace>"

    def test_it_asks_again_until_one_has_signed_in(self, tab, name_form):
        sign_out_everywhere()
        response = tab.send(tab.post(SETTINGS, name_form))
        assert "Sign in to send this form" in response.text

    def test_nothing_is_stored(self, tab, name_form, django_assert_num_queries):
        sign_out_everywhere()
        with django_assert_num_queries(1):  # looks for the session
            tab.post(SETTINGS, name_form)
        assert not Session.objects.exists()

    def test_a_note_sent_without_javascript_is_saved(self, tab, user):
        step = StepFactory(slug="caching")
        path = step.get_absolute_url()
        note = {"csrfmiddlewaretoken": tab.open(path), "page": "p", "base": ""}
        sign_out_everywhere()
        text = "\n <b>Read</b>\n\nRFC 9111 & more "
        response = tab.post(path, note | {"text": text})
        tab.sign_in(user)
        tab.send(tab.send(response))
        assert Note.objects.get(user=user).text == text

    def test_a_step_edited_in_the_admin_is_saved(self, tab, user, fry):
        user.is_staff = user.is_superuser = True
        user.save()
        token = tab.open(page_of(fry))
        text = "## Why\r\n\r\nIt is fast."
        sign_out_everywhere()
        response = tab.post(
            page_of(fry), step_form(fry, body=text, csrfmiddlewaretoken=token)
        )
        assert "Sign in to send this form" in response.text
        tab.sign_in(user)
        assert tab.send(tab.send(response)).status_code == 302
        fry.refresh_from_db()
        assert fry.body.splitlines() == ["## Why", "", "It is fast."]

    def test_a_file_is_not_kept_and_the_page_says_so(self, tab, tmp_path):
        token = tab.open(SETTINGS)
        sign_out_everywhere()
        file = tmp_path / "data.json"
        file.write_text("what the file contains")
        with file.open() as opened:
            response = tab.post(
                "/accounts/data/upload/",
                {"file": opened, "csrfmiddlewaretoken": token},
            )
        assert "The file isn’t included" in response.text
        assert "what the file contains" not in response.text

    def test_a_password_is_never_on_the_page(self, tab):
        token = tab.open(SETTINGS)
        sign_out_everywhere()
        data = {"oldpassword": PASSWORD, "csrfmiddlewaretoken": token}
        response = tab.post("/accounts/password/change/", data)
        assert response.url == "/accounts/login/?next=/accounts/password/change/"

    def test_too_large_a_form_is_not_kept(self, tab, name_form):
        sign_out_everywhere()
        response = tab.post(SETTINGS, name_form | {"name": "a" * MAX_FORM_SIZE})
        assert response.url.startswith(LOGIN)

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
            {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"},
            {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"},
            {"Sec-Fetch-Site": "", "Origin": "http://evil.example"},
            {"Sec-Fetch-Site": ""},
        ],
    )
    def test_another_site_and_a_script_get_no_form(self, db, headers):
        client = Client(headers=headers)
        assert client.post(SETTINGS, NAME).url.startswith(LOGIN)


class TestOldToken:
    @pytest.fixture
    def old_form(self, tab, name_form, user):
        """The form for the name, opened before signing in again."""
        tab.post("/accounts/logout/", name_form)
        tab.sign_in(user)
        return name_form

    def test_the_form_is_shown_again_and_one_press_sends_it(self, tab, old_form, user):
        response = tab.post(SETTINGS, old_form)
        assert response.status_code == 403
        assert 'value="Ada &lt;Lovelace&gt;"' in response.text
        assert tab.send(response).status_code == 302
        user.refresh_from_db()
        assert user.name == "Ada <Lovelace>"

    def test_another_site_cannot_fill_in_a_form(self, tab, old_form):
        for site in ("cross-site", "same-site", "none"):
            response = tab.post(
                SETTINGS, old_form, headers=NAVIGATION | {"Sec-Fetch-Site": site}
            )
            assert response.status_code == 403
            assert "Lovelace" not in response.text

    def test_a_wrong_origin_is_not_sent_again(self, tab, name_form):
        headers = NAVIGATION | {"Origin": "http://cairn.example:8080"}
        response = tab.post(SETTINGS, name_form, headers=headers)
        assert response.status_code == 403
        assert "Lovelace" not in response.text

    def test_it_does_not_ask_twice_without_cookies(self, tab, old_form):
        tab.cookies.clear()
        response = tab.post(SETTINGS, old_form)
        assert "Send this form again" in response.text
        tab.cookies.clear()
        response = tab.send(response)
        assert response.status_code == 403
        assert "Lovelace" not in response.text
        assert "Cookies are blocked" in response.text

    def test_a_sign_in_without_cookies_says_that_they_are_blocked(self, db):
        data = {"login": "ada@example.com", "password": PASSWORD}
        assert "Cookies are blocked" in Tab().post(LOGIN, data).text

    def test_a_password_is_not_sent_back(self, tab, old_form):
        data = old_form | {"oldpassword": "old secret", "password1": "new secret"}
        response = tab.post("/accounts/password/change/", data)
        assert response.status_code == 403
        assert "secret" not in response.text
        assert 'href="/accounts/password/change/">Open the page again' in response.text

    def test_the_second_of_two_sign_in_tabs_goes_where_it_wanted_to(self, user):
        tab = Tab()
        token = tab.open(f"{LOGIN}?next=/search/")
        tab.sign_in(user)
        data = {"login": user.email, "password": PASSWORD, "next": "/search/"}
        response = tab.post(LOGIN, data | {"csrfmiddlewaretoken": token})
        response = tab.get(response.url)
        assert response.url == "/search/"

    def test_so_does_the_form_for_a_code(self, user):
        tab = Tab()
        token = tab.open("/accounts/login/code/?next=/search/")
        tab.sign_in(user)
        data = {"email": user.email, "next": "/search/", "csrfmiddlewaretoken": token}
        response = tab.post("/accounts/login/code/", data)
        assert tab.get(response.url).url == "/search/"

    def test_a_visitor_keeps_where_the_sign_in_leads(self, user):
        tab = Tab()
        tab.open(LOGIN)
        data = {"login": user.email, "password": PASSWORD, "next": "/search/"}
        response = tab.post(LOGIN, data)
        assert response.status_code == 403
        assert PASSWORD not in response.text
        assert 'href="/accounts/login/?next=%2Fsearch%2F"' in response.text
