from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from shutil import which
from threading import Thread

import pytest

from benchmarks.bench.load import run_wrk
from benchmarks.bench.servers import MeasurementError, Request, fetch

needs_wrk = pytest.mark.skipif(not which("wrk"), reason="wrk is not installed")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def respond(self):
        self.server.requests.add((self.command, self.path))
        self.send_response(404 if self.path == "/missing/" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_GET = do_POST = respond  # noqa: N815

    def handle(self):
        try:
            super().handle()
        except ConnectionResetError:
            """wrk closes its connections at the end of the load."""

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("localhost", 0), Handler) as server:
        server.requests = set()
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def test_an_unexpected_status_is_an_error(server):
    assert fetch(server.server_port, Request("/")).body == b"ok"
    with pytest.raises(MeasurementError, match="/missing/: 404"):
        fetch(server.server_port, Request("/missing/"))


@needs_wrk
def test_requests_take_turns(server):
    requests = [Request("/"), Request("/tick/", method="POST")]
    result = run_wrk(server.server_port, requests, 1)
    assert result.responses >= 2
    assert 0 < result.p50 <= result.p99
    assert server.requests == {("GET", "/"), ("POST", "/tick/")}


@needs_wrk
def test_a_load_fails_when_one_of_its_requests_does(server):
    with pytest.raises(MeasurementError):
        run_wrk(server.server_port, [Request("/"), Request("/missing/")], 1)
