"""What a first visit to a roadmap transfers, header by header and byte by byte.

One round trip carries ten TCP segments, 14,600 bytes: the page and its styles fit.
"""

from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from benchmarks.server import Server, installed_browser, production_server

PATH = "/roadmaps/backend-developer/"
BUDGET = 14_600  # bytes
BUDGET_OF_ALL = 30_000  # bytes
MOST_REQUESTS = 5
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
    """All that a browser which has nothing asks for, somebody signed in or a visitor.

    Raises ValueError when it asks a third party.
    """
    asked: list[str] = []
    context = browser.new_context()
    context.add_cookies([cookie(name, value) for name, value in cookies.items()])
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address + path, wait_until="networkidle")
    context.close()
    if not all(url.startswith(address) for url in asked):
        raise ValueError(f"a third party was asked: {asked}")
    return [transferred(url, cookies) for url in asked]


def cookie(name: str, value: str) -> dict[str, object]:
    """For Playwright, as a server on localhost would have set it."""
    secure = name.startswith("__Host-")
    return {"name": name, "value": value, "url": "https://localhost", "secure": secure}


def transferred(url: str, cookies: Mapping[str, str]) -> Transfer:
    """What an address transfers to a browser that has nothing."""
    parts = urlsplit(url)
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    headers = {"Accept-Encoding": "gzip, br", "Cookie": sent}
    with closing(HTTPConnection(parts.hostname or "", parts.port)) as connection:
        connection.request("GET", parts.path, headers=headers)
        answer = connection.getresponse()
        got = sum(len(f"{name}: {value}\r\n") for name, value in answer.getheaders())
        return Transfer(parts.path, got, len(answer.read()))


def signed_in(server: Server) -> dict[str, str]:
    """The cookie of somebody who has just signed up and in."""
    name, value = server.ask(SIGN_IN)
    return {name: value}


def show(who: str, every: list[Transfer]) -> None:
    print(f"{who}\n{'headers':>8} {'body':>8}  address")
    for transfer in every:
        note = "" if transfer.is_blocking else "  (not blocking)"
        print(f"{transfer.headers:8,} {transfer.body:8,}  {transfer.path}{note}")
    before_paint = sum(transfer.size for transfer in every if transfer.is_blocking)
    in_all = sum(transfer.size for transfer in every)
    print(f"{before_paint:17,}  of {BUDGET:,} bytes before the first paint")
    print(f"{in_all:17,}  of {BUDGET_OF_ALL:,} bytes in all")
    print(f"{len(every):17}  of {MOST_REQUESTS} requests\n")


def main() -> None:
    with production_server() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=["--no-sandbox"]
        )
        show("A visitor", transfers(browser, server.address))
        show("Signed in", transfers(browser, server.address, signed_in(server)))
        browser.close()


if __name__ == "__main__":
    main()
