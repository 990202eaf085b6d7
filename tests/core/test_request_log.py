"""The line of a request, and what Prometheus is told of it."""

import json
import socket
import subprocess
import sys
import urllib.request

import pytest
from django.contrib.auth import SESSION_KEY
from prometheus_client import REGISTRY

from core.observability import metrics, request_log
from tests.factories import PASSWORD, StepFactory
from tests.production import environment, free_port

ENDING = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from core.observability import request_log
request_log.A_MOMENT = 60
answer = request_log.Answer("the-last-one", "GET", "/", 200, 0.001)
request_log.Afterwards().tell(answer)
"""


@pytest.fixture
def step(db):
    return StepFactory()


def test_a_line_says_how_it_went(signed_in, user, step, lines):
    response = signed_in.get(step.get_absolute_url())
    [line] = lines()
    assert line["request_id"] == response["X-Request-ID"]
    assert line["route"] == "/roadmaps/<slug:roadmap_slug>/<slug:slug>/"
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["user_id"] == user.pk
    assert line["duration_ms"] >= line["queries_ms"] > 0
    assert line["queries"] >= 3
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/search/?q=jane+doe", "/search/"),
        ("/jane-doe/", "unmatched"),
        ("/static/jane-doe.css", "/static/"),
        (
            "/admin/accounts/user/7/change/?jane-doe",
            "/admin/accounts/user/<path:object_id>/change/",
        ),
    ],
)
def test_nothing_of_a_persons_is_in_it(client, db, lines, path, route):
    client.get(path, REMOTE_ADDR="203.0.113.7")
    [line] = lines()
    assert line["route"] == route
    for secret in ("jane", "203.0.113.7"):
        assert secret not in json.dumps(line)


def test_a_visitor_has_no_id_and_is_not_asked_for_one(client, db, lines, at_most):
    with at_most(0):
        response = client.get("/robots.txt")
    assert not response.has_header("Set-Cookie")
    assert lines()[0]["user_id"] is None


def test_who_signs_in_is_named(client, user, lines):
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert client.session[SESSION_KEY] == str(user.pk)
    assert lines()[0]["user_id"] == user.pk
    assert user.email not in json.dumps(lines())


def test_probes_have_none(client, db, lines):
    client.get("/healthz")
    client.get("/readyz")
    assert lines() == []


def value(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0


def answers(number, route="/"):
    return [request_log.Answer(f"{n}", "GET", route, 200, 0.001) for n in range(number)]


def names_in(lines):
    return [line["request_id"] for line in lines]


class TestAfterwards:
    """What is told of answers that are quicker than their line."""

    def test_each_has_its_line_in_the_order_of_the_answers(self, lines):
        afterwards = request_log.Afterwards()
        for answer in answers(100):
            afterwards.tell(answer)
        afterwards.tell_all()
        assert names_in(lines()) == [f"{n}" for n in range(100)]

    def test_it_comes_by_itself_and_once(self, lines, eventually):
        afterwards = request_log.Afterwards()
        for answer in answers(2):
            afterwards.tell(answer)
            eventually(lambda name=answer.name: name in names_in(lines()))
        afterwards.tell_all()
        assert names_in(lines()) == ["0", "1"]

    def test_probes_are_counted_alone(self, lines):
        labels = {"method": "GET", "route": "/healthz", "status": "200"}
        before = value("cairn_request_seconds_count", **labels)
        request_log.tell(*answers(2, "/healthz"))
        assert value("cairn_request_seconds_count", **labels) == before + 2
        assert lines() == []

    def test_not_too_many_wait(self, lines, monkeypatch):
        monkeypatch.setattr(request_log, "A_MOMENT", 60)
        monkeypatch.setattr(request_log, "MOST_UNTOLD", 3)
        afterwards = request_log.Afterwards()
        for answer in answers(4):
            afterwards.tell(answer)
        assert names_in(lines()) == ["0", "1", "2"]

    def test_what_waits_is_told_when_the_process_ends(self, installation):
        process = subprocess.run(
            [sys.executable, "-c", ENDING],
            cwd=installation,
            env=environment("postgres://unused"),
            capture_output=True,
            text=True,
            check=True,
        )
        [line] = process.stderr.splitlines()
        assert json.loads(line)["request_id"] == "the-last-one"


class TestMetrics:
    def test_a_request_is_counted_by_its_route(self, client, db):
        labels = {"method": "GET", "route": "/search/", "status": "200"}
        before = value("cairn_request_seconds_count", **labels)
        client.get("/search/")
        assert value("cairn_request_seconds_count", **labels) == before + 1

    def test_methods_that_somebody_made_up_are_one(self, client, db):
        client.generic("BREW", "/robots.txt")
        labels = {"method": "other", "route": "/robots.txt", "status": "405"}
        assert value("cairn_request_seconds_count", **labels) >= 1

    def test_queries_are_counted(self, client, db):
        before = value("cairn_queries_total", route="/")
        client.get("/")
        assert value("cairn_queries_total", route="/") == before + 1

    def test_a_tick_is_counted_once_it_is_stored(self, signed_in, client, step):
        def press(client, pk, site="same-origin"):
            headers = {"Sec-Fetch-Site": site}
            client.post(f"/progress/{pk}/done/", headers=headers)

        before = value("cairn_ticks_total", state="done")
        press(client, step.pk)  # a visitor's wish
        press(signed_in, 10**9)
        press(signed_in, step.pk, "cross-site")
        assert value("cairn_ticks_total", state="done") == before
        press(signed_in, step.pk)
        assert value("cairn_ticks_total", state="done") == before + 1


class TestScrape:
    def test_prometheus_reads_them_at_an_address_of_their_own(
        self, transactional_db, monkeypatch
    ):
        port = free_port()
        tasks = metrics.Tasks()
        monkeypatch.setattr(metrics, "Tasks", lambda: tasks)
        metrics.serve(f"127.0.0.1:{port}")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
        REGISTRY.unregister(tasks)
        assert "cairn_request_seconds_bucket" in text
        assert 'cairn_tasks{status="ready"} 0.0' in text
        assert "cairn_tasks_oldest_ready_seconds 0.0" in text

    def test_the_site_itself_does_not_tell(self, client, db):
        assert client.get("/metrics").status_code == 404

    def test_a_second_worker_does_without(self, caplog):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            metrics.serve(f"127.0.0.1:{taken.getsockname()[1]}")
        assert "metrics_not_served" in caplog.text
