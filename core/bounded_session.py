"""HTTP requests to other servers that cannot take long, however the server behaves."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from typing import Any

import requests
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

CONNECT_TIMEOUT = 3  # seconds
ANSWER_TIMEOUT = 5  # seconds, for the whole answer
MAX_ANSWER = 1024 * 1024  # bytes
CHUNK = 16 * 1024  # bytes

# When all requests of the current `time_limit` must have been answered.
_end: ContextVar[float] = ContextVar("_end", default=float("inf"))


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let all requests within the block take this time together."""
    token = _end.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


class BoundedSession(requests.Session):
    """Limits the time and the size of each answer, and follows no redirect.

    The timeout of `requests` alone is for each read from the socket: a server that
    sends a byte every few seconds would never exceed it.
    """

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Raises requests.RequestException, also if a limit is exceeded."""
        now = time.monotonic()
        seconds_left = _end.get() - now
        if seconds_left <= 0:
            raise requests.Timeout("The requests take too long.")
        deadline = min(now + CONNECT_TIMEOUT + ANSWER_TIMEOUT, _end.get())
        timeouts = CONNECT_TIMEOUT, ANSWER_TIMEOUT
        kwargs |= {
            "allow_redirects": False,
            "stream": True,
            "timeout": tuple(min(each, seconds_left) for each in timeouts),
        }
        response = super().request(*args, **kwargs)
        connection = response.raw
        try:
            response.raw = BytesIO(read_body(connection, deadline))
        finally:
            connection.close()
        return response


def read_body(connection: BaseHTTPResponse, deadline: float) -> bytes:
    """Raises requests.RequestException."""
    body = b""
    try:
        while chunk := connection.read1(CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_ANSWER:
                raise requests.RequestException("The answer is too long.")
            if time.monotonic() > deadline:
                raise requests.Timeout("The answer takes too long.")
    except HTTPError as error:
        raise requests.ConnectionError(error) from error
    return body
