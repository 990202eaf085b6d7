"""Logs: JSON lines in UTC for machines, in production; for people, in development.

Both kinds of loggers, structlog's and the standard library's, end in the same lines,
with the request id that `core.middleware.request_id` binds.
"""

import logging
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from json import JSONEncoder
from typing import Any, TextIO

import structlog
from django.http import HttpRequest
from structlog.typing import EventDict, Processor, WrappedLogger

type Render = Callable[[WrappedLogger, str, EventDict], str]

# PostgreSQL repeats there what it was sent: addresses, notes.
VALUES = re.compile(r"^(DETAIL|CONTEXT|LINE \d+):.*$", re.MULTILINE)


def route_of(request: HttpRequest) -> str:
    """The pattern that the address matched, which holds nothing of a person's; empty
    when it matched none.
    """
    match = request.resolver_match
    return f"/{match.route}" if match else ""


def tell_less(record: logging.LogRecord) -> bool:
    """Let Django name the route where it would name the path, and not show for each
    answer that needs the database how it failed, as long as that is away.
    """
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
        path = request.path.encode("unicode_escape").decode("ascii")
        record.args = tuple(
            route_of(request) if arg in (request.path, path) else arg
            for arg in record.args
        )
    if getattr(record, "status_code", None) == HTTPStatus.SERVICE_UNAVAILABLE:
        error = record.exc_info[1] if record.exc_info else None
        record.msg = f"{record.msg} ({type(error).__name__})"
        record.exc_info = record.exc_text = None
    return True


stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)


class Lines(logging.StreamHandler[TextIO]):
    """Where all lines end, written by `render`."""

    def __init__(self, render: Render, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self.render = render

    def write(self, events: list[EventDict]) -> None:
        """Write events that need nothing but their time: by way of its logger one takes
        longer than to answer with a page that is kept.
        """
        lines = [self.render(None, "info", stamp(None, "info", e)) for e in events]
        with suppress(OSError, ValueError):  # as loggers do: the answer goes out
            self.stream.write("".join(f"{line}\n" for line in lines))


def write(events: list[EventDict]) -> None:
    lines = logging.getHandlerByName("lines")
    if isinstance(lines, Lines):
        lines.write(events)


def without_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if "exception" in event:
        event["exception"] = VALUES.sub(r"\1: …", event["exception"])
    return event


encoder = JSONEncoder(ensure_ascii=False, default=repr)  # json.dumps makes one a line


def as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    return encoder.encode(event)


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    stamp,
]
# The same list however often this is configured: loggers in use hold on to it.
PROCESSORS: list[Processor] = [
    structlog.stdlib.filter_by_level,
    *SHARED,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
]


def configuration(*, json: bool) -> dict[str, Any]:
    """Set structlog up, and return what Django's `LOGGING` is to be."""
    lines: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    ]
    render: Render
    if json:
        lines += [structlog.processors.format_exc_info, without_values]
        render = as_json
    else:
        plain = structlog.dev.plain_traceback  # without the values of locals
        render = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=plain
        )
    structlog.configure(
        processors=PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"less": {"()": lambda: tell_less}},
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [*lines, render],
            }
        },
        "handlers": {
            "lines": {
                "()": Lines,
                "render": render,
                "formatter": "lines",
                "filters": ["less"],
            },
        },
        "root": {"handlers": ["lines"], "level": "WARNING"},
        "loggers": {
            "cairn": {"level": "INFO"},
            "django": {"level": "INFO", "handlers": [], "propagate": True},
            # Of what people and robots ask wrongly there is the line of the request.
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }
