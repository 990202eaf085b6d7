"""Run Cairn in production mode: granian in its own process, with a database."""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from tempfile import TemporaryFile
from threading import Lock, Thread
from urllib.parse import quote

from django.conf import settings
from fasteners import InterProcessLock

SECRET_KEY = "0123456789abcdef" * 4
PROJECT_FILES = (
    "config",
    "core",
    "accounts",
    "roadmaps",
    "progress",
    "groups",
    "editing",
    "data_export",
    "search",
    "templates",
    "static",
    "fixtures",
    "manage.py",
)
GRANIAN_COMMAND = [
    sys.executable,
    "-m",
    "granian",
    "config.wsgi:application",
    "--interface=wsgi",
    "--host=127.0.0.1",
    "--workers=1",
    "--blocking-threads=32",
]
SMTP_REPLIES = {b"EHLO": b"250 mail", b"DATA": b"354 go on", b"QUIT": b"221 bye"}


def install(folder):
    """Copy Cairn without `.env`, which turns on development, and collect static files.

    If several processes call this, the first does it, and the others wait for it.
    """
    with InterProcessLock(f"{folder}.lock"):
        if folder.exists():
            return
        for name in PROJECT_FILES:
            source = settings.BASE_DIR / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            folder.mkdir(exist_ok=True)
            copy(source, folder / name)
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--no-input"],
            cwd=folder,
            env=environment("postgres://unused/unused"),
            check=True,
            capture_output=True,
        )


def environment(database_url, **overrides):
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET_KEY,
        "SITE_URL": "https://localhost",
        "BEHIND_TLS_PROXY": "true",
        "EMAIL_HOST": "127.0.0.1",
        "DEFAULT_FROM_EMAIL": "cairn@cairn.example",
        **overrides,
    }


def get_database_url(database, host=None, port=None):
    """Return the URL of one of `settings.DATABASES`, with another host if given."""
    host = host or database["OPTIONS"].get("host") or database["HOST"]
    port = f"&port={port}" if port else ""
    user = f"{database['USER']}:{quote(database['PASSWORD'])}"
    return f"postgresql://{user}@/{database['NAME']}?host={quote(host)}{port}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Proxy:
    """A TCP proxy for a PostgreSQL server that listens on a socket in `folder`."""

    def __init__(self, folder):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.folder = folder
        self.sockets = []
        self.is_stalled = False  # it accepts connections but forwards nothing
        self.is_down = False  # it closes new connections
        self.lock = Lock()  # no new connection may slip past `reset`
        Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with suppress(OSError):
            while True:
                self.connect(self.server.accept()[0])

    def connect(self, client):
        with self.lock:
            if self.is_down:
                client.close()
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{self.folder}/.s.PGSQL.5432")
            self.sockets += [client, server]
        for direction in ((client, server), (server, client)):
            Thread(target=self.forward, args=direction, daemon=True).start()

    def forward(self, source, target):
        with suppress(OSError):
            while data := source.recv(65536):
                while self.is_stalled:
                    time.sleep(0.01)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def reset(self):
        """Close every connection."""
        with self.lock:
            sockets, self.sockets = self.sockets, []
        for connected in sockets:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
            connected.close()

    def close(self):
        self.is_stalled = False
        self.is_down = True  # a connection may just have been accepted
        self.server.close()
        self.reset()


def receive_mail(connection):
    """Serve one SMTP session (RFC 5321), and return the mail that was sent."""
    connection.sendall(b"220 mail\r\n")
    mail, is_data = b"", False
    for line in connection.makefile("rb"):
        if is_data:
            mail += line
            if line == b".\r\n":
                is_data = False
                connection.sendall(b"250 taken\r\n")
            continue
        verb = line[:4].upper()
        is_data = verb == b"DATA"
        connection.sendall(SMTP_REPLIES.get(verb, b"250 ok") + b"\r\n")
    return mail


class Site:
    def __init__(self, port):
        self.port = port

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def request(self, method, path, body=None, headers=(), timeout=15):
        """Send a request as a TLS proxy would, and read the response."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=timeout)
        headers = {
            "Host": "localhost",
            "X-Forwarded-Proto": "https",
            **dict(headers),
        }
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            response.body = response.read()
            return response
        finally:
            connection.close()

    def send(self, raw, timeout=15):
        """Send these bytes, and return the response up to its end or `</html>`."""
        with socket.create_connection(("localhost", self.port), timeout) as connection:
            with suppress(
                ConnectionError
            ):  # the server may answer before it reads everything
                connection.sendall(raw)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
                if b"</html>" in received:
                    break
            return received


@contextmanager
def run_site(folder, database_url, **variables):
    """Run a web process, and yield its `Site`.

    After the block, the site's `log` is the output of the process.
    """
    port = free_port()
    site = Site(port)
    log = TemporaryFile("w+")  # noqa: SIM115
    if variables.get("BEHIND_TLS_PROXY") == "false":  # browsers connect directly
        variables.setdefault("SITE_URL", f"http://localhost:{port}")
    process = subprocess.Popen(
        [*GRANIAN_COMMAND, f"--port={port}"],
        cwd=folder,
        env=environment(database_url, **variables),
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                site.get("/healthz")
                break
            except OSError:
                assert process.poll() is None, "granian has stopped"
                assert time.monotonic() < deadline, "granian does not answer"
                time.sleep(0.05)
        yield site
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.seek(0)
        site.log = log.read()
        log.close()
