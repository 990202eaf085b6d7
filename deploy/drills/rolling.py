"""Replace one web process after the other while people tick, and count what fails.

Two granians behind Caddy with deploy/caddy/Caddyfile, as compose runs them and as
deploy/roll replaces them.
"""

import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import urllib3

from benchmarks.server import Cairn, free_port, wait_for

PEOPLE = 20
PAUSE = 0.6  # seconds between a person's ticks, under the limit of 120 a minute
ROUNDS = 3
SETTLE = 3  # seconds under load before and after each replacement
STATES = ["done", "learning", "none"]

SESSIONS = f"""
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest
from accounts.models import User
from django.contrib.sessions.backends.db import SessionStore
for number in range({PEOPLE}):
    request = HttpRequest()
    request.session = SessionStore()
    person = User.objects.create_user(f"{{number}}@example.org", None)
    login(request, person, settings.AUTHENTICATION_BACKENDS[0])
    request.session.save()
    print(person.pk, request.session.session_key)
"""
STEP = "from roadmaps.models import Step; print(Step.objects.get(slug='caching').pk)"
STORED = """
from progress.models import StepProgress
for row in StepProgress.objects.all(): print(row.user_id, row.state)
"""


class Stack(Cairn):
    """Two web processes behind Caddy."""

    def __init__(self, folder: Path, **environment: str) -> None:
        super().__init__(folder, **environment)
        self.ports = [free_port(), free_port()]
        self.port = free_port()
        self.site_url = f"http://localhost:{self.port}"
        self.webs = [self.serve(port, SITE_URL=self.site_url) for port in self.ports]
        self.caddy = self.run(
            *("caddy", "run", "--config", "deploy/caddy/Caddyfile"),
            DOMAIN=self.site_url,
            UPSTREAMS=" ".join(f"localhost:{port}" for port in self.ports),
        )
        wait_for(self.port)

    def replace(self, number: int) -> None:
        self.webs[number].send_signal(signal.SIGTERM)
        assert self.webs[number].wait() == 0
        self.webs[number] = self.serve(self.ports[number], SITE_URL=self.site_url)

    def stop(self) -> None:
        for process in [self.caddy, *self.webs]:
            process.terminate()
            process.wait()


class Person(threading.Thread):
    """Ticks a step and views the page, over and over, in one browser. It reuses open
    connections and repeats no request.
    """

    def __init__(self, port: int, session: str, step: str, stopped: threading.Event):
        super().__init__()
        self.browser = urllib3.HTTPConnectionPool("localhost", port, retries=False)
        self.cookie = f"__Host-session={session}"
        self.step, self.stopped = step, stopped
        self.acknowledged = "none"
        self.answers: Counter[str] = Counter()
        self.longest = 0.0
        self.retry_after = ""  # of the last answer

    def run(self) -> None:
        turn = 0
        while not self.stopped.wait(PAUSE):
            state = STATES[turn % len(STATES)]
            if self.ask("POST", f"/progress/{self.step}/{state}/") == "302":
                self.acknowledged = state
            self.ask("GET", "/roadmaps/backend-developer/")
            turn += 1
        self.browser.close()

    def ask(self, method: str, address: str) -> str:
        headers = {"Cookie": self.cookie, "Sec-Fetch-Site": "same-origin"}
        begun = time.perf_counter()
        self.retry_after = ""
        try:
            response = self.browser.request(
                method, address, headers=headers, redirect=False, timeout=30
            )
            answer = str(response.status)
            self.retry_after = response.headers.get("Retry-After", "")
            if "login" in response.headers.get("Location", ""):
                answer = "signed out"
        except urllib3.exceptions.HTTPError as error:
            answer = str(error)
        self.longest = max(self.longest, time.perf_counter() - begun)
        self.answers[f"{method} {answer}"] += 1
        return answer


class Outcome(NamedTuple):
    text: str
    failures: int
    sessions: list[str]


def measure(stack: Stack) -> Outcome:
    stopped = threading.Event()
    [step] = stack.shell(STEP)
    sessions = stack.shell(SESSIONS)
    owners = dict(zip(sessions[::2], sessions[1::2], strict=True))
    people = {
        pk: Person(stack.port, session, step, stopped) for pk, session in owners.items()
    }
    for person in people.values():
        person.start()
    for _ in range(ROUNDS):
        for number in range(len(stack.webs)):
            time.sleep(SETTLE)
            stack.replace(number)
    time.sleep(SETTLE)
    stopped.set()
    for person in people.values():
        person.join()

    answers = sum((person.answers for person in people.values()), Counter())
    stored = stack.shell(STORED)
    states = dict(zip(stored[::2], stored[1::2], strict=True))
    wrong = [
        pk for pk, one in people.items() if states.get(pk, "none") != one.acknowledged
    ]
    failed = sum(
        n for name, n in answers.items() if name not in ("GET 200", "POST 302")
    )
    longest = max(person.longest for person in people.values())
    print(f"  {dict(answers)}")
    text = (
        f"{ROUNDS * 2} replacements, {answers.total()} requests, {failed} failed,"
        f" the longest took {longest:.2f} s; {len(wrong)} people whose last"
        " acknowledged tick is not what is stored"
    )
    return Outcome(text, failed + len(wrong), sessions[1::2])


def main() -> None:
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as folder:
        stack = Stack(Path(folder))
        try:
            found = measure(stack)
        finally:
            stack.stop()
    print(f"{PEOPLE} people, {found.text}")
    sys.exit(bool(found.failures))


if __name__ == "__main__":
    main()
