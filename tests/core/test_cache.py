"""The Redis cache, and its fallback while the server is unavailable."""

import os
import socket
import subprocess
import sys
from contextlib import suppress
from threading import Thread

import pytest
from django.conf import settings
from django.core.cache import cache as default_cache
from django.core.cache import caches
from fakeredis import TcpFakeServer

from core import cache as cache_module
from core.observability.health import NotReadyError
from tests.production import free_port

INCREMENT = (
    "from django.core.cache import cache; cache.add('n', 0); print(cache.incr('n'))"
)


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
    monkeypatch.setattr(cache_module, "RETRY_INTERVAL", 0)
    settings.CACHES = {"default": {"BACKEND": "core.cache.Cache", "LOCATION": url}}
    return default_cache


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
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", INCREMENT],
            cwd=settings.BASE_DIR,
            env={**os.environ, "CACHE_URL": url},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert counted == ["1\n", "2\n"]


def test_without_the_server_each_process_counts_alone(cache):
    cache.clear()
    cache.add("n", 0, 60)
    assert [cache.incr("n"), cache.incr("n")] == [1, 2]


def test_what_all_processes_see_is_never_in_the_local_cache(start, port, cache):
    cache.shared.set("a", 1, 60)
    cache.set("b", 1, 60)
    assert [cache.shared.get("a"), cache.shared.get("b")] == [None, None]
    start(port)
    cache.shared.set("a", 2, 60)
    assert cache.get("a") == 2


def test_the_start_and_the_end_of_an_outage_are_logged_once(start, port, cache, caplog):
    caplog.set_level("INFO")
    server = start(port)
    cache.set("a", "shared", 60)
    stop(server)
    for _ in range(20):
        assert cache.get("a") is None
    logged = [record for record in caplog.records if "cache_is_away" in record.message]
    assert [record.levelname for record in logged] == ["WARNING"]
    start(port)
    cache.set("a", "shared again", 60)
    assert cache.get("a") == "shared again"
    assert len([r for r in caplog.records if "cache_is_back" in r.message]) == 1


def test_an_error_about_a_missing_counter_ends_the_outage(start, port, cache):
    cache.add("n", 0, 60)
    start(port)
    with pytest.raises(ValueError, match="not found"):
        cache.incr("n")
    assert not cache_module.get_breaker(f"redis://127.0.0.1:{port}/0").is_open


def test_during_an_outage_the_server_is_tried_only_at_intervals(
    start, port, cache, monkeypatch
):
    monkeypatch.setattr(cache_module, "RETRY_INTERVAL", 60)
    assert cache.get("a") is None
    server = start(port)
    cache.set("a", 1, 60)
    assert cache.get("a") == 1
    assert not server.clients


def test_a_silent_server_is_tried_twice_and_then_not_again(cache, port, monkeypatch):
    monkeypatch.setattr(cache_module, "TIMEOUT", 0.05)
    monkeypatch.setattr(cache_module, "RETRY_INTERVAL", 60)
    with socket.create_server(("127.0.0.1", port)) as silent:
        cache.set("a", 1, 60)
        assert cache.get("a") == 1
        silent.setblocking(False)
        attempts = 0
        with suppress(BlockingIOError):
            while True:
                silent.accept()[0].close()
                attempts += 1
    assert attempts == 2


def test_ping_fails_while_the_server_is_unavailable(cache, start, port):
    with pytest.raises(NotReadyError):
        caches["default"].ping()
    start(port)
    caches["default"].ping()
