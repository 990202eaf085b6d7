"""Visitors' pages are cached for one second. Signed-in users' pages never are."""

import time

import pytest
from django.core.cache import cache, caches
from django.http import HttpResponse
from django.test import Client, RequestFactory
from prometheus_client import REGISTRY

from core.visitor_cache import VisitorCacheMiddleware
from roadmaps.models import Roadmap
from tests.factories import AssignmentFactory, MembershipFactory, RoadmapFactory

PATH = "/roadmaps/backend-developer/"
ROUTE = "/roadmaps/<slug:slug>/"


@pytest.fixture
def roadmap(db):
    return RoadmapFactory(slug="backend-developer", title="Old title")


@pytest.fixture(autouse=True)
def visitor_cache(settings):
    settings.CACHE_MIDDLEWARE_SECONDS = 1
    caches["visitor_pages"].clear()
    yield caches["visitor_pages"]._cache
    caches["visitor_pages"].clear()


@pytest.fixture
def visit(roadmap):
    """A function that requests a page as a new visitor."""

    def visit(path=PATH, *, method="get", cookies=None, secure=False, **headers):
        client = Client()
        client.cookies.load(cookies or {})
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return getattr(client, method)(path, headers=headers, secure=secure)

    return visit


@pytest.fixture
def signed_in_page(visit, signed_in):
    """A function that requests a page with the session of `signed_in`."""
    session = {"sessionid": signed_in.cookies["sessionid"].value}
    return lambda path=PATH: visit(path, cookies=session)


def rename(roadmap):
    Roadmap.objects.filter(pk=roadmap.pk).update(title="New title")


def advance_clock(monkeypatch, seconds):
    now = time.time() + seconds
    monkeypatch.setattr(time, "time", lambda: now)


class TestCachedPage:
    def test_it_costs_no_query_and_equals_the_first_response(
        self, visit, django_assert_num_queries
    ):
        first = visit()
        assert first.status_code == 200
        with django_assert_num_queries(0):
            second = visit()
        assert second.content == first.content
        different = {"X-Request-ID", "Age"}
        assert {
            name: value for name, value in second.headers.items() if name != "Age"
        }.keys() == first.headers.keys()
        for name in first.headers.keys() - different:
            assert second[name] == first[name]

    def test_its_headers(self, visit):
        for response in (visit(), visit()):
            assert response["Cache-Control"] == "max-age=1"
            assert {"Cookie", "HX-Request"} <= set(response["Vary"].split(", "))
            assert response["ETag"]
            assert "default-src 'none'" in response["Content-Security-Policy"]
            assert not response.cookies

    def test_an_edit_shows_after_a_second(self, visit, roadmap, monkeypatch):
        visit()
        rename(roadmap)
        assert "Old title" in visit().text
        advance_clock(monkeypatch, 1)
        assert "New title" in visit().text

    def test_each_theme_has_its_own(self, visit):
        assert "data-theme" not in visit().text
        assert 'data-theme="dark"' in visit(cookies={"theme": "dark"}).text
        assert "data-theme" not in visit().text

    def test_each_encoding_has_its_own(self, visit):
        for _ in range(2):
            compressed = visit(Accept_Encoding="gzip")
            assert compressed["Content-Encoding"] == "gzip"
            assert "Content-Encoding" not in visit().headers

    def test_an_htmx_request_never_gets_the_whole_page(self, visit):
        path = "/search/?q=title"
        for _ in range(2):
            assert "<html" in visit(path).text
            assert "<html" not in visit(path, HX_Request="true").text

    def test_each_query_string_has_its_own(self, visit):
        for query in ("one", "two", "one"):
            assert f'value="{query}"' in visit(f"/search/?q={query}").text

    def test_head_is_answered_from_it(self, visit, django_assert_num_queries):
        page = visit()
        with django_assert_num_queries(0):
            response = visit(method="head")
        assert response.content == b""
        assert response["ETag"] == page["ETag"]

    def test_each_host_has_its_own_and_unknown_hosts_none(self, visit, settings):
        settings.ALLOWED_HOSTS = ["a.example.com", "b.example.com"]
        for host in settings.ALLOWED_HOSTS * 2:
            assert f"http://{host}{PATH}" in visit(Host=host).text
        assert visit(Host="evil.example").status_code == 400

    def test_http_is_redirected_while_the_https_page_is_cached(self, visit, settings):
        settings.SECURE_SSL_REDIRECT = True
        for _ in range(2):
            assert visit(secure=True).status_code == 200
            assert visit().status_code == 301


