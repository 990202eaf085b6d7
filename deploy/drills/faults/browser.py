"""A person with a browser: cookies and forms."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from http.cookies import SimpleCookie
from itertools import cycle, islice
from urllib.parse import urlencode

import urllib3

from deploy.drills.rolling import HIDDEN, PASSWORD, STATES

CHANGES_PER_MINUTE = 120  # allowed to one person


class Browser:
    """It connects from `address`, by which limits count."""

    def __init__(
        self, port: int, session: str = "", address: str = "127.0.0.1"
    ) -> None:
        self.pool = urllib3.HTTPConnectionPool(
            "localhost", port, retries=False, timeout=30, source_address=(address, 0)
        )
        self.address = address
        self.headers = {"Sec-Fetch-Site": "same-origin"}
        self.cookies = {"__Host-session": session} if session else {}
        self.statuses: list[int] = []

    def send(
        self, method: str, path: str, body: str | bytes = b"", **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """Send a request. Its status becomes the last of `statuses`."""
        cookies = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        response = self.pool.request(
            method,
            path,
            body=body or None,
            headers={"Cookie": cookies} | self.headers | headers,
            redirect=False,
        )
        for header in response.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        self.statuses.append(response.status)
        return response

    def ask(self, method: str, path: str, **fields: str) -> str:
        """Return the page."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send(method, path, urlencode(fields), **form).data.decode()

    def submit(self, path: str, **fields: str) -> str:
        """Submit the form of a page. Return "" if the page has none."""
        hidden = self.hidden_fields(path)
        return self.ask("POST", path, **hidden | fields) if hidden else ""

    def hidden_fields(self, path: str) -> dict[str, str]:
        """The CSRF token on a page, and the hidden fields of its note."""
        return dict(HIDDEN.findall(self.ask("GET", path)))

    def sign_in(self, email: str, password: str = PASSWORD) -> bool:
        self.submit("/accounts/login/", login=email, password=password)
        return self.statuses[-1] == HTTPStatus.FOUND

    def sign_up(self, email: str) -> None:
        self.submit("/accounts/signup/", email=email, password1=PASSWORD)

    def confirm(self, code: str) -> None:
        self.submit("/accounts/confirm-email/", code=code)

    def ask_for_code(self, email: str) -> None:
        self.submit("/accounts/login/code/", email=email)

    def enter_code(self, code: str) -> None:
        self.submit("/accounts/login/code/confirm/", code=code)

    def is_signed_in(self) -> bool:
        self.ask("GET", "/progress/")
        return self.statuses[-1] == 200


def tick_often(
    ports: Sequence[int], session: str, step: int, times: int, **headers: str
) -> Counter[int]:
    """Tick `times` times within one minute of the clock, so that all count towards one
    limit, on each of `ports` in turn. Return how often each status was the answer.
    """
    time.sleep(60.5 - time.time() % 60)
    browsers = [Browser(port, session) for port in ports]
    for browser in browsers:
        browser.headers |= headers
    turns = zip(cycle(browsers), cycle(STATES), strict=False)
    for browser, state in islice(turns, times):
        browser.ask("POST", f"/progress/{step}/{state}/")
    return Counter(status for browser in browsers for status in browser.statuses)
