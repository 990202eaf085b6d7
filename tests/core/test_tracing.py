"""OpenTelemetry's traces and metrics."""

import gzip
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.conf import settings

from core.observability import tracing


@pytest.fixture
def otlp_server():
    """An OTLP server. Its `received` is a list of (path, body)."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] == "gzip":
                body = gzip.decompress(body)
            received.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.received = received
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_traces_and_metrics_arrive_without_personal_data(
    serve, otlp_server, wait_until
):
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{otlp_server.server_port}",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_METRIC_EXPORT_INTERVAL": "100",
    }
    with serve(**environment) as site:
        headers = {"User-Agent": "jane-doe's phone"}
        assert site.get("/search/?q=jane-doe", headers=headers).status == 200
        assert site.get("/?q=jane-doe").status == 200
        expected = {"/v1/traces", "/v1/metrics"}
        wait_until(
            lambda: {path for path, _ in otlp_server.received} == expected, timeout=20
        )
    sent = b"".join(body for _, body in otlp_server.received)
    assert b"GET search/" in sent
    assert b"http.server" in sent
    assert b"SELECT" in sent
    assert b"jane-doe" not in sent
    assert b"healthz" not in sent


def test_without_configuration_it_is_not_imported():
    # Not just "opentelemetry": the redis package imports other parts of it.
    module = "opentelemetry.instrumentation.django"
    code = f"import config.wsgi, sys; print('{module}' in sys.modules)"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "False\n"


def test_a_missing_package_logs_a_warning(monkeypatch, caplog):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(tracing, "find_spec", lambda name: None)
    tracing.start()
    assert "telemetry_not_installed" in caplog.text
