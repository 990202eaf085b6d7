"""The shared cache, and what happens while its server is away."""

import os
import socket
import subprocess
import sys
from contextlib import suppress
from threading import Thread

import pytest
from django.conf import settings
from django.core.cache import cache as own_cache
from django.core.cache import caches
from fakeredis import TcpFakeServer

from core import cache as shared
from core.observability.health import NotReadyError

COUNT = "from django.core.cache import cache; cache.add('n', 0); print(cache.incr('n'))"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def start():
    servers = []

    def start(port):
        server = TcpFakeServer(("127.0.0.1", port), server_type="valkey")
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        stop(server)


def stop(server):
    server.shutdown()
    server.server_close()
    for client in server.clients.values():
        client.disconnect()


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def url(port):
    return f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def cache(settings, url, monkeypatch):
    monkeypatch.setattr(shared, "RETRY_INTERVAL", 0)
    settings.CACHES = {"default": {"BACKEND": "core.cache.Cache", "LOCATION": url}}
    return own_cache


def test_it_stores_values_and_counts(start, port, cache):
    start(port)
    assert cache.add("n", 1, 60)
    assert not cache.add("n", 1, 60)
    assert cache.incr("n") == 2
    cache.set_many({"a": 1, "b": [2]}, 60)
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": [2]}
    assert cache.touch("a", 60)
    assert cache.delete("a")
    assert not cache.has_key("a")
    with pytest.raises(ValueError, match="not found"):
        cache.incr("nothing")


def test_two_processes_count_together(start, port, url):
    start(port)
    counted = [
        subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", COUNT],
            cwd=settings.BASE_DIR,
            env={**os.environ, "CACHE_URL": url},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert counted == ["1\n", "2\n"]


def test_without_its_server_the_process_counts_by_itself(cache):
    cache.clear()
    cache.add("n", 0, 60)
    assert [cache.incr("n"), cache.incr("n")] == [1, 2]


def test_an_outage_is_logged_once_and_its_end_too(start, port, cache, caplog):
    caplog.set_level("INFO")
    server = start(port)
    cache.set("a", "shared", 60)
    stop(server)
    for _ in range(20):
        assert cache.get("a") is None
    said = [record for record in caplog.records if "cache_is_away" in record.message]
    assert [record.levelname for record in said] == ["WARNING"]
    start(port)
    cache.set("a", "shared again", 60)
    assert cache.get("a") == "shared again"
    assert len([r for r in caplog.records if "cache_is_back" in r.message]) == 1


def test_an_answer_about_a_missing_counter_ends_the_outage(start, port, cache):
    cache.add("n", 0, 60)
    start(port)
    with pytest.raises(ValueError, match="not found"):
        cache.incr("n")
    assert not shared.get_breaker(f"redis://127.0.0.1:{port}/0").is_open


def test_during_an_outage_the_server_is_asked_only_now_and_then(
    start, port, cache, monkeypatch
):
    monkeypatch.setattr(shared, "RETRY_INTERVAL", 60)
    assert cache.get("a") is None
    server = start(port)
    cache.set("a", 1, 60)
    assert cache.get("a") == 1
    assert not server.clients


def test_a_silent_server_is_asked_twice_and_then_left_alone(cache, port, monkeypatch):
    monkeypatch.setattr(shared, "TIMEOUT", 0.05)
    monkeypatch.setattr(shared, "RETRY_INTERVAL", 60)
    with socket.create_server(("127.0.0.1", port)) as silent:
        cache.set("a", 1, 60)
        assert cache.get("a") == 1
        silent.setblocking(False)
        asked = 0
        with suppress(BlockingIOError):
            while True:
                silent.accept()[0].close()
                asked += 1
    assert asked == 2


def test_ping_fails_while_the_server_is_away(cache, start, port):
    with pytest.raises(NotReadyError):
        caches["default"].ping()
    start(port)
    caches["default"].ping()
