"""The log line of a request, and the metrics for Prometheus."""

import json
import socket
import urllib.request

import pytest
from django.contrib.auth import SESSION_KEY
from prometheus_client import REGISTRY

from core.observability import metrics
from tests.factories import PASSWORD, StepFactory
from tests.production import free_port


@pytest.fixture
def step(db):
    return StepFactory()


def test_a_line_has_the_request_and_its_result(signed_in, user, step, read_request_log):
    response = signed_in.get(step.get_absolute_url())
    [line] = read_request_log()
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
def test_a_line_has_no_personal_data(client, db, read_request_log, path, route):
    client.get(path, REMOTE_ADDR="203.0.113.7")
    [line] = read_request_log()
    assert line["route"] == route
    for secret in ("jane", "203.0.113.7"):
        assert secret not in json.dumps(line)


def test_logging_a_visitors_request_costs_no_query(
    client, db, read_request_log, assert_max_queries
):
    with assert_max_queries(0):
        response = client.get("/robots.txt")
    assert not response.has_header("Set-Cookie")
    assert read_request_log()[0]["user_id"] is None


def test_signing_in_is_logged_with_the_user_id(client, user, read_request_log):
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert client.session[SESSION_KEY] == str(user.pk)
    assert read_request_log()[0]["user_id"] == user.pk
    assert user.email not in json.dumps(read_request_log())


def test_probes_are_counted_but_not_logged(client, db, read_request_log):
    labels = {"method": "GET", "route": "/healthz", "status": "200"}
    before = get_sample("cairn_request_seconds_count", **labels)
    client.get("/healthz")
    client.get("/readyz")
    assert read_request_log() == []
    assert get_sample("cairn_request_seconds_count", **labels) == before + 1


def get_sample(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0


class TestMetrics:
    def test_a_request_is_counted_by_its_route(self, client, db):
        labels = {"method": "GET", "route": "/search/", "status": "200"}
        before = get_sample("cairn_request_seconds_count", **labels)
        client.get("/search/")
        assert get_sample("cairn_request_seconds_count", **labels) == before + 1

    def test_unknown_methods_share_one_label(self, client, db):
        client.generic("BREW", "/robots.txt")
        labels = {"method": "other", "route": "/robots.txt", "status": "405"}
        assert get_sample("cairn_request_seconds_count", **labels) >= 1

    def test_queries_are_counted(self, client, db):
        before = get_sample("cairn_queries_total", route="/")
        client.get("/")
        assert get_sample("cairn_queries_total", route="/") == before + 1

    def test_a_tick_is_counted_only_if_it_is_stored(self, signed_in, client, step):
        def tick(client, pk, fetch_site="same-origin"):
            headers = {"Sec-Fetch-Site": fetch_site}
            client.post(f"/progress/{pk}/done/", headers=headers)

        before = get_sample("cairn_ticks_total", state="done")
        tick(client, step.pk)  # a visitor's tick waits for sign-in
        tick(signed_in, 10**9)
        tick(signed_in, step.pk, "cross-site")
        assert get_sample("cairn_ticks_total", state="done") == before
        tick(signed_in, step.pk)
        assert get_sample("cairn_ticks_total", state="done") == before + 1


class TestMetricsServer:
    def test_metrics_have_an_address_of_their_own(self, transactional_db, monkeypatch):
        port = free_port()
        tasks = metrics.TaskCollector()
        monkeypatch.setattr(metrics, "TaskCollector", lambda: tasks)
        metrics.serve(f"127.0.0.1:{port}")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
            text = response.read().decode()
        REGISTRY.unregister(tasks)
        assert "cairn_request_seconds_bucket" in text
        assert 'cairn_tasks{status="ready"} 0.0' in text
        assert "cairn_tasks_oldest_ready_seconds 0.0" in text

    def test_the_site_does_not_show_them(self, client, db):
        assert client.get("/metrics").status_code == 404

    def test_a_second_worker_in_the_container_only_warns(self, caplog):
        with socket.create_server(("127.0.0.1", 0)) as other:
            metrics.serve(f"127.0.0.1:{other.getsockname()[1]}")
        assert "metrics_not_served" in caplog.text
