"""Check that nginx with deploy/nginx/nginx.conf caches nothing of a person.

It starts two web processes behind nginx with TLS. Install nginx first:
apt-get install nginx-light
"""

import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from email import message_from_string
from pathlib import Path

from benchmarks.server import Cairn, free_port, wait_for
from deploy.drills import forged_headers, nginx_example
from deploy.drills.forged_headers import echo_server
from deploy.drills.stack import Browser, check

ROADMAP = "/roadmaps/backend-developer/"
EMAIL, PASSWORD = "learner@example.org", "correct horse battery staple"
CREATE_USER = f"""
from allauth.account.models import EmailAddress
from accounts.models import User
user = User.objects.create_user("{EMAIL}", "{PASSWORD}")
EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
"""
STALE = "STALE"  # what nginx logs of a page that is older than it should be
PRIVATE = [ROADMAP, "/", "/progress/", f"{ROADMAP}caching/", "/accounts/email/"]


@contextmanager
def running(folder: Path):
    """Cairn behind nginx: the address, the certificate, and the web processes."""
    ports, port = [free_port(), free_port()], free_port()
    site_url = f"https://localhost:{port}"
    cairn = Cairn(folder, BEHIND_TLS_PROXY="true", SITE_URL=site_url)
    cairn.shell(CREATE_USER)
    webs = [cairn.serve(each, SITE_URL=site_url) for each in ports]
    certificate = nginx_example.make_certificate(folder)
    configuration = nginx_example.write(folder, port, ports, certificate)
    subprocess.run([nginx_example.PROGRAM, "-t", "-q", "-c", configuration], check=True)
    proxy = subprocess.Popen([nginx_example.PROGRAM, "-c", configuration])
    try:
        wait_for(port)
        yield site_url, str(certificate), webs
    finally:
        for process in [proxy, *webs]:
            process.terminate()
            process.wait()


def check_forged_headers(folder: Path) -> None:
    """See what nginx passes on, by a server that repeats it."""
    folder.mkdir()
    port = free_port()
    with echo_server() as upstream:
        configuration = nginx_example.write(folder, port, [upstream, upstream])
        proxy = subprocess.Popen([nginx_example.PROGRAM, "-c", configuration])
        try:
            wait_for(port)
            for path in ("/", "/static/a.css"):
                for text, holds in forged_headers.checks(port, path):
                    check(f"{path}: {text}", holds)
            check_cookies(port)
        finally:
            proxy.terminate()
            proxy.wait()


def check_cookies(port: int) -> None:
    """See that only the theme's cookie is part of a request that fills the cache."""
    cookies = "__Host-theme=dark; __Host-time_zone=Europe/Rome"
    browser = Browser(None, f"http://localhost:{port}")
    received = browser.request("GET", "/", headers={"Cookie": cookies}).data.decode()
    sent = message_from_string(received)["Cookie"]
    check(f"only the theme is sent on: {sent}", sent == "__Host-theme=dark")


