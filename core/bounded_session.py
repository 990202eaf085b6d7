"""HTTP requests to other servers that cannot take long, however the server behaves."""

import time
from io import BytesIO
from typing import Any

import requests
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

CONNECT_TIMEOUT = 3  # seconds
ANSWER_TIMEOUT = 5  # seconds, for the whole answer
MAX_ANSWER = 1024 * 1024  # bytes
CHUNK = 16 * 1024  # bytes


class BoundedSession(requests.Session):
    """Limits the time and the size of each answer, and follows no redirect.

    The timeout of `requests` alone is for each read from the socket: a server that
    sends a byte every few seconds would never exceed it.
    """

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Raises requests.RequestException, also if a limit is exceeded."""
        deadline = time.monotonic() + CONNECT_TIMEOUT + ANSWER_TIMEOUT
        kwargs |= {
            "allow_redirects": False,
            "stream": True,
            "timeout": (CONNECT_TIMEOUT, ANSWER_TIMEOUT),
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
