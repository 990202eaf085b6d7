"""Make sure that a request's body is complete, and that all of it is read.

granian does neither. When the client breaks off, it ends the body without an error, so
a note would be stored without its end. When a response is sent before the body was
read, it resets the connection, and a proxy may lose the response.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from core.wsgi import Application, Environ

CHUNK = 64 * 1024  # bytes


class RequestBody:
    """A WSGI input stream of `length` bytes."""

    def __init__(self, stream: Any, length: int) -> None:
        self.stream, self.unread = stream, length

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes. Raises OSError if the client has broken off."""
        size = self.unread if size is None or size < 0 else min(size, self.unread)
        data: bytes = self.stream.read(size) if size else b""
        self.unread -= len(data)
        if len(data) < size:
            raise OSError("The client broke off the request.")
        return data

    def readline(self, size: int = -1) -> bytes:
        data: bytes = self.stream.readline(size)
        self.unread -= len(data)
        return data


def read_whole_body(application: Application, limit: int) -> Application:
    """Wrap a WSGI application. Larger bodies than `limit` bytes are not read."""

    def wrapper(
        environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        length = get_length(environ)
        body = RequestBody(environ["wsgi.input"], length)
        environ["wsgi.input"] = body
        response = application(environ, start_response)
        if length <= limit:
            with suppress(OSError):  # then nobody waits for the response
                while body.read(CHUNK):
                    pass
        return response

    return wrapper


def get_length(environ: Environ) -> int:
    """Return the Content-Length in bytes, or 0 if it is not a number."""
    try:
        return max(0, int(environ.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0
