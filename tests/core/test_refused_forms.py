"""A form with a wrong origin, without cookies or with a wrong token"""

import pytest
from django.test import Client

from core.wsgi import RECEIVED_HOST
from tests.factories import StepFactory

LOGIN = "/accounts/login/"


@pytest.fixture
def refuse(db, read_log):
    """A function that sends a form. It returns the page and the line in the log."""

    def refuse(path=LOGIN, **options):
        response = Client(enforce_csrf_checks=True).post(path, **options)
        assert response.status_code == 403
        assert response["X-Request-ID"] in response.text
        [line] = [line for line in read_log() if line["event"] != "request"]
        assert line["event"] == "form_refused"
        assert line["request_id"] == response["X-Request-ID"]
        return response.text, line

    return refuse


def test_a_wrong_origin_is_logged_with_the_host_as_it_was_received(refuse):
    text, line = refuse(
        headers={"Origin": "https://cairn.lan:8152"}, **{RECEIVED_HOST: "cairn.lan"}
    )
    assert "Form not accepted" in text
    assert 'The form wasn’t sent from <a href="http://testserver">' in text
    assert "tell the people who run this site" in text
    assert line["reason"] == "origin"
    assert line["origin"] == "https://cairn.lan:8152"
    assert line["host"] == "cairn.lan"


def test_so_is_the_origin_of_a_tick(refuse):
    path = f"/progress/{StepFactory().pk}/done/"
    text, line = refuse(path, headers={"Origin": "https://cairn.lan"})
    assert "Form not accepted" in text
    assert line["origin"] == "https://cairn.lan"
    assert line["host"] == "testserver"


def test_of_a_referrer_only_the_origin_is_logged(refuse):
    _, line = refuse(
        headers={"Referer": "https://other.example/jane-doe/?q=secret"}, secure=True
    )
    assert line["origin"] == "https://other.example"
    assert "jane-doe" not in str(line)


@pytest.mark.parametrize("referrer", ["https://[x", "about:blank", "x" * 9000])
def test_a_strange_referrer_does_no_harm(refuse, referrer):
    _, line = refuse(headers={"Referer": referrer}, secure=True)
    assert line["origin"] == ""


def test_blocked_cookies_are_named(refuse):
    text, line = refuse(data={"login": "ada@example.org", "password": "a secret"})
    assert "Cookies are blocked" in text
    assert line["reason"] == "no cookie"


def test_the_line_has_no_path(refuse):
    _, line = refuse("/accounts/settings/devices/1234/sign-out/")
    assert "1234" not in str(line)


def test_forms_of_trusted_origins_are_accepted(db, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["http://cairn.lan"]
    path = f"/progress/{StepFactory().pk}/done/"
    for origin, status in (("http://cairn.lan", 302), ("http://other.lan", 403)):
        response = Client().post(path, headers={"Origin": origin})
        assert response.status_code == status
