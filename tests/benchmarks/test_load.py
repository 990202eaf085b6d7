from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from shutil import which
from threading import Thread

import pytest

from benchmarks.bench.load import MeasurementError, Request, fetch, run_threads, run_wrk

GENERATORS = [run_threads]
if which("wrk"):
    GENERATORS.append(run_wrk)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.server.asked.add((self.command, self.path))
        self.send_response(404 if self.path == "/missing/" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("localhost", 0), Handler) as server:
        server.asked = set()
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def test_one_answer_comes_with_its_length(server):
    answer = fetch(server.server_port, Request("/"))
    assert answer.body == b"ok"
    assert answer.size > len("Content-Length: 2")


def test_an_unexpected_answer_fails(server):
    with pytest.raises(MeasurementError, match="/missing/: 404"):
        fetch(server.server_port, Request("/missing/"))


@pytest.mark.parametrize("generator", GENERATORS)
def test_requests_take_turns(server, generator):
    requests = [Request("/"), Request("/tick/", method="POST")]
    got = generator(server.server_port, requests, 0.2)
    assert got.responses >= 2
    assert 0 < got.p50 <= got.p99
    assert server.asked == {("GET", "/"), ("POST", "/tick/")}


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_load_fails_when_one_of_its_requests_does(server, generator):
    with pytest.raises(MeasurementError):
        generator(server.server_port, [Request("/"), Request("/missing/")], 0.2)
