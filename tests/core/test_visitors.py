"""Visitors' pages that are kept for a moment, and answered before Django."""

import time
from http.client import parse_headers
from io import BytesIO
from typing import NamedTuple

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import RequestFactory
from prometheus_client import REGISTRY

from core import visitor_pages
from core.observability import request_log
from roadmaps.models import Roadmap
from tests.factories import RoadmapFactory

PATH = "/roadmaps/backend-developer/"
ROUTE = "/roadmaps/<slug:slug>/"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str


@pytest.fixture
def roadmap(db):
    return RoadmapFactory(slug="backend-developer", title="As it was")


@pytest.fixture
def visit(roadmap, settings):
    """What asks the application for a page, as a server does."""
    settings.PAGES_KEPT_FOR = 1
    visitor_pages.pages.clear()
    application = visitor_pages.answer_visitors(
        get_wsgi_application(), request_log.tell
    )
    # As Django's own test client has it: the transaction of the test goes on.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)

    def visit(path=PATH, cookie="", **headers):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        cookies = {"Cookie": cookie} if cookie else {}
        environ = RequestFactory().get(path, headers=given | cookies).environ
        said = []
        content = b"".join(application(environ, lambda *start: said.append(start)))
        (status, named) = said[0]
        head = "".join(f"{name}: {value}\r\n" for name, value in named)
        headers = dict(parse_headers(BytesIO(f"{head}\r\n".encode())))
        body = content.decode(errors="replace")
        return Answer(int(status.split()[0]), headers, body)

    yield visit
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    visitor_pages.pages.clear()


def rename(roadmap):
    Roadmap.objects.filter(pk=roadmap.pk).update(title="As it is")


def let_pass(monkeypatch, seconds):
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + seconds)


def without_name(answer):
    headers = {**answer.headers}
    del headers["X-Request-ID"]
    return answer._replace(headers=headers)


class TestThePage:
    def test_the_second_visitor_asks_nothing_of_the_database(self, visit, at_most):
        first = visit()
        assert first.status == 200
        with at_most(0):
            second = visit()
        assert without_name(second) == without_name(first)

    def test_an_edit_shows_within_a_second(self, visit, roadmap, monkeypatch):
        visit()
        rename(roadmap)
        assert "As it was" in visit().text
        let_pass(monkeypatch, 1)
        assert "As it is" in visit().text

    def test_one_visitor_renews_it_while_others_still_get_it(
        self, visit, roadmap, monkeypatch
    ):
        visit()
        rename(roadmap)
        let_pass(monkeypatch, 0.9)
        [page] = visitor_pages.pages.values()
        assert page.renewal.acquire(blocking=False)  # somebody else, who is at it
        assert "As it was" in visit().text
        page.renewal.release()
        assert "As it is" in visit().text

    def test_each_theme_has_its_page(self, visit):
        visit()
        assert 'data-theme="dark"' in visit(cookie="theme=dark").text

    def test_what_is_no_theme_takes_no_room(self, visit):
        for made_up in ("", "none", "blue"):
            visit(cookie=f"theme={made_up}")
        assert len(visitor_pages.pages) == 1

    def test_who_cannot_unpack_gets_it_plain(self, visit):
        assert visit(Accept_Encoding="gzip").headers["Content-Encoding"] == "gzip"
        for unable in ("", "identity", "br"):
            assert "Content-Encoding" not in visit(Accept_Encoding=unable).headers

    def test_each_host_has_its_page(self, visit, settings):
        settings.ALLOWED_HOSTS = ["a.example.com", "b.example.com"]
        for host in settings.ALLOWED_HOSTS * 2:
            assert f"http://{host}{PATH}" in visit(Host=host).text

    def test_a_host_that_is_not_ours_is_refused(self, visit):
        visit()
        assert visit(Host="evil.example").status == 400

    def test_without_tls_it_is_no_page(self, visit, settings):
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        assert visit(X_Forwarded_Proto="https").status == 200
        assert "https://testserver" in visit(X_Forwarded_Proto="https").text
        assert "https://testserver" not in visit().text

    def test_they_take_no_more_room_than_they_may(self, visit, monkeypatch):
        monkeypatch.setattr(visitor_pages, "MOST_PAGES", 1)
        visit()
        visit("/")
        assert len(visitor_pages.pages) == 1


