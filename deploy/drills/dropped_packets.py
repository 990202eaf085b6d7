"""Drop every packet between Cairn and PostgreSQL, and time the answers.

PostgreSQL runs in a network namespace of its own and the web process outside it, while
people view a page and tick steps. First iptables drops all packets. Then SIGSTOP
freezes the server: its machine still acknowledges packets, so TCP notices nothing.

Exits with 1 when an answer takes longer than 10 seconds or is neither the page nor a
503, and when the site does not recover by itself.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path
from shutil import which
from typing import NamedTuple

import psutil
import psycopg
import urllib3

from benchmarks.server import Cairn, free_port
from core.postgresql.embedded import get_server

NAMESPACE = "cairn-db"
WEB_ADDRESS, DATABASE_ADDRESS = "10.213.77.1", "10.213.77.2"
VIEWERS, TICKERS = 10, 10
WARM_UP = 4  # seconds under load before each fault
FAULT = 20  # seconds that each fault lasts
RECOVERY = 10  # seconds within which everybody has to be served again
LIMIT = 10  # seconds that an answer may take
TICK_TAKES = 0.4  # seconds, so that ticks are in flight when the fault begins
PAUSE = {"GET": 0.1, "POST": 0.6}  # seconds; 120 changes a minute are allowed

HEADS = ["fault", "in flight", "answers", "200", "302", "503"]
HEADS += ["slowest", "last failure after it", "/readyz"]

PAGE = "/roadmaps/backend-developer/"
SESSIONS = f"""
from importlib import import_module
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest
from accounts.models import User
for number in range({VIEWERS + TICKERS}):
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    user = User.objects.create_user(f"{{number}}@example.org", None)
    login(request, user, settings.AUTHENTICATION_BACKENDS[0])
    request.session.save()
    print(request.session.session_key)
