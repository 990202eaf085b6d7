"""The error pages."""

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.urls import path

from config import urls as config_urls


def broken(request):
    raise RuntimeError("a bug")


def database_unavailable(request):
    raise OperationalError("the connection is lost")


def database_unavailable_with_session(request):
    request.session.get("key")
    raise OperationalError("the pool is full")


def connection_closed(request):
    raise InterfaceError("the connection is closed")


urlpatterns = [
    *config_urls.urlpatterns,
    path("broken/", broken),
    path("unavailable/", database_unavailable),
    path("unavailable-with-session/", database_unavailable_with_session),
    path("closed/", connection_closed),
]
handler500 = "config.views.server_error"


@pytest.fixture
def client(settings):
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


def has_site_layout(response):
    html = response.content.decode()
    return "All roadmaps" in html and 'class="brand"' in html


def test_an_unknown_url_is_404(client, db):
    response = client.get("/nope/")
    assert response.status_code == 404
    assert has_site_layout(response)
    assert "Page not found" in response.content.decode()


def test_a_missing_slash_redirects_to_the_page(client, backend):
    response = client.get("/roadmaps/backend-developer")
    assert response.url == "/roadmaps/backend-developer/"


def test_a_bug_is_500_without_a_query(client):
    response = client.get("/broken/")
    assert response.status_code == 500
    assert has_site_layout(response)
    assert response["Cache-Control"] == "no-store"


def test_the_page_does_not_query_a_broken_database_for_the_user(
    client, user, django_assert_num_queries
):
    client.force_login(user)
    with django_assert_num_queries(1):  # the view loads the session
        assert client.get("/unavailable-with-session/").status_code == 503


@pytest.mark.parametrize("url", ["/unavailable/", "/closed/"])
def test_a_broken_database_is_503_with_retry_after(client, url):
    response = client.get(url)
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert has_site_layout(response)


def test_an_unknown_host_is_400(client):
    response = client.get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert has_site_layout(response)


def test_a_form_without_its_csrf_token_is_403(settings, db):
    client = Client(enforce_csrf_checks=True)
    response = client.post("/accounts/login/", {"login": "a", "password": "b"})
    assert response.status_code == 403
    assert has_site_layout(response)
    assert "Cookies are blocked" in response.content.decode()


def test_too_many_sign_ups_from_one_ip_are_429(client, db):
    for _ in range(25):
        response = client.post("/accounts/signup/", {})
    assert response.status_code == 429
    assert has_site_layout(response)


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/%00", 404),
        ("/%ff%fe", 404),
        ("/roadmaps/%00/", 404),
        ("/" + "a" * 9000, 404),
        ("/?next=" + "a" * 9000, 200),
        ("/admin/nope/", 302),
    ],
)
def test_unusual_urls_cause_no_server_error(client, db, url, status):
    assert client.get(url).status_code == status


@pytest.mark.parametrize("url", ["/?q=%00", "/admin/login/?next=%00"])
def test_a_nul_in_a_query_is_400(client, db, url):
    response = client.get(url)
    assert response.status_code == 400
    assert has_site_layout(response)


def test_a_nul_in_a_cookie_is_400(client, db):
    client.cookies[settings.SESSION_COOKIE_NAME] = "aaaaaaaaaa\x00"
    assert client.get("/").status_code == 400


def test_too_many_fields_are_400(client, db):
    fields = {f"field{number}": "x" for number in range(6000)}
    response = client.post("/accounts/login/", fields)
    assert response.status_code == 400
    assert has_site_layout(response)


@pytest.mark.parametrize("url", ["/", "/nope/", "/broken/", "/accounts/login/"])
def test_every_response_has_the_content_security_policy(client, db, url):
    response = client.get(url)
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


def test_no_template_has_inline_scripts_or_styles():
    for template in settings.BASE_DIR.glob("templates/**/*.html"):
        if template.parent.name == "mail":
            continue  # mail needs inline styles
        html = template.read_text()
        assert "<style" not in html, template
        assert " style=" not in html, template
        assert " onclick=" not in html, template
        assert html.count("<script") == html.count("<script src="), template
