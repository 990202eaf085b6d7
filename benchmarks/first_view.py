"""What a first visit to a roadmap transfers, in bytes of headers and bodies.

The first round trip carries ten TCP segments, 14,600 bytes: a visitor's page and its
styles must fit into it. A signed-in person's page may need one segment more.
"""

from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from benchmarks.server import Server, installed_browser, production_server

PATH = "/roadmaps/backend-developer/"
VISITOR_LIMITS = {
    "before the first paint": 14_600,
    "everything": 33_000,
    "requests": 5,
}
LIMITS = {
    "visitor": VISITOR_LIMITS,
    "signed in": VISITOR_LIMITS | {"before the first paint": 16_000},
}
SIGN_IN = """
from django.conf import settings
from django.test import Client
from accounts.models import User

client = Client()
client.force_login(User.objects.create_user("learner@example.com"))
name = settings.SESSION_COOKIE_NAME
print(name, client.cookies[name].value)
"""


class Transfer(NamedTuple):
    path: str
    headers: int  # bytes
    body: int  # bytes, compressed

    @property
    def size(self) -> int:
        return self.headers + self.body

    @property
    def is_blocking(self) -> bool:
        """Whether the first paint waits for it."""
        return self.path.endswith((".css", "/"))


def transfers(
    browser: Browser, address: str, cookies: Mapping[str, str] = {}, path: str = PATH
) -> list[Transfer]:
    """Everything that a browser with an empty cache requests.

    Raises ValueError when it requests something from a third party.
    """
    urls: list[str] = []
    context = browser.new_context()
    context.add_cookies([cookie(name, value) for name, value in cookies.items()])
    page = context.new_page()
    page.on("request", lambda request: urls.append(request.url))
    page.goto(address + path, wait_until="networkidle")
    context.close()
    if not all(url.startswith(address) for url in urls):
        raise ValueError(f"requests to a third party: {urls}")
    return [transfer(url, cookies) for url in urls]


def cookie(name: str, value: str) -> dict[str, object]:
    """For Playwright, as a server on localhost would have set it."""
    secure = name.startswith("__Host-")
    return {"name": name, "value": value, "url": "https://localhost", "secure": secure}


def transfer(url: str, cookies: Mapping[str, str]) -> Transfer:
    parts = urlsplit(url)
    cookie_header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    headers = {"Accept-Encoding": "gzip, br", "Cookie": cookie_header}
    with closing(HTTPConnection(parts.hostname or "", parts.port)) as connection:
        connection.request("GET", parts.path, headers=headers)
        response = connection.getresponse()
        size = sum(len(f"{name}: {value}\r\n") for name, value in response.getheaders())
        return Transfer(parts.path, size, len(response.read()))


def summarize(view: list[Transfer]) -> dict[str, int]:
    """The values that LIMITS has limits for."""
    sizes = [each.size for each in view if each.is_blocking]
    values = sum(sizes), sum(each.size for each in view), len(view)
    return dict(zip(VISITOR_LIMITS, values, strict=True))


def sign_in(server: Server) -> dict[str, str]:
    """The session cookie of a new user."""
    name, value = server.shell(SIGN_IN)
    return {name: value}


def show(who: str, view: list[Transfer]) -> None:
    print(f"{who.capitalize()}\n{'headers':>8} {'body':>8}  address")
    for each in view:
        note = "" if each.is_blocking else "  (not blocking)"
        print(f"{each.headers:8,} {each.body:8,}  {each.path}{note}")
    for name, value in summarize(view).items():
        print(f"{value:17,}  of {LIMITS[who][name]:,}: {name}")


def main() -> None:
    with production_server() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=["--no-sandbox"]
        )
        show("visitor", transfers(browser, server.address))
        show("signed in", transfers(browser, server.address, sign_in(server)))
        browser.close()


if __name__ == "__main__":
    main()
