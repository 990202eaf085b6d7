"""A person with a browser: cookies and forms."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from http.cookies import SimpleCookie
from itertools import cycle, islice
from urllib.parse import urlencode

import urllib3

from deploy.drills.rolling import STATES

PASSWORD = "correct horse battery staple"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
CHANGES_PER_MINUTE = 120  # allowed to one person


class Browser:
    def __init__(self, port: int, session: str = "") -> None:
        self.origin = f"http://localhost:{port}"
        self.cookies = {"__Host-session": session} if session else {}
        self.statuses: list[int] = []

    def ask(self, method: str, path: str, **fields: str) -> str:
        """Return the page. Its status becomes the last of `statuses`."""
        response = urllib3.request(
            method,
            f"{self.origin}{path}",
            body=urlencode(fields) or None,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
                "Sec-Fetch-Site": "same-origin",
            },
            redirect=False,
            retries=False,
            timeout=30,
        )
        for header in response.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        self.statuses.append(response.status)
        return response.data.decode()

    def submit(self, path: str, **fields: str) -> str:
        """Submit the form of a page. Return "" if the page has none."""
        token = TOKEN.search(self.ask("GET", path))
        if not token:
            return ""
        return self.ask("POST", path, csrfmiddlewaretoken=token[1], **fields)

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
    ports: Sequence[int], session: str, step: int, times: int
) -> Counter[int]:
    """Tick `times` times within one minute of the clock, so that all count towards one
    limit, on each of `ports` in turn. Return how often each status was the answer.
    """
    time.sleep(60.5 - time.time() % 60)
    browsers = [Browser(port, session) for port in ports]
    turns = zip(cycle(browsers), cycle(STATES), strict=False)
    for browser, state in islice(turns, times):
        browser.ask("POST", f"/progress/{step}/{state}/")
    return Counter(status for browser in browsers for status in browser.statuses)
