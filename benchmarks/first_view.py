"""What a first visit to a roadmap transfers, header by header and byte by byte.

One round trip carries ten TCP segments, 14,600 bytes: the page and its styles fit.
"""

from http.client import HTTPConnection
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright
from server import installed_browser, production_server

PATH = "/roadmaps/backend-developer/"
BUDGET = 14_600  # bytes


def requested(address: str) -> list[str]:
    """The addresses that a browser asks for."""
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address + PATH, wait_until="networkidle")
        browser.close()
    return asked


def transferred(url: str) -> tuple[int, int]:
    """The bytes of the answer's headers and of its compressed body."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", parts.path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    headers = sum(len(f"{name}: {value}\r\n") for name, value in answer.getheaders())
    return headers, len(answer.read())


def main() -> None:
    with production_server() as server:
        address = server.address
        urls = requested(address)
        assert all(url.startswith(address) for url in urls), "a third party was asked"
        total = 0
        print(f"{'headers':>8} {'body':>8}  address")
        for url in urls:
            headers, body = transferred(url)
            path = urlsplit(url).path
            blocking = path == PATH or path.endswith(".css")
            total += (headers + body) if blocking else 0
            note = "" if blocking else "  (not blocking)"
            print(f"{headers:8,} {body:8,}  {path}{note}")
        print(f"{total:17,}  of {BUDGET:,} bytes before the first paint")


if __name__ == "__main__":
    main()