class TestConditionalRequest:
    def test_gets_304_from_the_cache_or_without_it(self, visit):
        etag = visit(Accept_Encoding="gzip")["ETag"]
        from_cache = visit(Accept_Encoding="gzip", If_None_Match=etag)
        caches["visitor_pages"].clear()
        from_view = visit(Accept_Encoding="gzip", If_None_Match=etag)
        for response in (from_cache, from_view):
            assert (response.status_code, response.content) == (304, b"")
            assert response["ETag"] == etag
            assert response["Cache-Control"] == "max-age=1"
            assert response["Vary"]

    def test_with_another_etag_gets_the_page(self, visit):
        visit()
        assert visit(If_None_Match='"another"').status_code == 200

    def test_fills_the_cache_for_the_next_visitor(
        self, visit, django_assert_num_queries
    ):
        etag = visit()["ETag"]
        caches["visitor_pages"].clear()
        visit(If_None_Match=etag)
        with django_assert_num_queries(0):
            assert visit().status_code == 200


class TestVisibility:
    """A roadmap that is no longer public leaves the cache within its second."""

    @pytest.mark.parametrize("visibility", ["signed-in", "groups"])
    def test_it_takes_effect_after_a_second(
        self, visit, roadmap, monkeypatch, visibility
    ):
        assert visit().status_code == 200
        Roadmap.objects.update(visibility=visibility)
        advance_clock(monkeypatch, 1)
        assert visit().status_code == (302 if visibility == "signed-in" else 404)
        Roadmap.objects.update(visibility="public")
        assert visit().status_code == 200

    @pytest.mark.parametrize("visibility", ["signed-in", "groups"])
    @pytest.mark.parametrize("path", [PATH, f"{PATH}card.png"])
    def test_no_page_of_one_is_ever_stored(
        self, signed_in_page, user, roadmap, visitor_cache, visibility, path
    ):
        Roadmap.objects.update(visibility=visibility)
        group = AssignmentFactory(roadmap=roadmap).group
        MembershipFactory(user=user, group=group)
        page = signed_in_page(path)
        assert page.status_code == 200
        assert page["Cache-Control"] == "no-store"
        assert not visitor_cache

    def test_the_way_to_sign_in_is_not_stored(self, visit, roadmap, visitor_cache):
        Roadmap.objects.update(visibility="signed-in")
        assert visit().status_code == 302
        assert not visitor_cache


class TestNeverStored:
    def test_a_page_of_a_signed_in_user(self, signed_in_page, visitor_cache):
        page = signed_in_page()
        assert "Sign out" in page.text
        assert page["Cache-Control"] == "no-store"
        assert not visitor_cache

    def test_a_signed_in_user_never_gets_a_visitors_page(
        self, visit, signed_in_page, roadmap
    ):
        visit()
        rename(roadmap)
        assert "New title" in signed_in_page().text

    @pytest.mark.parametrize(
        "path",
        ["/accounts/login/", "/roadmaps/none/", "/robots.txt", "/static/icon.svg"],
    )
    def test_other_responses(self, visit, visitor_cache, path):
        visit(path).close()
        assert not visitor_cache

    def test_a_response_to_a_post(self, visit, visitor_cache):
        visit(method="post")
        assert not visitor_cache

    def test_a_response_with_a_cookie(self, visitor_cache):
        response = HttpResponse("A page", headers={"Cache-Control": "max-age=1"})
        response.set_cookie("name", "value")
        middleware = VisitorCacheMiddleware(lambda request: response)
        assert middleware(RequestFactory().get("/")) is response
        assert not visitor_cache

    def test_anything_in_development(self, visit, visitor_cache, settings):
        settings.CACHE_MIDDLEWARE_SECONDS = 0
        assert visit()["Cache-Control"] == "no-cache"
        assert not visitor_cache


class TestCacheStorage:
    def test_it_holds_200_pages_at_most(self, visit, visitor_cache):
        for number in range(205):
            visit(f"/privacy/?{number}")
        assert 0 < len(visitor_cache) <= 400  # two entries per page

    def test_it_is_separate_from_the_cache_with_the_rate_limits(
        self, visit, django_assert_num_queries
    ):
        visit()
        cache.clear()
        with django_assert_num_queries(0):
            visit()


class TestLogAndMetrics:
    def test_every_response_has_its_own_request_id_or_the_proxys(self, visit):
        assert len({visit()["X-Request-ID"] for _ in range(3)}) == 3
        assert visit(X_Request_ID="from-a-proxy")["X-Request-ID"] == "from-a-proxy"

    def test_a_cached_page_is_logged_like_any_other(self, visit, read_request_log):
        for _ in range(2):
            visit(X_Request_ID="from-a-proxy")
        first, second = read_request_log()
        assert (second["route"], second["status"]) == (ROUTE, 200)
        assert second["user_id"] is None
        assert second["queries"] == 0
        measured = {"timestamp", "duration_ms", "queries", "queries_ms"}
        for name in first.keys() - measured:
            assert second[name] == first[name]

    def test_a_cached_page_is_counted(self, visit):
        labels = {"method": "GET", "route": ROUTE, "status": "200"}

        def count():
            return REGISTRY.get_sample_value("cairn_request_seconds_count", labels) or 0

        before = count()
        visit()
        visit()
        assert count() == before + 2
