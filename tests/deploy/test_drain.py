"""SIGTERM: what has begun is answered."""

import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import psycopg

REQUESTS = 6
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def get(port):
    browser = HTTPConnection("localhost", port)
    browser.request("GET", "/roadmaps/backend-developer/")
    status = browser.getresponse().status
    browser.close()
    return status


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return False
    return True


def test_a_web_process_answers_what_it_has_begun_and_takes_nothing_new(
    url, backend, serve
):
    with serve(url) as (process, port), ThreadPoolExecutor() as browsers:
        assert get(port) == 200
        with psycopg.connect(url) as session, psycopg.connect(url) as watching:
            session.execute("LOCK TABLE roadmaps_roadmap")
            answers = [browsers.submit(get, port) for _ in range(REQUESTS)]
            while watching.execute(WAITING).fetchone() != (REQUESTS,):
                watching.rollback()
            process.send_signal(signal.SIGTERM)
            while is_listening(port):
                assert process.poll() is None
        # In development 500, where the machine is so slow that the lock was given up.
        assert {answer.result() for answer in answers} <= {200, 500}
        assert process.wait() == 0
