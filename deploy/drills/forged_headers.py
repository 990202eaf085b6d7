"""Headers that a client forges, and what a proxy passes on of them.

In the WSGI environment of granian, a name with an underscore is the same as one with a
hyphen, and the later of two replaces the earlier. So Cairn cannot tell them apart.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

from deploy.drills.faults.ledger import Check

ADDRESS = "203.0.113.9"
FORGED = {
    "X-Forwarded-For": ADDRESS,
    "X_Forwarded_For": ADDRESS,
    "X-Forwarded_For": ADDRESS,
    "x_forwarded-for": ADDRESS,
    "X-Forwarded-Proto": "https",
    "X_Forwarded_Proto": "https",
    "X-Forwarded-Host": "forged",
    "X_Forwarded_Host": "forged",
    "X-Forwarded-Port": "forged",
    "X-Real-IP": ADDRESS,
    "Forwarded": f"for={ADDRESS}",
    "X-Request-ID": "forged-id",
    "X_Request_ID": "forged-id",
    "Sec_Fetch_Site": "forged",
}


class Echo(BaseHTTPRequestHandler):
    """Responds with the headers that it received."""

    def do_GET(self):
        body = str(self.headers).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Keep the output to the checks."""


@contextmanager
def echo_server() -> Iterator[int]:
    """Yield the port of a server that repeats the headers of each request."""
    echo = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=echo.serve_forever, daemon=True).start()
    try:
        yield echo.server_port
    finally:
        echo.shutdown()


def checks(port: int, path: str) -> list[Check]:
    """Send forged headers to the proxy on `port`, which is in front of an echo."""
    address = f"http://localhost:{port}{path}"
    text = urllib3.request("GET", address, headers=FORGED, timeout=5).data.decode()
    received = message_from_string(text)
    own = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http"}
    underscores = [name for name in received if "_" in name]
    return [
        *(
            Check(f"{name} is the proxy's", received.get_all(name) == [value])
            for name, value in own.items()
        ),
        Check("nothing forged is passed on", "forged" not in text),
        Check("no forged address is passed on", ADDRESS not in text),
        Check(f"{len(underscores)} names with underscores", not underscores),
    ]
