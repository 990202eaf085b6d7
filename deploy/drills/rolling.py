"""Replace one web process after the other while people use the site, and count what
fails.

Two granians behind Caddy, and then behind nginx, with the configurations in deploy/, as
compose runs them and as deploy/roll replaces them.
"""

import json
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from http.cookies import SimpleCookie
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import urllib3

from deploy.drills.proxied_site import ProxiedSite, missing_proxy

PEOPLE = 20
PAUSE = 0.6  # seconds between a person's changes, under the limit of 120 a minute
ROUNDS = 3
SETTLE = 3  # seconds under load before and after each replacement
STATES = ["done", "learning", "none"]
NOTE = "/roadmaps/backend-developer/caching/"
PASSWORD = "correct horse battery staple"
HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|page|base)" value="([^"]*)"')
FILE = json.dumps({"format": "cairn-my-data", "version": 1}).ljust(1_000_000)
EXPECTED = {"GET 200", "tick 302", "note 302", "upload 200", "sign-in 302"}

SESSIONS = f"""
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest
from allauth.account.models import EmailAddress
from accounts.models import User
from django.contrib.sessions.backends.db import SessionStore
for number in range({PEOPLE}):
    request = HttpRequest()
    request.session = SessionStore()
    email = f"{{number}}@example.org"
    person = User.objects.create_user(email, "{PASSWORD}")
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    login(request, person, settings.AUTHENTICATION_BACKENDS[0])
    request.session.save()
    print(person.pk, request.session.session_key)
"""
STEP = "from roadmaps.models import Step; print(Step.objects.get(slug='caching').pk)"
STORED = """
from progress.models import StepProgress
from progress.notes import Note
for row in StepProgress.objects.all(): print(row.user_id, row.state)
print("|")
for note in Note.objects.all(): print(note.user_id, note.text)
"""


class Person(threading.Thread):
    """Ticks a step and views the page, over and over, in one browser. It reuses open
    connections and repeats no request.
    """

    def __init__(self, port: int, session: str, step: str, stopped: threading.Event):
        super().__init__()
        self.browser = urllib3.HTTPConnectionPool("localhost", port, retries=False)
        self.cookies = {"__Host-session": session}
        self.step, self.stopped = step, stopped
        self.acknowledged = "none"
        self.answers: Counter[str] = Counter()
        self.longest = 0.0
        self.retry_after = ""  # of the last answer
        self.page = ""  # the last answer's text

    def run(self) -> None:
        turn = 0
        while not self.stopped.wait(PAUSE):
            self.tick(STATES[turn % len(STATES)])
            self.ask("GET", "/roadmaps/backend-developer/")
            turn += 1
        self.browser.close()

    def tick(self, state: str) -> None:
        if self.ask("POST", f"/progress/{self.step}/{state}/", kind="tick") == "302":
            self.acknowledged = state

    def ask(
        self, method: str, address: str, body="", content_type="", kind: str = ""
    ) -> str:
        headers = {
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": content_type or "application/x-www-form-urlencoded",
        }
        begun = time.perf_counter()
        self.retry_after = self.page = ""
        try:
            response = self.browser.request(
                method,
                address,
                body=body or None,
                headers=headers,
                redirect=False,
                timeout=30,
            )
            answer = str(response.status)
            self.retry_after = response.headers.get("Retry-After", "")
            self.page = response.data.decode(errors="replace")
            for header in response.headers.getlist("Set-Cookie"):
                for name, morsel in SimpleCookie(header).items():
                    self.cookies[name] = morsel.value
            if "login" in response.headers.get("Location", ""):
                answer = "signed out"
        except urllib3.exceptions.HTTPError as error:
            answer = str(error)
        self.longest = max(self.longest, time.perf_counter() - begun)
        self.answers[f"{kind or method} {answer}"] += 1
        return answer


class BusyPerson(Person):
    """Also saves notes, uploads a file and signs in again: bodies of all sizes."""

    def __init__(self, number: int, *arguments) -> None:
        super().__init__(*arguments)
        self.number = number
        self.email = f"{number}@example.org"
        # The limits on signing in count by address.
        self.browser.conn_kw["source_address"] = (f"127.0.0.{number + 2}", 0)
        self.note = ""  # the last one that was acknowledged

    def run(self) -> None:
        turns = count()
        while not self.stopped.wait(PAUSE):
            turn = next(turns)
            self.tick(STATES[turn % len(STATES)])
            self.ask("GET", NOTE)
            fields = dict(HIDDEN.findall(self.page))
            if turn % 2:
                self.save_note(f"{turn}-" + "stone" * 2000, fields)
            if turn % 10 == 5:
                self.upload(fields)
            if turn % PEOPLE == self.number:  # not all at once: hashing takes a core
                self.sign_in()
        self.browser.close()

    def save_note(self, text: str, fields: dict[str, str]) -> None:
        body = urlencode(fields | {"text": text})
        if self.ask("POST", NOTE, body, kind="note") == "302":
            self.note = text

    def upload(self, fields: dict[str, str]) -> None:
        form = {
            "csrfmiddlewaretoken": fields.get("csrfmiddlewaretoken", ""),
            "file": ("cairn.json", FILE),
        }
        body, content_type = urllib3.encode_multipart_formdata(form)
        self.ask("POST", "/accounts/data/upload/", body, content_type, kind="upload")

    def sign_in(self) -> None:
        before, self.cookies = self.cookies, {}
        self.ask("GET", "/accounts/login/")
        fields = dict(HIDDEN.findall(self.page))
        fields |= {"login": self.email, "password": PASSWORD}
        body = urlencode(fields)
        if self.ask("POST", "/accounts/login/", body, kind="sign-in") != "302":
            self.cookies = before


class Outcome(NamedTuple):
    text: str
    failures: int
    sessions: list[str]


def measure(site: ProxiedSite) -> Outcome:
    stopped = threading.Event()
    [step] = site.shell(STEP)
    site.shell("from accounts.models import User; User.objects.all().delete()")
    words = site.shell(SESSIONS)
    owners = dict(zip(words[::2], words[1::2], strict=True))
    people = {
        pk: BusyPerson(number, site.port, session, step, stopped)
        for number, (pk, session) in enumerate(owners.items())
    }
    for person in people.values():
        person.start()
    for _ in range(ROUNDS):
        for number in range(len(site.webs)):
            time.sleep(SETTLE)
            site.replace(number)
    time.sleep(SETTLE)
    stopped.set()
    for person in people.values():
        person.join()

    answers = sum((person.answers for person in people.values()), Counter())
    states, _, notes = " ".join(site.shell(STORED)).partition("|")
    states, notes = (
        dict(zip(words[::2], words[1::2], strict=True))
        for words in (states.split(), notes.split())
    )
    wrong = [
        pk
        for pk, one in people.items()
        if (states.get(pk, "none"), notes.get(pk, "")) != (one.acknowledged, one.note)
    ]
    failed = sum(n for name, n in answers.items() if name not in EXPECTED)
    longest = max(person.longest for person in people.values())
    print(f"  {dict(answers)}", flush=True)
    text = (
        f"{ROUNDS * 2} replacements, {answers.total()} requests, {failed} failed,"
        f" the longest took {longest:.2f} s; {len(wrong)} people whose last"
        " acknowledged tick and note are not what is stored"
    )
    return Outcome(text, failed + len(wrong), words[1::2])


def main() -> None:
    if missing := missing_proxy():
        sys.exit(f"NOT RUN: {missing}")
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    failures = 0
    with temporary as folder:
        site = ProxiedSite(Path(folder))
        try:
            for proxy in ("caddy", "nginx"):
                with site.behind(proxy):
                    outcome = measure(site)
                failures += outcome.failures
                print(f"{proxy}: {PEOPLE} people, {outcome.text}", flush=True)
        finally:
            site.stop()
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
