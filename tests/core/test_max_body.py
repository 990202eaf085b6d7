"""The `max_body` decorator and the limit for the whole site."""

import pytest
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from django.urls import path
from django.views.decorators.http import require_POST

from config import urls as config_urls
from core.max_body import max_body

LIMIT = 1_000  # bytes


@max_body(LIMIT)
@require_POST
def save(request):
    return HttpResponse(request.POST["text"])


@max_body(LIMIT, too_large=lambda request: HttpResponse("Too much.", status=413))
def save_with_own_page(request):
    raise AssertionError("the view must not run")


def token(request):
    return HttpResponse(get_token(request))


urlpatterns = [
    *config_urls.urlpatterns,
    path("save/", save),
    path("own-page/", save_with_own_page),
    path("token/", token),
]


@pytest.fixture
def client(settings, db):
    settings.ROOT_URLCONF = __name__
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def csrf(client):
    return {"csrfmiddlewaretoken": client.get("/token/").text}


class UnreadableBody:
    def read(self, size=-1):
        raise AssertionError("the body must not be read")

    readline = read


def test_a_body_within_the_limit_reaches_the_view(client, csrf):
    response = client.post("/save/", {"text": "Hello", **csrf})
    assert (response.status_code, response.text) == (200, "Hello")


def test_a_larger_body_is_refused_before_it_is_read(client):
    response = client.post(
        "/own-page/",
        **{"CONTENT_LENGTH": str(LIMIT + 1), "wsgi.input": UnreadableBody()},
    )
    assert (response.status_code, response.text) == (413, "Too much.")


def test_by_default_it_shows_the_sites_error_page(db):
    request = RequestFactory().post("/", CONTENT_LENGTH=str(LIMIT + 1))
    response = save(request)
    assert response.status_code == 413
    assert 'class="brand"' in response.text


@pytest.mark.parametrize("length", ["", "lots", "-5", "²"])
def test_a_malformed_length_counts_as_an_empty_body(client, length):
    response = client.post("/save/", CONTENT_LENGTH=length)
    assert response.status_code == 403  # an empty body has no token


def test_the_csrf_token_is_still_required(client, csrf):
    assert client.post("/save/", {"text": "Hello"}).status_code == 403


def test_the_whole_site_has_a_limit(db, settings):
    settings.MAX_REQUEST_BODY = LIMIT
    response = Client().post("/accounts/login/", {"login": "a" * (LIMIT + 1)})
    assert response.status_code == 413
    assert 'class="brand"' in response.text


def test_a_view_may_have_a_larger_limit_than_the_site(client, csrf, settings):
    settings.MAX_REQUEST_BODY = LIMIT // 2
    response = client.post("/save/", {"text": "a" * (LIMIT // 2), **csrf})
    assert response.status_code == 200
    response = client.post("/own-page/", {"text": "a" * LIMIT})
    assert (response.status_code, response.text) == (413, "Too much.")


def test_an_unknown_address_has_the_limit_of_the_site(client, settings):
    settings.MAX_REQUEST_BODY = LIMIT
    assert client.post("/absent/", {"text": "a" * LIMIT}).status_code == 413
