"""SITE_URL: the only host and port of pages, mails and passkeys"""

import pytest
from django.test import Client

from core.wsgi import check_requests


@pytest.fixture
def client(settings, db):
    """A client of the whole WSGI application, which uses HTTPS."""
    settings.SITE_URL = "https://cairn.example"
    settings.ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"
    settings.ALLOWED_HOSTS = ["cairn.example", "cairn.internal", "10.0.0.5"]
    client = Client(HTTP_HOST="cairn.example")
    handler = client.handler
    application = check_requests(lambda environ, _: handler(environ))
    client.handler = lambda environ: application(
        environ | {"wsgi.url_scheme": environ.get("scheme", "https")}, None
    )
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
def test_other_hosts_and_ports_are_400_with_the_right_address(client, host):
    assert_names_the_address(client.get("/", headers={"Host": host}))


def assert_names_the_address(response):
    assert response.status_code == 400
    assert 'class="brand"' in response.text
    assert '<a href="https://cairn.example">https://cairn.example</a>' in response.text
    assert response["X-Request-ID"] in response.text  # to find the line in the log


def test_the_page_for_a_wrong_address_can_load_its_styles(client):
    response = client.get("/static/css/settings.css", headers={"Host": "evil.example"})
    assert response.status_code == 200
    response.close()


def test_probes_may_use_any_host(client):
    response = client.get("/healthz", headers={"Host": "10.1.2.3:8000"})
    assert response.status_code == 200


@pytest.fixture
def read_reason(read_log):
    """A function that returns why the one request so far was refused."""

    def read_reason():
        [line] = [line for line in read_log() if line["event"] == "request_refused"]
        return line["reason"]

    return read_reason


def test_the_log_names_the_host_and_what_it_should_be(client, read_reason):
    client.get("/", headers={"Host": "cairn.example:6666"})
    assert read_reason() == (
        "the host is 'cairn.example:6666', but SITE_URL is https://cairn.example"
    )


def test_a_port_that_the_proxy_drops_is_named(client, read_reason, settings):
    settings.SITE_URL = "https://cairn.example:8443"
    response = client.post(
        "/accounts/login/",
        headers={"Host": "cairn.example", "Origin": settings.SITE_URL},
    )
    assert response.status_code == 400
    assert "If you are already using that" in response.text
    assert read_reason() == (
        "the host is 'cairn.example', but SITE_URL is https://cairn.example:8443"
    )


class TestPlainHttp:
    def test_it_is_told_the_right_address(self, client, read_reason):
        response = client.get(
            "/accounts/login/", headers={"Host": "cairn.lan:8152"}, scheme="http"
        )
        assert_names_the_address(response)
        assert "must begin with https:" in response.text
        assert read_reason().startswith(
            "it came by plain HTTP, but SITE_URL is https://cairn.example"
        )

    def test_health_checks_may_use_it(self, client):
        assert client.get("/healthz", scheme="http").status_code == 200

    def test_a_site_with_http_is_served(self, client, settings):
        settings.SITE_URL = "http://cairn.example"
        assert client.get("/robots.txt", scheme="http").status_code == 200


class TestBehindTlsProxy:
    @pytest.fixture
    def get(self, client, settings):
        """A function that sends a request as a proxy would, by plain HTTP."""
        settings.BEHIND_TLS_PROXY = settings.SECURE_SSL_REDIRECT = True
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

        def get(path, **headers):
            return client.get(path, headers=headers, scheme="http")

        return get

    def test_https_is_served(self, get):
        response = get("/robots.txt", **{"X-Forwarded-Proto": "https"})
        assert response.status_code == 200

    def test_http_is_redirected(self, get):
        response = get("/search/", **{"X-Forwarded-Proto": "http"})
        assert response.status_code == 301
        assert response.url == "https://cairn.example/search/"

    def test_a_missing_header_is_named_instead_of_redirecting_forever(
        self, get, read_reason
    ):
        assert_names_the_address(get("/"))
        assert read_reason() == (
            "the proxy sends no X-Forwarded-Proto, but BEHIND_TLS_PROXY is true"
        )

    def test_so_is_a_second_proxy_that_overwrites_it(self, get, read_reason):
        """Browsers send Sec-Fetch-Site over HTTPS only."""
        headers = {"X-Forwarded-Proto": "http", "Sec-Fetch-Site": "none"}
        assert_names_the_address(get("/", **headers))
        assert read_reason() == (
            "X-Forwarded-Proto is 'http', but the browser uses HTTPS"
        )


class TestBelowAPath:
    @pytest.mark.parametrize("name", ["X-Forwarded-Prefix", "X-Script-Name"])
    def test_a_proxy_that_names_a_path_is_refused(self, client, read_reason, name):
        response = client.get("/", headers={name: "/cairn"})
        assert_names_the_address(response)
        assert read_reason().startswith(f"{name} is '/cairn', but Cairn cannot be")

    def test_a_server_that_sets_script_name_is_refused(self, client, read_reason):
        response = client.get("/", SCRIPT_NAME="/cairn")
        assert_names_the_address(response)
        assert 'href="/accounts/login/' in response.text
        assert read_reason().startswith("SCRIPT_NAME is '/cairn'")

    def test_the_root_is_no_path(self, client):
        response = client.get("/robots.txt", headers={"X-Forwarded-Prefix": "/"})
        assert response.status_code == 200


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
