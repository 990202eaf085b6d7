"""deploy/kubernetes/base/Caddyfile, between the Gateway and the web processes"""

import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings

from tests.deploy.kubernetes.manifests import FOLDER
from tests.production import free_port

CADDYFILE = FOLDER / "base/Caddyfile"
COMPOSE = settings.BASE_DIR / "deploy/caddy/Caddyfile"
HOST = "cairn.example.org"


class Web(BaseHTTPRequestHandler):
    """In place of a web process: it records requests."""

    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        self.server.requests.append((self.headers, self.rfile.read(length)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def web():
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        server.requests = []
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def port(web, tmp_path_factory):
    """The port of a Caddy in front of `web`."""
    folder = tmp_path_factory.mktemp("caddy")
    port = free_port()
    text = CADDYFILE.read_text()
    text = text.replace("web:8000", f"127.0.0.1:{web.server_port}")
    text = text.replace("\n:8080 {", f"\n:{port} {{\n\tbind 127.0.0.1")
    (folder / "Caddyfile").write_text(text)
    process = subprocess.Popen(
        [Path(sys.executable).parent / "caddy", "run", "--config", "Caddyfile"],
        cwd=folder,
        env={"XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)},
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def get(port, path="/", headers=()):
    """Return the status of a request."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers={"Host": HOST, **dict(headers)})
        response = connection.getresponse()
        response.read()
        return response.status


def test_only_the_headers_of_the_gateway_reach_cairn(web, port):
    forged = {
        "X-Forwarded-For": "203.0.113.9, 192.0.2.1",
        "X-Forwarded-Proto": "http",
        "X_Forwarded_For": "203.0.113.9",
        "X-Real-IP": "203.0.113.9",
        "Forwarded": "for=203.0.113.9",
        "X-Request-ID": "forged",
    }
    assert get(port, headers=forged) == 200
    headers, _ = web.requests.pop()
    assert headers["Host"] == HOST
    # With TRUSTED_PROXY_COUNT=1, Cairn uses the last address, which the Gateway added.
    assert headers["X-Forwarded-For"] == "203.0.113.9, 192.0.2.1"
    assert headers["X-Forwarded-Proto"] == "https"
    assert len(headers["X-Request-ID"]) == 36
    names = {name.lower() for name in headers}
    assert not names & {"x_forwarded_for", "x-real-ip", "forwarded"}


def test_cairn_gets_a_request_only_when_it_is_complete(web, port):
    with socket.create_connection(("127.0.0.1", port)) as client:
        head = f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 10\r\n\r\n"
        client.sendall(head.encode() + b"12345")
        time.sleep(0.3)
        assert not web.requests
        client.sendall(b"67890")
        assert client.recv(100).startswith(b"HTTP/1.1 200")
    _, body = web.requests.pop()
    assert body == b"1234567890"


def test_only_operators_see_readyz(web, port):
    assert get(port, "/readyz") == 404
    assert not web.requests


def test_it_is_the_caddyfile_of_compose_but_for_the_gateway():
    def directives(file):
        lines = (
            line.partition("#")[0].strip() for line in file.read_text().split("\n")
        )
        return {line for line in lines if line}

    missing = directives(COMPOSE) - directives(CADDYFILE)
    assert missing == {
        "skip_install_trust",
        "reverse_proxy {$UPSTREAMS:web:8000 web2:8000} {",
        "lb_policy least_conn",
        "health_uri /healthz",
        "health_interval 1s",
        "health_timeout 5s",
        "{$OTHER_HOSTS:https://} {",
        'respond "There is no site at this address." 400',
        "{$DOMAIN} {",
    }
