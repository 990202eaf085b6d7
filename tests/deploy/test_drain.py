"""A web process that receives SIGTERM finishes its requests."""

import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import psycopg
import pytest

REQUESTS = 6
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def get(port, path="/roadmaps/backend-developer/", host="localhost"):
    http = HTTPConnection(host, port)
    http.request("GET", path)
    status = http.getresponse().status
    http.close()
    return status


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return False
    return True


def test_a_web_process_finishes_its_requests_and_accepts_no_new_ones(
    database_url, backend, start_server
):
    with start_server(database_url) as (process, port), ThreadPoolExecutor() as pool:
        assert get(port) == 200
        with (
            psycopg.connect(database_url) as session,
            psycopg.connect(database_url) as observer,
        ):
            session.execute("LOCK TABLE roadmaps_roadmap")
            responses = [pool.submit(get, port) for _ in range(REQUESTS)]
            while observer.execute(WAITING).fetchone() != (REQUESTS,):
                observer.rollback()
            process.send_signal(signal.SIGTERM)
            while is_listening(port):
                assert process.poll() is None
        # On a slow machine the wait for the lock times out: 500 in development.
        assert {response.result() for response in responses} <= {200, 500}
        assert process.wait() == 0


def test_healthz_answers_503_before_the_port_is_closed(
    database_url, backend, start_server
):
    with start_server(database_url, DRAIN_SECONDS="1") as (process, port):
        assert get(port, "/healthz") == 200
        process.send_signal(signal.SIGTERM)
        while get(port, "/healthz") == 200:
            assert process.poll() is None
        assert get(port, "/healthz") == 503
        assert get(port) == 200
        assert process.wait() == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_it_listens_on_ipv6_and_ipv4(database_url, backend, start_server, host):
    with start_server(database_url, GRANIAN_HOST="[::]") as (_, port):
        assert get(port, "/healthz", host) == 200
