"""Traces and metrics for OpenTelemetry, when somebody says where to.

Needs the extra `telemetry`. The standard OTEL_* variables say the rest, and without
OTEL_EXPORTER_OTLP_ENDPOINT nothing of it is imported.
"""

import os
from importlib.util import find_spec
from typing import Any

import structlog
from django.http import HttpRequest

log = structlog.get_logger("cairn.config")

DEFAULTS = {
    "OTEL_SERVICE_NAME": "cairn",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_LOGS_EXPORTER": "none",  # the lines go to the console
    "OTEL_PYTHON_DJANGO_EXCLUDED_URLS": "healthz,readyz",
}
# What the instrumentation writes down of a person, under its names old and new.
PERSONAL = [
    *("http.url", "http.target", "url.path", "url.query", "url.full"),
    *("http.user_agent", "user_agent.original", "http.client_ip", "client.address"),
    *("net.peer.ip", "net.peer.name", "network.peer.address"),
]


def start() -> None:
    """To be called before the application is made: Django then reads MIDDLEWARE."""
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
    DjangoInstrumentor().instrument(request_hook=forget_the_person)
    PsycopgInstrumentor().instrument()


def forget_the_person(span: Any, _: HttpRequest) -> None:
    """The route stays: it is the span's name."""
    for name in PERSONAL:
        if span.is_recording() and name in span.attributes:
            span.set_attribute(name, "")