class Drill:
    def __init__(self, folder: Path, address: str, certificate: str) -> None:
        self.folder, self.address, self.certificate = folder, address, certificate

    def browser(self) -> Browser:
        return Browser(self.certificate, self.address)

    def get(self, browser: Browser, path: str, **headers: str):
        """The response, with `cache`: what nginx logged of its cache."""
        log = self.folder / "cache.log"
        before = log.stat().st_size
        response = browser.request("GET", path, headers=headers)
        deadline = time.monotonic() + 5
        while log.stat().st_size == before and time.monotonic() < deadline:
            time.sleep(0.01)
        response.cache = log.read_text().splitlines()[-1].partition(" ")[0]
        response.text = response.data.decode(errors="replace")
        return response

    def visitors_share_pages(self) -> None:
        visitor = self.browser()
        time.sleep(1.5)
        pages = [self.get(visitor, ROADMAP) for _ in range(2)]
        seen = [page.cache for page in pages]
        check(f"the second visitor gets the cached page ({seen})", seen[1] == "HIT")
        check("with the same bytes", pages[0].data == pages[1].data)
        ids = {page.headers["X-Request-ID"] for page in pages}
        check("and its own request id", len(ids) == 2)
        held = self.get(visitor, ROADMAP, **{"If-None-Match": pages[0].headers["ETag"]})
        check("a browser that has the page gets 304", held.status == 304)
        dark = self.browser()
        dark.cookies["__Host-theme"] = "dark"
        page = self.get(dark, ROADMAP).text
        check("a dark page is for dark browsers only", 'data-theme="dark"' in page)
        check(
            "and no other", 'data-theme="dark"' not in self.get(visitor, ROADMAP).text
        )
        zipped = self.get(visitor, ROADMAP, **{"Accept-Encoding": "gzip"})
        check(
            "compressed for those who ask", zipped.headers["Content-Encoding"] == "gzip"
        )
        plain = self.get(visitor, ROADMAP, **{"Accept-Encoding": "gzip;q=0, br"})
        check("and for no one else", "Content-Encoding" not in plain.headers)

    def people_are_never_cached(self) -> None:
        person = self.browser()
        person.submit("/accounts/login/", login=EMAIL, password=PASSWORD)
        check("a person signs in", "__Host-session" in person.cookies)
        step = re.search(r"/progress/(\d+)/done/", self.get(person, ROADMAP).text)[1]
        person.request("POST", f"/progress/{step}/done/")
        check("and ticks a step", "<b>1 of" in self.get(person, ROADMAP).text)
        for path in PRIVATE:
            time.sleep(1.2)
            own = self.get(person, path)
            again = self.get(person, path)
            caches = {own.cache, again.cache}
            check(f"{path}: a person bypasses the cache", caches == {"BYPASS"})
            check(f"{path}: no-store", "no-store" in own.headers["Cache-Control"])
            visitor = self.get(self.browser(), path)
            check(f"{path}: a visitor gets another page", visitor.data != own.data)
            check(f"{path}: without the person", EMAIL not in visitor.text)
            check(f"{path}: or a token", "csrfmiddlewaretoken" not in visitor.text)
        self.get(self.browser(), ROADMAP)  # the visitor's page is cached now
        page = self.get(person, ROADMAP)
        check("the person never gets a visitor's page", "<b>1 of" in page.text)
        for name in ("__Host-csrftoken", "unknown"):
            browser = self.browser()
            browser.cookies[name] = "x" * 32
            page = self.get(browser, ROADMAP)
            check(f"a cookie {name} bypasses the cache", page.cache == "BYPASS")

    def nothing_private_is_on_the_disk(self) -> None:
        files = [path for path in (self.folder / "cache").rglob("*") if path.is_file()]
        check(f"{len(files)} pages are stored", bool(files))
        # Of a response, since roadmaps explain no-store too.
        headers = b"".join(
            file.read_bytes().partition(b"\r\n\r\n")[0].lower() for file in files
        )
        for word in (b"set-cookie", b"no-store", b"private", b"__host-session"):
            check(f"none of their headers holds {word.decode()}", word not in headers)
        pages = b"".join(file.read_bytes() for file in files)
        check("nor any page the person's address", EMAIL.encode() not in pages)

    def one_process_is_enough(self, webs) -> None:
        webs[0].terminate()
        webs[0].wait()
        statuses = {self.browser().request("GET", "/healthz").status for _ in range(10)}
        check("without one web process the other responds", statuses == {200})
        webs[1].terminate()
        webs[1].wait()
        time.sleep(1.5)
        page = self.browser().request("GET", "/accounts/login/")
        check("without both: 503", page.status == 503)
        check("with Retry-After", page.headers["Retry-After"] == "5")
        page = self.get(self.browser(), ROADMAP)
        check(
            "but a visitor's page is shown", (page.status, page.cache) == (200, STALE)
        )
        person = self.browser()
        person.cookies["__Host-session"] = "x" * 32
        check("and to nobody else", self.get(person, ROADMAP).status == 503)


def main() -> None:
    if not nginx_example.PROGRAM:
        sys.exit("NOT CHECKED: nginx is missing (apt-get install nginx-light)")
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as name:
        folder = Path(name)
        folder.chmod(0o755)  # for nginx's own user
        check_forged_headers(folder / "echo")
        with running(folder) as (address, certificate, webs):
            drill = Drill(folder, address, certificate)
            ready = drill.get(drill.browser(), "/readyz")
            check("/readyz is not public", ready.status == 404)
            drill.visitors_share_pages()
            drill.people_are_never_cached()
            drill.nothing_private_is_on_the_disk()
            drill.one_process_is_enough(webs)


if __name__ == "__main__":
    main()
