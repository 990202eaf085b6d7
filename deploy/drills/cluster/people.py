"""People who use the cluster through its balancer: learners, readers and visitors."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import cycle

import urllib3

from deploy.drills.cluster.cluster import SITE, START, Cluster
from deploy.drills.faults.harness import PAGE, STEPS, Learners, TickingLearner
from deploy.drills.faults.ledger import Answer, Ledger
from deploy.drills.rolling import PEOPLE, SESSIONS, Person

VISITORS, READERS = 3, 5
VISIT_PAUSE = 0.5  # seconds between the pages of one visitor or reader
# The state of a step in a roadmap's page, and the step's number.
ROW = re.compile(r'data-state="(\w+)"\s*>\s*<button[^>]*?/progress/(\d+)/')
AGE_SESSIONS = """
UPDATE django_session SET expire_date = expire_date - interval '3 days'
WHERE session_key = ANY(%s)
"""
FORGET_LAST_SEEN = """
from django.core.cache import cache
cache.delete_many([f"seen:{{session}}" for session in {sessions}])
"""
READ_POSITIONS = """
from core.postgresql.replica import positions
print(*[positions.read_required(str(person)) for person in {people}])
"""


class Learner(TickingLearner):
    """Also compares each page that it views with what it has ticked."""

    def __init__(self, learners: People, *arguments) -> None:
        super().__init__(learners, *arguments)
        self.browser = learners.browser()
        self.views: list[Answer] = []
        self.compared = self.outdated = 0  # pages

    def ask(self, method: str, address: str) -> str:
        answer = super().ask(method, address)
        if method == "GET":
            self.views.append(self.history[-1])
            if answer == "200":
                self.compared += 1
                self.outdated += self.is_outdated(self.page)
        return answer

    def is_outdated(self, page: str) -> bool:
        """Whether a step is shown in a state from before the last acknowledged tick."""
        rows = ROW.findall(page)
        assert rows, "the page shows no steps"
        keys = {(self.person, int(step)): state for state, step in rows}
        return any(
            state
            not in {self.ledger.states.get(key, "none"), *self.ledger.pending[key]}
            for key, state in keys.items()
        )


class Viewer(Person):
    """Views pages, without a session as a visitor, or with one as a reader."""

    def __init__(self, people: People, session: str, addresses: list[str]) -> None:
        super().__init__(people.port, session, "", people.stopped)
        self.browser = people.browser()
        self.addresses = addresses
        if not session:
            self.cookies = {}
        self.history: list[Answer] = []

    def run(self) -> None:
        for address in cycle(self.addresses):
            begun = time.monotonic()
            answer = self.ask("GET", address)
            took = time.monotonic() - begun
            self.history.append(Answer(begun, took, answer, self.retry_after))
            if self.stopped.wait(VISIT_PAUSE):
                return


class People(Learners):
    """20 learners and three visitors. Readers come when they are asked to."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.port = cluster, cluster.port
        sessions = get_sessions(cluster)
        self.stopped = threading.Event()
        self.ledger = Ledger()
        self.learners = [
            Learner(self, person, session, sessions.steps)
            for person, session in sessions.learners.items()
        ]
        self.people = [*self.learners]
        self.visitors = [Viewer(self, "", ["/", PAGE]) for _number in range(VISITORS)]
        self.readers = [
            Viewer(self, session, [PAGE, "/progress/"]) for session in sessions.readers
        ]

    def browser(self) -> urllib3.HTTPSConnectionPool:
        return urllib3.HTTPSConnectionPool(
            SITE, self.port, retries=False, ca_certs=str(self.cluster.certificate)
        )

    @property
    def visits(self) -> list[Answer]:
        return [one for visitor in self.visitors for one in [*visitor.history]]

    @property
    def views(self) -> list[Answer]:
        """The pages of learners, which show progress."""
        return [one for person in self.learners for one in [*person.views]]

    @property
    def reads(self) -> list[Answer]:
        """The pages of readers, whose sessions are old enough to be prolonged."""
        return [one for reader in self.readers for one in [*reader.history]]

    def prepare_readers(self) -> None:
        """Let the readers' sessions be due to be prolonged.

        A replica is only for people of whom Cairn knows how much they have stored, so
        each of them ticks a step first. The cache, which a drill may just have killed,
        has to hold that.
        """
        sessions = get_sessions(self.cluster)
        self.cluster.wait("cache", ["cache"], self.tick_as_readers, START)
        with self.cluster.patroni.connect() as superuser:
            superuser.execute(AGE_SESSIONS, [sessions.readers])
        self.cluster.shell(FORGET_LAST_SEEN.format(sessions=sessions.readers))

    def tick_as_readers(self) -> bool:
        """Return whether Cairn knows of all readers how much they have stored."""
        sessions = get_sessions(self.cluster)
        for reader in self.readers:
            reader.ask("POST", f"/progress/{sessions.steps[0]}/learning/")
        script = READ_POSITIONS.format(people=sessions.reader_numbers)
        return "None" not in self.cluster.shell(script)

    def threads(self) -> list[Person]:
        return [*self.learners, *self.visitors, *self.readers]


class Sessions:
    """People who are signed in, by their numbers, and the steps that they tick."""

    def __init__(self, cluster: Cluster) -> None:
        self.steps = [int(step) for step in cluster.shell(STEPS)]
        words = cluster.shell(SESSIONS)
        self.learners = dict(zip(map(int, words[::2]), words[1::2], strict=True))
        others = f"range({PEOPLE}, {PEOPLE + READERS})"
        words = cluster.shell(SESSIONS.replace(f"range({PEOPLE})", others))
        self.reader_numbers = [int(word) for word in words[::2]]
        self.readers = words[1::2]


@cache
def get_sessions(cluster: Cluster) -> Sessions:
    return Sessions(cluster)


@contextmanager
def people(cluster: Cluster) -> Iterator[People]:
    get_sessions(cluster)
    cluster.wait_until_redundant()
    with cluster.patroni.connect() as superuser:
        superuser.execute("TRUNCATE progress_stepprogress, progress_completion")
    everybody = People(cluster)
    for person in [*everybody.learners, *everybody.visitors]:
        person.start()
    try:
        yield everybody
    finally:
        everybody.stopped.set()
        for person in everybody.threads():
            if person.ident:  # it has been started
                person.join()
