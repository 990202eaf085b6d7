"""The error pages."""

import pytest
from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError
from django.test import Client
from django.urls import path
from psycopg.errors import ReadOnlySqlTransaction


def broken(request):
    raise RuntimeError("a bug")


def database_away(request):
    raise OperationalError("the connection is lost")


def away_for_a_person(request):
    request.session.get("asked")
    raise OperationalError("the pool is full")


def connection_closed(request):
    raise InterfaceError("the connection is closed")


def read_only(request):
    raise InternalError from ReadOnlySqlTransaction


def with_broken_pages():
    from config.urls import urlpatterns

    return [
        *urlpatterns,
        path("broken/", broken),
        path("away/", database_away),
        path("away-for-a-person/", away_for_a_person),
        path("closed/", connection_closed),
        path("read-only/", read_only),
    ]


urlpatterns = with_broken_pages()
handler500 = "config.views.server_error"


@pytest.fixture
def client(settings):
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


def has_site_layout(response):
    html = response.content.decode()
    return "All roadmaps" in html and 'class="brand"' in html


def test_an_unknown_address_is_404(client, db):
    response = client.get("/nope/")
    assert response.status_code == 404
    assert has_site_layout(response)
    assert "There is no page here" in response.content.decode()


def test_a_missing_slash_redirects_to_the_page(client, backend):
    response = client.get("/roadmaps/backend-developer")
    assert response.url == "/roadmaps/backend-developer/"


def test_a_bug_is_500_without_a_query(client):
    response = client.get("/broken/")
    assert response.status_code == 500
    assert has_site_layout(response)
    assert response["Cache-Control"] == "no-store"


def test_the_page_does_not_ask_a_broken_database_for_the_user(
    client, user, django_assert_num_queries
):
    client.force_login(user)
    with django_assert_num_queries(1):  # the view's own query of the session
        assert client.get("/away-for-a-person/").status_code == 503


@pytest.mark.parametrize("address", ["/away/", "/closed/", "/read-only/"])
def test_a_broken_database_is_503_with_retry_after(client, address):
    response = client.get(address)
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
    assert "This form has gone stale" in response.content.decode()


def test_too_many_sign_ups_from_one_address_are_429(client, db):
    for _ in range(25):
        response = client.post("/accounts/signup/", {})
    assert response.status_code == 429
    assert has_site_layout(response)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/%00", 404),
        ("/%ff%fe", 404),
        ("/roadmaps/%00/", 404),
        ("/" + "a" * 9000, 404),
        ("/?next=" + "a" * 9000, 200),
        ("/admin/nope/", 302),
    ],
)
def test_odd_addresses_are_no_server_error(client, db, address, status):
    assert client.get(address).status_code == status


@pytest.mark.parametrize("address", ["/?q=%00", "/admin/login/?next=%00"])
def test_a_nul_in_a_query_is_400(client, db, address):
    response = client.get(address)
    assert response.status_code == 400
    assert has_site_layout(response)


def test_a_nul_in_a_cookie_is_400(client, db):
    client.cookies[settings.SESSION_COOKIE_NAME] = "aaaaaaaaaa\x00"
    assert client.get("/").status_code == 400


def test_too_many_fields_are_400(client, db):
    fields = {f"field{number}": "x" for number in range(2000)}
    response = client.post("/accounts/login/", fields)
    assert response.status_code == 400
    assert has_site_layout(response)


@pytest.mark.parametrize("address", ["/", "/nope/", "/broken/", "/accounts/login/"])
def test_every_response_has_the_content_security_policy(client, db, address):
    response = client.get(address)
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
