"""The services that Cairn uses, a cache and a mail server, which can be down."""

from __future__ import annotations

import email
import email.policy
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from shutil import which
from typing import cast

from benchmarks.server import free_port
from tests.production import receive_mail

CODE = re.compile(r"\b[A-Z]{4}-[A-Z]{4}\b")
FAKE_SERVER = "import sys, fakeredis; fakeredis.TcpFakeServer(('127.0.0.1', int(sys.argv[1]))).serve_forever()"  # noqa: E501


class CacheServer:
    """A real Redis or Valkey where one is installed, else fakeredis."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        real = which("valkey-server") or which("redis-server")
        command = [
            *(real or "", "--port", str(self.port), "--bind", "127.0.0.1"),
            *("--save", "", "--dir", str(self.folder)),
        ]
        if not real:
            command = [sys.executable, "-c", FAKE_SERVER, str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while True:
            with suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            assert self.process.poll() is None, "the cache server has stopped"
            time.sleep(0.05)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def cache_server(folder: Path) -> Iterator[CacheServer]:
    server = CacheServer(folder)
    try:
        yield server
    finally:
        server.kill()


class Mailbox:
    """A mail server that is down until it is opened."""

    def __init__(self) -> None:
        self.port = free_port()
        self.environment = {
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.port),
            "EMAIL_TLS": "false",
            "DEFAULT_FROM_EMAIL": "cairn@cairn.example",
        }
        self.mails: list[EmailMessage] = []
        self.server: socket.socket | None = None

    def open(self) -> None:
        self.server = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.take, daemon=True).start()

    def take(self) -> None:
        assert self.server
        with suppress(OSError):
            while True:
                with self.server.accept()[0] as link:
                    mail = email.message_from_bytes(
                        receive_mail(link), policy=email.policy.default
                    )
                    self.mails.append(cast(EmailMessage, mail))

    def code_for(self, address: str, but: str = "") -> str:
        """Return the code in a mail to `address`, other than `but`.

        Raises TimeoutError when none comes within a minute.
        """
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for mail in [*self.mails]:
                body = mail.get_body(("plain",))
                found = body and CODE.search(body.get_content())
                if found and found[0] != but and address in mail["To"]:
                    return found[0]
            time.sleep(0.1)
        raise TimeoutError(f"no code came for {address}")


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    try:
        yield box
    finally:
        if box.server:
            box.server.close()