class TestARevisit:
    def test_is_answered_304_kept_or_not(self, visit, monkeypatch):
        etag = visit().headers["ETag"]
        kept = visit(If_None_Match=etag)
        visitor_pages.pages.clear()
        for answer in (kept, visit(If_None_Match=etag)):
            assert (answer.status, answer.text) == (304, "")
            assert answer.headers["ETag"] == etag
            assert answer.headers["Vary"] == "Cookie, Accept-Encoding"
            assert answer.headers["Cache-Control"] == "no-cache"

    @pytest.mark.parametrize("held", ['"another"', "nonsense", 'W/"a", "b"'])
    def test_by_another_etag_gets_the_page(self, visit, held):
        visit()
        assert visit(If_None_Match=held).status == 200

    def test_by_one_of_several_or_by_any_is_304(self, visit):
        etag = visit().headers["ETag"]
        for held in (f'"a", {etag}', "*", f"W/{etag.removeprefix('W/')}"):
            assert visit(If_None_Match=held).status == 304

    def test_makes_the_page_ready_for_the_next_visitor(self, visit, at_most):
        etag = visit().headers["ETag"]
        visitor_pages.pages.clear()
        visit(If_None_Match=etag)
        with at_most(0):
            assert visit().status == 200


class TestWhatIsNeverKept:
    def test_a_persons_page(self, visit, signed_in):
        session = signed_in.cookies["sessionid"].value
        assert "Sign out" in visit(cookie=f"sessionid={session}").text
        assert visitor_pages.pages == {}

    def test_nor_does_who_signs_in_see_a_visitors(self, visit, signed_in, roadmap):
        visit()
        rename(roadmap)
        session = signed_in.cookies["sessionid"].value
        assert "As it is" in visit(cookie=f"sessionid={session}").text

    @pytest.mark.parametrize(
        "path", ["/accounts/login/", "/roadmaps/none/", f"{PATH}?show=required"]
    )
    def test_pages_with_a_token_that_are_missing_or_with_a_query(self, visit, path):
        visit(path)
        assert visitor_pages.pages == {}

    @pytest.mark.parametrize(
        "asked",
        ["HX-Request", "If-Match", "If-Unmodified-Since", "Content-Length"],
    )
    def test_what_is_asked_for_more_than_the_page(self, visit, asked):
        visit(**{asked: "0"})
        assert visitor_pages.pages == {}

    def test_what_has_no_etag_to_ask_by(self):
        environ = {visitor_pages.TO_KEEP: ("a key",)}
        request = RequestFactory().get(PATH, **environ)
        empty = HttpResponse(headers={"Cache-Control": "no-cache"})
        assert visitor_pages.keep_visitors_pages(lambda _: empty)(request) is empty
        assert visitor_pages.pages == {}

    def test_anything_in_development(self, visit, settings):
        settings.PAGES_KEPT_FOR = 0
        visit()
        assert visitor_pages.pages == {}


class TestWhatIsToldOfIt:
    def test_each_answer_has_a_name_of_its_own_or_the_proxys(self, visit):
        names = {visit().headers["X-Request-ID"] for _ in range(3)}
        assert len(names) == 3
        assert visit(X_Request_ID="from-a-proxy").headers["X-Request-ID"] == (
            "from-a-proxy"
        )

    def test_the_line_is_the_same_kept_or_not(self, visit, lines):
        for _ in range(2):
            visit(X_Request_ID="from-a-proxy")
        first, second = lines()
        assert list(second) == list(first)
        for measured in ("timestamp", "duration_ms", "queries", "queries_ms"):
            first.pop(measured)
            second.pop(measured)
        assert first == second
        assert (second["route"], second["status"]) == (ROUTE, 200)

    def test_it_is_counted_kept_or_not(self, visit):
        labels = {"method": "GET", "route": ROUTE, "status": "200"}

        def counted():
            return REGISTRY.get_sample_value("cairn_request_seconds_count", labels) or 0

        before = counted()
        visit()
        visit()
        assert counted() == before + 2
