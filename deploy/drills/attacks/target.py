"""Cairn as production runs it, and what an attack does to it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psutil

from deploy.drills.faults.browser import Browser
from deploy.drills.faults.harness import Database
from deploy.drills.faults.ledger import Check
from deploy.drills.faults.services import CacheServer, Mailbox
from deploy.drills.proxied_site import ProxiedSite
from deploy.drills.rolling import SESSIONS, STEP

PAGE = "/roadmaps/backend-developer/"
STEP_PAGE = f"{PAGE}caching/"
UNKNOWN = "/no-such-page/"
PATIENCE = 2.0  # seconds in which others get their pages
RENEW_PEOPLE = f"""
from accounts.models import User
User.objects.all().delete()
{SESSIONS}
staff = User.objects.order_by("pk").last()
staff.is_staff = staff.is_superuser = True
staff.save()
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
Authenticator.objects.create(user=staff, type="totp", data={{"secret": "x"}})
record_authentication(request, staff, "mfa", type="totp")
request.session.save()
"""


class Person(Browser):
    def __init__(self, port: int, session: str, address: str, email: str) -> None:
        super().__init__(port, session, address)
        self.email = email


class Target(ProxiedSite):
    """The site with its database, cache, mail server and worker."""

    proxy: str  # that runs
    silent: list[socket.socket]  # that have sent a part of a request
    silent_since: float

    def __init__(self, folder: Path, mail: Mailbox) -> None:
        self.log = (folder / "web.log").open("wb")
        self.cache, self.mail = CacheServer(folder), mail
        super().__init__(folder, CACHE_URL=self.cache.url, **mail.environment)
        self.database = Database(folder / "postgres")
        self.worker = self.run("python", "manage.py", "db_worker", "--queue-name=*")
        [self.step] = self.shell(STEP)
        self.addresses = (f"127.0.{n // 200}.{n % 200 + 2}" for n in count(200))

    def renew_people(self) -> None:
        """New accounts, of which the last is staff, and no counted limits or mails."""
        self.mail.mails.clear()
        self.cache.kill()
        self.cache.start()
        words = self.shell(RENEW_PEOPLE)
        self.sessions = iter(words[1::2])
        self.emails = (f"{number}@example.org" for number in range(len(words) // 2))
        self.staff_session = words[-1]
        self.learner = self.person()

    def stranger(self) -> Browser:
        """A browser with an address of its own."""
        return Browser(self.port, address=next(self.addresses))

    def person(self) -> Person:
        """The browser of another person, who is signed in."""
        session, address = next(self.sessions), next(self.addresses)
        return Person(self.port, session, address, next(self.emails))

    def staff(self) -> Browser:
        return Browser(self.port, self.staff_session, next(self.addresses))

    def count(self, table: str, where: str = "true") -> int:
        with self.database.connect() as own:
            rows = own.execute(f"SELECT count(*) FROM {table} WHERE {where}")
            return rows.fetchone()[0]

    def logged(self, event: str) -> int:
        return (self.folder / "web.log").read_text().count(f'"{event}"')

    def at_once(self, times: int, request) -> list:
        """The results of `request(number)`, called so many times at the same moment."""
        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(request, range(times)))

    def others_are_served(self, while_what: str) -> Check:
        """Check that a visitor, a learner and a probe get their pages in time."""
        visitor, learner = self.stranger(), self.learner
        longest, statuses = 0.0, []
        for browser, path in 2 * [
            (visitor, PAGE),
            (learner, PAGE),
            (visitor, "/healthz"),
        ]:
            begun = time.monotonic()
            statuses.append(browser.send("GET", path).status)
            longest = max(longest, time.monotonic() - begun)
        text = f"{while_what}: others' pages within {longest:.1f} s"
        return Check(text, set(statuses) == {200} and longest <= PATIENCE)

    def processes(self) -> list[psutil.Process]:
        """The processes that run Cairn's code for the web."""
        return [
            child
            for web in self.webs
            for child in psutil.Process(web.pid).children(recursive=True)
        ]

    @contextmanager
    def peak_memory(self) -> Iterator[list[int]]:
        """After the block, the list holds by how many MB a process grew at the most."""
        before = {}
        for process in self.processes():
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # forget the peak
            before[process.pid] = process.memory_info().rss
        growth: list[int] = []
        yield growth
        grown = [self.peak(pid) - rss for pid, rss in before.items()]
        growth.append(max(grown) // 1_000_000)

    def peak(self, pid: int) -> int:
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def stop(self) -> None:
        self.worker.terminate()
        self.worker.wait()
        super().stop()
        self.cache.kill()
        self.log.close()
