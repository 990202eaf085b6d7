"""Run nginx and Apache with the examples in docs/proxies.md in front of Cairn.

Then make the mistakes that the page names, and check what people and the log see.
Install the proxies first: apt-get install nginx-light apache2-bin
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from urllib3 import BaseHTTPResponse

from benchmarks.server import ROOT, Cairn, free_port, wait_for
from deploy.drills import nginx_example
from deploy.drills.nginx import CREATE_USER, EMAIL, PASSWORD
from deploy.drills.stack import Browser, check

LOGIN = "/accounts/login/"
APACHE = which("apache2", path=f"{os.environ['PATH']}:/usr/sbin")
APACHE_MODULES = Path("/usr/lib/apache2/modules")
# Those that the page names, and what Debian loads anyway.
MODULES = (
    "mpm_event authz_core env setenvif headers reqtimeout unique_id ssl proxy "
    "proxy_http proxy_balancer lbmethod_byrequests slotmem_shm"
)


def read_example(language: str) -> str:
    text = (ROOT / "docs/proxies.md").read_text()
    return re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)[1]


class Site:
    """Two web processes for https://localhost:`port`, and the certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"https://localhost:{self.port}"
        self.cairn = Cairn(folder, BEHIND_TLS_PROXY="true", SITE_URL=self.url)
        self.cairn.shell(CREATE_USER)
        self.log_file = folder / "cairn.log"
        self.cairn.log = self.log_file.open("wb")
        ports = [free_port(), free_port()]
        self.webs = [self.cairn.serve(port, SITE_URL=self.url) for port in ports]
        self.certificate = nginx_example.make_certificate(folder)
        self.replacements = {
            "127.0.0.1:8000": f"127.0.0.1:{ports[0]}",
            "127.0.0.1:8001": f"127.0.0.1:{ports[1]}",
            "cairn.example.org": "localhost",
            "/etc/ssl/cairn.pem": str(self.certificate),
            "/etc/ssl/cairn.key": f"{self.certificate}.key",
        }

    def stop(self) -> None:
        for process in self.webs:
            process.terminate()
            process.wait()

    def adapt(self, example: str, mistakes: dict[str, str]) -> str:
        """The example for this machine, with some of its text replaced."""
        for old, new in (self.replacements | mistakes).items():
            assert old in example, old
            example = example.replace(old, new)
        return example

    @contextmanager
    def behind_nginx(self, **mistakes: str) -> Iterator[None]:
        example = self.adapt(
            read_example("nginx"), {"listen 443": f"listen {self.port}"} | mistakes
        )
        yield from self.run(
            [str(nginx_example.PROGRAM), "-c"],
            f"daemon off; pid {self.folder}/nginx.pid; error_log {self.folder}/e.log;"
            f"events {{ }} http {{ access_log off; {example} }}",
        )

    @contextmanager
    def behind_apache(self) -> Iterator[None]:
        example = self.adapt(read_example("apache"), {"*:443": f"*:{self.port}"})
        modules = [
            f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so\n"
            for name in MODULES.split()
            if (APACHE_MODULES / f"mod_{name}.so").exists()  # others are built in
        ]
        yield from self.run(
            [str(APACHE), "-D", "FOREGROUND", "-f"],
            f"{''.join(modules)}ServerRoot {self.folder}\nServerName localhost\n"
            f"Listen {self.port}\nPidFile {self.folder}/apache.pid\n"
            f"DefaultRuntimeDir {self.folder}\nErrorLog {self.folder}/apache.log\n"
            f"User nobody\nGroup nogroup\n{example}",
        )

    def run(self, command: list[str], configuration: str) -> Iterator[None]:
        file = self.folder / "proxy.conf"
        file.write_text(configuration)
        process = subprocess.Popen([*command, str(file)])
        try:
            wait_for(self.port)
            yield
        finally:
            process.terminate()
            process.wait()

    def read_reason(self, response: BaseHTTPResponse) -> dict[str, str]:
        """The line in the log that the reference on an error page leads to."""
        reference = response.headers["X-Request-ID"]
        assert reference in response.data.decode()
        lines = self.log_file.read_text().splitlines()
        refused = ("request_refused", "form_refused")
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return next(
            event
            for event in events
            if event.get("request_id") == reference and event["event"] in refused
        )


def use(site: Site, name: str) -> None:
    browser = Browser(str(site.certificate), site.url)
    page = browser.get("/roadmaps/backend-developer/")
    check(f"{name}: a visitor reads a roadmap", page.status == 200)
    check(f"{name}: /readyz is not public", browser.get("/readyz").status == 404)
    browser.submit(LOGIN, login=EMAIL, password=PASSWORD)
    check(f"{name}: a person signs in", browser.get("/progress/").status == 200)
    forged = {"X_Forwarded_Proto": "http", "X-Forwarded-Proto": "http"}
    page = browser.request("GET", "/progress/", headers=forged)
    check(f"{name}: forged headers change nothing", page.status == 200)
    stranger = Browser(str(site.certificate), site.url)
    page = stranger.request("POST", LOGIN, headers={"Origin": "https://cairn.lan"})
    line = site.read_reason(page)
    check(
        f"{name}: the log names another origin", line["origin"] == "https://cairn.lan"
    )
    check(f"{name}: and the host", line["host"] == f"localhost:{site.port}")


def make_mistakes(site: Site) -> None:
    mistakes = {
        "the host is 'localhost'": {"$http_host": "$host"},
        "no X-Forwarded-Proto": {"proxy_set_header X-Forwarded-Proto $scheme;": ""},
        "but the browser uses HTTPS": {"$scheme": "http"},
        "cannot be served below a path": {
            "location / {": "location /cairn/ {"
            "proxy_set_header X-Forwarded-Prefix /cairn;"
            "proxy_set_header X-Forwarded-Proto $scheme;"
            "proxy_set_header Host $http_host;"
            "proxy_pass http://cairn/; } location / {"
        },
    }
    for reason, mistake in mistakes.items():
        with site.behind_nginx(**mistake):
            path = "/cairn/" if "path" in reason else LOGIN
            page = Browser(str(site.certificate), site.url).get(path)
            check(f"a proxy with a mistake gets 400: {reason}", page.status == 400)
            check("the page names the address", site.url in page.data.decode())
            check("the log names it", reason in site.read_reason(page)["reason"])


def main() -> None:
    check("nginx is installed (apt-get install nginx-light)", nginx_example.PROGRAM)
    check("apache2 is installed (apt-get install apache2-bin)", APACHE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # for PostgreSQL's own user
        site = Site(folder)
        try:
            with site.behind_nginx():
                use(site, "nginx")
            with site.behind_apache():
                use(site, "Apache")
            make_mistakes(site)
        finally:
            site.stop()


if __name__ == "__main__":
    main()
