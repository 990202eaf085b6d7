"""SITE_URL: the only host and port of pages, mails and passkeys"""

import pytest
from django.test import Client

from core.wsgi import check_requests


@pytest.fixture
def client(settings, db):
    """A client of the whole WSGI application."""
    settings.SITE_URL = "https://cairn.example"
    settings.ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"
    settings.ALLOWED_HOSTS = ["cairn.example", "cairn.internal", "10.0.0.5"]
    client = Client(SERVER_NAME="cairn.example")
    application = check_requests(lambda environ, _: handler(environ))
    handler, client.handler = client.handler, lambda environ: application(environ, None)
    return client


@pytest.mark.parametrize(
    "host",
    [
        "cairn.example",
        "CAIRN.example.",
        "cairn.example:443",
        "cairn.internal",
        "cairn.internal:8000",
        "10.0.0.5:8000",
    ],
)
def test_its_own_host_and_those_of_the_operator_are_answered(client, host):
    response = client.get("/robots.txt", headers={"Host": host})
    assert response.status_code == 200
    assert "Sitemap: https://cairn.example/sitemap.xml" in response.text


@pytest.mark.parametrize(
    "host",
    [
        "cairn.example:6666",
        "cairn.example:80",
        "www.cairn.example",
        "evil.example",
        "cairn.example,evil.example",
        "cairn.example@evil.example",
        "[x",
        "",
    ],
)
def test_other_hosts_and_ports_are_400_with_the_sites_page(client, host):
    response = client.get("/", headers={"Host": host})
    assert response.status_code == 400
    assert 'class="brand"' in response.text


def test_probes_may_use_any_host(client):
    response = client.get("/healthz", headers={"Host": "10.1.2.3:8000"})
    assert response.status_code == 200


def test_the_log_names_the_host_and_what_it_should_be(client, read_log):
    client.get("/", headers={"Host": "cairn.example:6666"})
    [line] = [line for line in read_log() if line["event"] == "request_refused"]
    assert line["reason"] == (
        "the host is 'cairn.example:6666', but SITE_URL is https://cairn.example"
    )


def test_mails_link_to_it_whatever_host_was_asked_for(client, mailoutbox):
    client.post(
        "/accounts/password/reset/",
        {"email": "nobody@example.org"},
        headers={"Host": "cairn.internal:8000"},
    )
    [mail] = mailoutbox
    assert "\nhttps://cairn.example/accounts/signup/" in mail.body
    assert "cairn.internal" not in mail.body + mail.alternatives[0].content


def test_a_request_that_django_cannot_create_is_400_with_the_sites_page(client):
    """The test client passes on what granian would refuse."""
    response = client.get("/", PATH_INFO="/\u20ac")
    assert response.status_code == 400
    assert 'class="brand"' in response.text
    assert response["Content-Security-Policy"]