"""
STEPS = """
from roadmaps.models import Step
for step in Step.objects.filter(roadmap__slug="backend-developer"): print(step.pk)
"""
SLOW_TICKS = f"""
CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN PERFORM pg_sleep({TICK_TAKES}); RETURN NULL; END $$;
CREATE TRIGGER take_time BEFORE INSERT OR UPDATE OR DELETE ON progress_stepprogress
EXECUTE FUNCTION take_time()
"""


class Answer(NamedTuple):
    begun: float
    ended: float
    status: str


class Person(threading.Thread):
    """Makes one request after another until `stopped` is set."""

    def __init__(
        self,
        port: int,
        session: str,
        requests: list[tuple[str, str]],
        stopped: threading.Event,
    ) -> None:
        super().__init__()
        self.port, self.session = port, session
        self.requests, self.stopped = requests, stopped
        self.answers: list[Answer] = []

    def run(self) -> None:
        http = urllib3.HTTPConnectionPool("localhost", self.port, retries=False)
        headers = {
            "Cookie": f"__Host-session={self.session}",
            "Sec-Fetch-Site": "same-origin",
        }
        for method, path in cycle(self.requests):
            begun = time.monotonic()
            try:
                response = http.request(
                    method, path, headers=headers, redirect=False, timeout=60
                )
                status = str(response.status)
                if "login" in response.headers.get("Location", ""):
                    status = "signed out"
            except urllib3.exceptions.HTTPError as error:
                status = type(error).__name__
            self.answers.append(Answer(begun, time.monotonic(), status))
            if self.stopped.wait(PAUSE[method]):
                return


class Outcome(NamedTuple):
    fault: str
    in_flight: int  # requests when the fault began
    during: list[Answer]  # with those of the requests in flight
    last_failure: float  # seconds after the fault
    ready: tuple[int, int]  # /readyz during the fault and after it

    @property
    def slowest(self) -> float:
        return max(answer.ended - answer.begun for answer in self.during)

    def count(self, status: str) -> int:
        return [answer.status for answer in self.during].count(status)

    def is_good(self) -> bool:
        return (
            self.slowest <= LIMIT
            and {answer.status for answer in self.during} <= {"200", "302", "503"}
            and self.last_failure <= RECOVERY
            and self.ready == (503, 200)
        )

    def row(self) -> list[str]:
        return [
            self.fault,
            str(self.in_flight),
            str(len(self.during)),
            *(str(self.count(status)) for status in ("200", "302", "503")),
            f"{self.slowest:.1f} s",
            f"{self.last_failure:.1f} s",
            "{}, then {}".format(*self.ready),
        ]


def check_tools() -> None:
    if missing := [tool for tool in ("ip", "iptables", "runuser") if not which(tool)]:
        sys.exit(f"Not found: {', '.join(missing)}. Install iproute2 and iptables.")
    if os.geteuid():
        sys.exit("Only root may create a network namespace.")


def ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True)


@contextmanager
def namespace() -> Iterator[None]:
    """A network namespace, connected to this one by a virtual cable."""
    created = subprocess.run(
        ["ip", "netns", "add", NAMESPACE], capture_output=True, text=True
    )
    if created.returncode:
        sys.exit(f"`ip netns add` failed here: {created.stderr.strip()}")
    try:
        ip(f"link add {NAMESPACE} type veth peer name web netns {NAMESPACE}")
        ip(f"addr add {WEB_ADDRESS}/30 dev {NAMESPACE}")
        ip(f"link set {NAMESPACE} up")
        ip(f"-n {NAMESPACE} addr add {DATABASE_ADDRESS}/30 dev web")
        ip(f"-n {NAMESPACE} link set web up")
        ip(f"-n {NAMESPACE} link set lo up")
        yield
    finally:
        subprocess.run(["ip", "link", "del", NAMESPACE])
        ip(f"netns del {NAMESPACE}")


@contextmanager
def dropped_packets(_: psutil.Process) -> Iterator[None]:
    for chain in ("INPUT", "OUTPUT"):
        ip(f"netns exec {NAMESPACE} iptables -A {chain} -j DROP")
    try:
        yield
    finally:
        ip(f"netns exec {NAMESPACE} iptables -F")


@contextmanager
def frozen_server(postmaster: psutil.Process) -> Iterator[None]:
    frozen = [postmaster, *postmaster.children()]
    send(signal.SIGSTOP, frozen)
    try:
        yield
    finally:
        send(signal.SIGCONT, frozen)


def send(number: int, processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def move_into_namespace(folder: Path) -> psutil.Process:
    """Restart the PostgreSQL of `folder` in the namespace; return its process."""
    server = get_server(folder)
    socket_folder = server.get_postmaster_info().socket_dir
    with (folder / "pg_hba.conf").open("a") as file:
        file.write(f"host all all {WEB_ADDRESS}/32 trust\n")
    subprocess.run(
        [
            *("ip", "netns", "exec", NAMESPACE),
            *("runuser", "-u", server.system_user, "--"),
            *(server.bin_path / "pg_ctl", "restart", "--wait", "-D", folder),
            *("-l", server.log),
            *("-o", f"-h {DATABASE_ADDRESS} -k {socket_folder}"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))


def measure(
    fault: Callable[[psutil.Process], object],
    postmaster: psutil.Process,
    cairn: Cairn,
    sessions: list[str],
    steps: list[str],
) -> Outcome:
    stopped = threading.Event()
    port = free_port()
    web = cairn.serve(port)
    ticks = [("POST", f"/progress/{step}/done/") for step in steps]
    people = [
        Person(port, session, ticks if number < TICKERS else [("GET", PAGE)], stopped)
        for number, session in enumerate(sessions)
    ]
    try:
        for person in people:
            person.start()
        time.sleep(WARM_UP)
        begun = time.monotonic()
        with fault(postmaster):  # type: ignore[attr-defined]
            time.sleep(FAULT)
            ready_during = readiness(port)
        ended = time.monotonic()
        time.sleep(RECOVERY + LIMIT)
        ready = ready_during, readiness(port)
    finally:
        stopped.set()
        for person in people:
            person.join()
        web.terminate()
        web.wait()
    answers = [answer for person in people for answer in person.answers]
    during = [one for one in answers if one.begun < ended and one.ended > begun]
    failures = [one.ended for one in answers if one.status not in ("200", "302")]
    return Outcome(
        fault.__name__.replace("_", " "),
        sum(one.begun < begun for one in during),
        during,
        max([ended, *failures]) - ended,
        ready,
    )


def readiness(port: int) -> int:
    return urllib3.request("GET", f"http://localhost:{port}/readyz", timeout=30).status


def print_table(rows: list[list[str]]) -> None:
    for row in [HEADS, ["---"] * len(HEADS), *rows]:
        print(f"| {' | '.join(row)} |")


def main() -> None:
    check_tools()
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as name, namespace():
        cairn = Cairn(Path(name), CACHE_URL="", EMAIL_HOST="")
        sessions, steps = cairn.shell(SESSIONS), cairn.shell(STEPS)
        with psycopg.connect(cairn.environment["DATABASE_URL"]) as connection:
            connection.execute(SLOW_TICKS)
        postmaster = move_into_namespace(Path(name) / "postgres")
        cairn.environment["DATABASE_URL"] = (
            f"postgresql://postgres@{DATABASE_ADDRESS}/postgres"
        )
        try:
            outcomes = [
                measure(fault, postmaster, cairn, sessions, steps)
                for fault in (dropped_packets, frozen_server)
            ]
        finally:
            get_server(Path(name) / "postgres").stop()
    print_table([outcome.row() for outcome in outcomes])
    if bad := [outcome.fault for outcome in outcomes if not outcome.is_good()]:
        sys.exit(
            f"Failed: {', '.join(bad)}. Wanted: 200, 302 or 503 within {LIMIT} s, no"
            f" failure later than {RECOVERY} s after it, /readyz 503 and then 200."
        )


if __name__ == "__main__":
    main()
