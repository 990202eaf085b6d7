"""Visitors' pages that are kept for a moment."""

import time

import pytest
from django.test import Client

from config import visitors
from roadmaps.models import Roadmap
from tests.factories import RoadmapFactory

PATH = "/roadmaps/backend-developer/"


@pytest.fixture(autouse=True)
def keeping(settings):
    settings.PAGES_KEPT_FOR = 1
    visitors.pages.clear()
    yield
    visitors.pages.clear()


@pytest.fixture
def roadmap(db):
    return RoadmapFactory(slug="backend-developer", title="As it was")


def rename(roadmap):
    Roadmap.objects.filter(pk=roadmap.pk).update(title="As it is")


def let_a_second_pass(monkeypatch):
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 1)


def test_the_second_visitor_asks_nothing_of_the_database(client, roadmap, at_most):
    first = client.get(PATH)
    with at_most(0):
        second = Client().get(PATH)
    assert second.content == first.content
    assert visible_headers(second) == visible_headers(first)


def visible_headers(response):
    return {name: value for name, value in response.items() if name != "X-Request-ID"}


def test_each_answer_has_a_name_of_its_own(client, roadmap):
    assert client.get(PATH)["X-Request-ID"] != client.get(PATH)["X-Request-ID"]


def test_the_log_names_the_page_kept_or_not(client, roadmap, caplog):
    for _ in range(2):
        client.get(PATH)
    lines = [line.msg for line in caplog.records if line.name == "cairn.access"]
    assert [line["route"] for line in lines] == ["/roadmaps/<slug:slug>/"] * 2


def test_an_edit_shows_within_a_second(client, roadmap, monkeypatch):
    client.get(PATH)
    rename(roadmap)
    let_a_second_pass(monkeypatch)
    assert "As it is" in client.get(PATH).text


def test_an_edit_shows_at_once_to_who_is_signed_in(client, signed_in, roadmap):
    client.get(PATH)
    rename(roadmap)
    assert "As it is" in signed_in.get(PATH).text


def test_a_persons_page_is_never_kept(signed_in, roadmap):
    signed_in.get(PATH)
    assert visitors.pages == {}


def test_a_page_with_a_token_is_never_kept(client, db):
    client.get("/accounts/login/")
    assert visitors.pages == {}


def test_a_page_that_is_missing_is_never_kept(client, db):
    client.get("/roadmaps/none/")
    assert visitors.pages == {}


def test_a_revisit_is_answered_304_kept_or_not(client, roadmap, monkeypatch):
    etag = client.get(PATH)["ETag"]
    assert client.get(PATH, headers={"If-None-Match": etag}).status_code == 304
    let_a_second_pass(monkeypatch)
    assert client.get(PATH, headers={"If-None-Match": etag}).status_code == 304


def test_a_revisit_makes_the_page_ready_for_the_next_visitor(client, roadmap):
    etag = client.get(PATH)["ETag"]
    visitors.pages.clear()
    client.get(PATH, headers={"If-None-Match": etag})
    assert client.get(PATH).status_code == 200
    assert len(visitors.pages) == 1


def test_each_theme_has_its_page(client, roadmap):
    client.get(PATH)
    client.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in client.get(PATH).text


def test_what_is_no_theme_takes_no_room(client, roadmap):
    for made_up in ("", "none", "blue"):
        client.cookies["theme"] = made_up
        client.get(PATH)
    assert len(visitors.pages) == 1


def test_who_cannot_unpack_gets_it_plain(client, roadmap):
    client.get(PATH, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in client.get(PATH)


def test_they_take_no_more_room_than_they_may(client, roadmap, monkeypatch):
    monkeypatch.setattr(visitors, "MOST_PAGES", 1)
    client.get(PATH)
    client.get("/")
    assert [key[2] for key in visitors.pages] == ["/"]


def test_a_host_that_is_not_ours_is_refused(client, roadmap):
    client.get(PATH)
    assert client.get(PATH, headers={"Host": "evil.example"}).status_code == 400
