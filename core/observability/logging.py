"""Logging: JSON lines in UTC in production, readable lines in development.

Loggers of structlog and of the standard library write the same lines, with the request
id that `core.middleware.request_id` binds.
"""

import logging
import re
import sys
from http import HTTPStatus
from json import JSONEncoder
from typing import Any

import structlog
from django.http import HttpRequest
from structlog.typing import EventDict, Processor, WrappedLogger

# Lines in which PostgreSQL's messages repeat values, such as email addresses and notes.
LINES_WITH_VALUES = re.compile(r"^(DETAIL|CONTEXT|LINE \d+):.*$", re.MULTILINE)


def get_url_pattern(request: HttpRequest) -> str:
    """Return the URL pattern that the request matched, or "" if it matched none.

    Unlike the path, it holds no personal data.
    """
    match = request.resolver_match
    return f"/{match.route}" if match else ""


def remove_personal_data(record: logging.LogRecord) -> bool:
    """Replace the path in Django's messages by the URL pattern.

    A 503 is logged with the name of its error instead of the traceback, which is the
    same for every request while the database is unavailable.
    """
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
        path = request.path.encode("unicode_escape").decode("ascii")
        record.args = tuple(
            get_url_pattern(request) if arg in (request.path, path) else arg
            for arg in record.args
        )
    if getattr(record, "status_code", None) == HTTPStatus.SERVICE_UNAVAILABLE:
        error = record.exc_info[1] if record.exc_info else None
        record.msg = f"{record.msg} ({type(error).__name__})"
        record.exc_info = record.exc_text = None
    return True


def remove_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Remove the values that PostgreSQL repeats from a traceback."""
    if "exception" in event:
        event["exception"] = LINES_WITH_VALUES.sub(r"\1: …", event["exception"])
    return event


# `json.dumps` would create an encoder for each line.
JSON_ENCODER = JSONEncoder(ensure_ascii=False, default=repr)


def render_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    return JSON_ENCODER.encode(event)


SHARED_PROCESSORS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
# A constant, because a logger that has been used keeps a reference to the list.
PROCESSORS: list[Processor] = [
    structlog.stdlib.filter_by_level,
    *SHARED_PROCESSORS,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
]


def get_renderers(*, json: bool) -> list[Processor]:
    if json:
        return [structlog.processors.format_exc_info, remove_values, render_json]
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # without locals
        )
    ]


def configure(*, json: bool) -> dict[str, Any]:
    """Configure structlog, and return the value of Django's `LOGGING` setting."""
    structlog.configure(
        processors=PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"personal_data": {"()": lambda: remove_personal_data}},
        "formatters": {
            "structlog": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED_PROCESSORS,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *get_renderers(json=json),
                ],
            }
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "structlog",
                "filters": ["personal_data"],
            },
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "cairn": {"level": "INFO"},
            "django": {"level": "INFO", "handlers": [], "propagate": True},
            # The request log has a line for 4xx responses and unknown hosts.
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # `config.views.csrf_failure` logs these without the path and the referrer.
            "django.security.csrf": {"level": "ERROR"},
        },
    }
