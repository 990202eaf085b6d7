"""Attacks with connections that are slow, broken off or forged."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from threading import Event, Thread

from benchmarks.server import free_port
from deploy.drills import forged_headers
from deploy.drills.attacks.target import PAGE, STEP_PAGE, UNKNOWN, Target
from deploy.drills.faults.harness import kill
from deploy.drills.faults.ledger import Check
from deploy.drills.forged_headers import echo_server
from deploy.drills.rolling import STATES

CONNECTIONS = 80  # more than the 64 threads of two web processes
DEADLINE = 40  # seconds after which both proxies have ended a silent request
MOST_TRIES = 125  # 60 in a minute of the clock are allowed, and the next may begin
FORM = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n"
SLOW = {
    "bodies": f"POST /accounts/login/ HTTP/1.1\r\nHost: {{}}\r\n{FORM}\r\ntext",
    "bodies of htmx": (
        f"POST {STEP_PAGE} HTTP/1.1\r\nHost: {{}}\r\nHX-Request: true\r\n{FORM}\r\ntext"
    ),
    "headers": f"GET {PAGE} HTTP/1.1\r\nHost: {{}}\r\nX-Slow: ",
    "readers": 20 * f"GET {PAGE} HTTP/1.1\r\nHost: {{}}\r\n\r\n",
    "idle connections": "GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n",
}


def held_open(target: Target, text: str) -> list[socket.socket]:
    """Open connections, send `text` on each, and then neither send nor read."""
    sent = text.replace("{}", f"localhost:{target.port}").encode()
    connections = []
    for _ in range(CONNECTIONS):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", target.port))
        connection.sendall(sent)
        connections.append(connection)
    return connections


@contextmanager
def closing_all(connections: Iterable[socket.socket]) -> Iterator[None]:
    try:
        yield
    finally:
        for connection in connections:
            connection.close()


def slow_clients_hold_no_thread(target: Target) -> list[Check]:
    target.silent_since = time.monotonic()
    checks = []
    with ExitStack() as stack:
        for kind, text in SLOW.items():
            connections = held_open(target, text)
            if kind == "bodies":
                target.silent = connections
            else:
                stack.enter_context(closing_all(connections))
            checks.append(target.others_are_served(f"{CONNECTIONS} slow {kind}"))
    return checks


def silent_requests_are_ended(target: Target) -> list[Check]:
    """Check those that slow_clients_hold_no_thread left open."""
    with closing_all(target.silent):
        deadline = target.silent_since + DEADLINE
        ended = sum(is_ended(each, deadline) for each in target.silent)
    text = f"{ended} of {CONNECTIONS} within {DEADLINE} s"
    return [Check(text, ended == CONNECTIONS)]


def is_ended(connection: socket.socket, deadline: float) -> bool:
    connection.settimeout(max(deadline - time.monotonic(), 0.01))
    with suppress(ConnectionError):
        while True:
            try:
                if not connection.recv(65536):
                    return True
            except TimeoutError:
                return False
    return True


@contextmanager
def people_tick(target: Target) -> Iterator[Counter[int]]:
    """Let six people tick. The counter holds the statuses of their ticks."""
    stopped, statuses = Event(), Counter[int]()

    def tick(person):
        for turn in range(1000):
            if stopped.wait(0.3):
                return
            path = f"/progress/{target.step}/{STATES[turn % 3]}/"
            statuses[person.send("POST", path).status] += 1

    threads = [Thread(target=tick, args=(target.person(),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def all_ticked(statuses: Counter[int], while_what: str) -> Check:
    failed = statuses.total() - statuses[302]
    text = f"{while_what}: {failed} of {statuses.total()} ticks failed"
    return Check(text, statuses[302] > 20 and not failed)


def broken_uploads_fail_nobody_else(target: Target) -> list[Check]:
    host = f"localhost:{target.port}"
    head = f"POST {UNKNOWN} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3000000\r\n\r\n"
    uploader, answers = target.stranger(), Counter[int]()
    begun = time.monotonic()
    with people_tick(target) as statuses:
        while time.monotonic() < begun + 4:
            with socket.create_connection(("127.0.0.1", target.port)) as connection:
                connection.sendall(head.encode() + b"x" * 1_000_000)
            answers[uploader.send("POST", UNKNOWN, b"x" * 3_000_000).status] += 1
    text = f"whole uploads: {dict(answers)}"
    return [
        all_ticked(statuses, f"{answers.total()} uploads broken off"),
        Check(text, max(answers) < 500),
    ]


def a_dead_web_process_fails_nobody(target: Target) -> list[Check]:
    kill(target.webs[0].pid)
    target.webs[0].wait()
    try:
        with people_tick(target) as statuses:
            time.sleep(4)
    finally:
        target.webs[0] = target.serve(target.ports[0])
    return [all_ticked(statuses, "one process killed")]


def forged_headers_are_not_passed_on(target: Target) -> list[Check]:
    port = free_port()
    with echo_server() as echo, target.behind(target.proxy, port, [echo, echo]):
        return forged_headers.checks(port, "/")


def forged_addresses_do_not_count(target: Target) -> list[Check]:
    stranger = target.stranger()
    for number in range(MOST_TRIES):
        forged = {"X-Forwarded-For": f"::{number}", "X_Forwarded_For": f"::{number}"}
        stranger.headers |= forged_headers.FORGED | forged
        stranger.sign_in(f"none{number}@example.org", "wrong")
        if is_limited := stranger.statuses[-1] == HTTPStatus.TOO_MANY_REQUESTS:
            break
    person = target.person()
    person.cookies.clear()
    person.headers |= forged_headers.FORGED
    person.sign_in(person.email)
    page = person.ask("GET", "/accounts/settings/")
    is_right = person.address in page and forged_headers.ADDRESS not in page
    return [
        Check(f"limited after {number} wrong passwords: {is_limited}", is_limited),
        Check(f"the list of devices shows the right address: {is_right}", is_right),
    ]
