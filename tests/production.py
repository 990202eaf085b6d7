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
from threading import Thread
from urllib.parse import quote

from django.conf import settings
from fasteners import InterProcessLock

SECRET_KEY = "0123456789abcdef" * 4
PARTS = (
    "config",
    "core",
    "accounts",
    "roadmaps",
    "progress",
    "editing",
    "data_export",
    "search",
    "templates",
    "static",
    "fixtures",
    "manage.py",
)
START = [
    *(sys.executable, "-m", "granian", "config.wsgi:application"),
    *("--interface", "wsgi", "--host", "127.0.0.1"),
    *("--workers", "1", "--blocking-threads", "32"),
]

REPLIES = {b"EHLO": b"250 mail", b"DATA": b"354 go on", b"QUIT": b"221 bye"}


def install(folder):
    """Copy Cairn without `.env`, which turns on development, and collect its static
    files. The first process does it, and the others wait for it.
    """
    with InterProcessLock(f"{folder}.lock"):
        if folder.exists():
            return
        for part in PARTS:
            source = settings.BASE_DIR / part
            copy = shutil.copytree if source.is_dir() else shutil.copy
            folder.mkdir(exist_ok=True)
            copy(source, folder / part)
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--no-input"],
            cwd=folder,
            env=environment("postgres://unused"),
            check=True,
            capture_output=True,
        )


def environment(database_url, **more):
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET_KEY,
        "ALLOWED_HOSTS": "localhost",
        "BEHIND_TLS_PROXY": "true",
        "EMAIL_HOST": "127.0.0.1",
        **more,
    }


def url_of(database, host=None, port=None):
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
        self.links = []
        self.is_dark = False  # it accepts connections but forwards nothing
        Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with suppress(OSError):
            while True:
                self.link(self.server.accept()[0])

    def link(self, client):
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{self.folder}/.s.PGSQL.5432")
        self.links += [client, server]
        for ends in ((client, server), (server, client)):
            Thread(target=self.pass_on, args=ends, daemon=True).start()

    def pass_on(self, source, sink):
        with suppress(OSError):
            while data := source.recv(65536):
                while self.is_dark:
                    time.sleep(0.01)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def reset(self):
        """Cut every connection."""
        links, self.links = self.links, []
        for link in links:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()

    def close(self):
        self.is_dark = False
        self.server.close()
        self.reset()


def take_a_mail(link):
    """Serve one SMTP session (RFC 5321), and return the mail that was sent."""
    link.sendall(b"220 mail\r\n")
    mail, is_data = b"", False
    for line in link.makefile("rb"):
        if is_data:
            mail += line
            if line == b".\r\n":
                is_data = False
                link.sendall(b"250 taken\r\n")
            continue
        verb = line[:4].upper()
        is_data = verb == b"DATA"
        link.sendall(REPLIES.get(verb, b"250 ok") + b"\r\n")
    return mail


class Site:
    def __init__(self, port):
        self.port = port

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def request(self, method, path, body=None, headers=(), timeout=15):
        """Send a request as a TLS proxy would, and read the response."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=timeout)
        headers = {"X-Forwarded-Proto": "https", **dict(headers)}
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            response.body = response.read()
            return response
        finally:
            connection.close()

    def send(self, raw, timeout=15):
        """Send these bytes, and return the answer up to its end or `</html>`."""
        with socket.create_connection(("localhost", self.port), timeout) as link:
            with suppress(ConnectionError):  # it may answer before it reads all
                link.sendall(raw)
            received = b""
            while chunk := link.recv(65536):
                received += chunk
                if b"</html>" in received:
                    break
            return received


@contextmanager
def serving(folder, database_url, **more):
    """Run a process, and yield its `Site`, whose `log` has the process's output after
    the end.
    """
    port = free_port()
    site = Site(port)
    log = TemporaryFile("w+")  # noqa: SIM115
    process = subprocess.Popen(
        [*START, "--port", str(port)],
        cwd=folder,
        env=environment(database_url, **more),
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
