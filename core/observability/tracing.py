"""Traces and metrics for OpenTelemetry.

They need the extra `telemetry` and the variable OTEL_EXPORTER_OTLP_ENDPOINT. Without
the variable, OpenTelemetry is not imported. The other standard OTEL_* variables work
too.
"""

import os
from importlib.util import find_spec
from typing import Any

import structlog
from django.http import HttpRequest

log = structlog.get_logger("cairn.core")

DEFAULTS = {
    "OTEL_SERVICE_NAME": "cairn",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_LOGS_EXPORTER": "none",  # logs go to the console
    "OTEL_PYTHON_DJANGO_EXCLUDED_URLS": "healthz,readyz",
}
# Span attributes with personal data, by their old and new names in OpenTelemetry.
PERSONAL_ATTRIBUTES = [
    "http.url",
    "http.target",
    "url.path",
    "url.query",
    "url.full",
    "http.user_agent",
    "user_agent.original",
    "http.client_ip",
    "client.address",
    "net.peer.ip",
    "net.peer.name",
    "network.peer.address",
]


def start() -> None:
    """Start tracing if it is configured.

    Call this before `get_wsgi_application`, which reads MIDDLEWARE: this adds to it.
    """
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return
    if not find_spec("opentelemetry"):
        log.warning(
            "telemetry_not_installed", hint="install requirements-telemetry.txt"
        )
        return
    from opentelemetry.distro import OpenTelemetryConfigurator
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor

    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    OpenTelemetryConfigurator().configure()  # type: ignore[no-untyped-call]
    DjangoInstrumentor().instrument(request_hook=remove_personal_data)
    PsycopgInstrumentor().instrument()


def remove_personal_data(span: Any, _: HttpRequest) -> None:
    """Clear the attributes with personal data. The span's name is the URL pattern."""
    for name in PERSONAL_ATTRIBUTES:
        if span.is_recording() and name in span.attributes:
            span.set_attribute(name, "")
