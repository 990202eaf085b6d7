"""Whether links still lead somewhere, found out without being a burden to anybody."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import StrEnum
from http import HTTPStatus
from time import monotonic
from typing import NamedTuple
from urllib.parse import urldefrag

from editing.outside import (
    Answer,
    NoAnswerError,
    NotAskedError,
    Patience,
    UnknownHostError,
    ask,
    host_of,
    web_address,
)

MOST_REDIRECTS = 10
PERMANENT = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT}
TEMPORARY = {
    HTTPStatus.FOUND,
    HTTPStatus.SEE_OTHER,
    HTTPStatus.TEMPORARY_REDIRECT,
}
GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
BUSY = {  # may answer otherwise in a while
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


class Verdict(StrEnum):
    GONE = "gone"
    MOVED = "moved"
    UNCLEAR = "unclear"
    FINE = "fine"


class Finding(NamedTuple):
    verdict: Verdict
    reason: str = ""
    address: str = ""  # the new one of what has moved


class Manners(NamedTuple):
    """How others' servers are asked; times are in seconds."""

    agent: str
    patience: Patience = Patience()
    hosts: int = 8  # asked at a time
    pause: float = 1  # between two requests to a host
    retries: int = 2
    backoff: float = 2  # before the first retry, and doubled before each other
    longest_wait: float = 60  # that a host may ask for
    allow_private: bool = False

    def ask(self, method: str, url: str) -> Answer:
        return ask(
            method, url, self.agent, self.patience, allow_private=self.allow_private
        )


def check(
    urls: Iterable[str], manners: Manners, tick: Callable[[], object] = lambda: None
) -> dict[str, Finding]:
    """What is found at each of the addresses. Those that differ in their fragment alone
    are one page, which is asked for once. `tick` is called when an address is done.
    """
    pages: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for url in urls:
        page = urldefrag(url).url
        pages[host(page)][page].append(url)
    turns = Turns(manners)

    def visit(pages_of_host: dict[str, list[str]]) -> dict[str, Finding]:
        findings = {}
        for page, urls in pages_of_host.items():
            finding = follow(page, manners, turns)
            for url in urls:
                findings[url] = with_fragment_of(url, finding)
                tick()
        return findings

    findings: dict[str, Finding] = {}
    longest_first = sorted(pages.values(), key=len, reverse=True)
    with ThreadPoolExecutor(manners.hosts) as executor:
        try:
            for found in executor.map(visit, longest_first):
                findings |= found
        except BaseException:  # Ctrl-C too: nobody waits for the hosts that are left
            turns.end()
            executor.shutdown(wait=False, cancel_futures=True)
            raise
    return findings


def host(url: str) -> str:
    try:
        return host_of(web_address(url))
    except NotAskedError:
        return ""


def with_fragment_of(url: str, finding: Finding) -> Finding:
    fragment = urldefrag(url).fragment
    if fragment and finding.address and "#" not in finding.address:
        return finding._replace(address=f"{finding.address}#{fragment}")
    return finding


def follow(page: str, manners: Manners, turns: "Turns") -> Finding:
    """Where the page leads. It has moved as far as redirects are permanent, from the
    first on.
    """
    here = home = page
    is_for_good = True
    seen = {page}
    for _ in range(MOST_REDIRECTS + 1):
        try:
            answer = answer_of(here, manners, turns)
        except NotAskedError as error:
            return Finding(Verdict.UNCLEAR, f"{leading(page, here)}{error}")
        except UnknownHostError as error:
            verdict = Verdict.UNCLEAR if error.may_come else Verdict.GONE
            return Finding(verdict, f"{leading(page, here)}{error}")
        except NoAnswerError as error:
            return Finding(Verdict.GONE, f"{leading(page, here)}{error}")
        if answer.status not in PERMANENT | TEMPORARY or not answer.location:
            return judged(answer, page, here, home)
        here = answer.location
        is_for_good = is_for_good and answer.status in PERMANENT
        if is_for_good:
            home = here
        if urldefrag(here).url in seen:
            return Finding(Verdict.UNCLEAR, f"it redirects in a circle, by {here}")
        seen.add(urldefrag(here).url)
    return Finding(Verdict.UNCLEAR, f"it redirects more than {MOST_REDIRECTS} times")


def leading(page: str, here: str) -> str:
    return "" if here == page else f"it leads to {here}: "


def judged(answer: Answer, page: str, here: str, home: str) -> Finding:
    if 200 <= answer.status < 300:
        if home == page:
            return Finding(Verdict.FINE)
        return Finding(Verdict.MOVED, address=home)
    try:
        status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
    except ValueError:
        status = str(answer.status)
    verdict = Verdict.GONE if answer.status in GONE else Verdict.UNCLEAR
    return Finding(verdict, f"{leading(page, here)}it answers {status}")


def answer_of(url: str, manners: Manners, turns: "Turns") -> Answer:
    """What HEAD is answered, or GET where that is no success: some servers refuse HEAD,
    or answer it otherwise. What may pass is asked again.
    """
    method, backoff, tries_left = "HEAD", manners.backoff, manners.retries + 1
    while True:
        with turns.at(host(url)) as turn:
            try:
                answer = manners.ask(method, url)
            except NoAnswerError as error:
                if not (error.may_come and tries_left):
                    raise
                turn.pause = max(turn.pause, backoff)
            else:
                is_busy = answer.status in BUSY
                if is_busy:
                    turn.pause = max(turn.pause, answer.retry_after or backoff)
                is_final = method == "GET" and not is_busy
                if answer.status < HTTPStatus.BAD_REQUEST or is_final or not tries_left:
                    return answer
        method, backoff, tries_left = "GET", 2 * backoff, tries_left - 1


class BusyHostError(NotAskedError):
    """The host has asked to be left alone for longer than anybody will wait."""


class EndedError(Exception):
    """Nobody is to be asked any more."""


class Turn:
    def __init__(self, pause: float) -> None:
        self.pause = pause  # after it, in seconds


class Turns:
    """One request a host at a time, whoever makes it, and a pause after each."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._free_at: dict[str, float] = defaultdict(float)
        self._has_ended = threading.Event()

    @contextmanager
    def at(self, host: str) -> Iterator[Turn]:
        """Wait for one's turn at the host; raises BusyHostError and EndedError."""
        with self._guard:
            lock = self._locks[host]
        with lock:
            wait = self._free_at[host] - monotonic()
            if wait > self._manners.longest_wait:
                raise BusyHostError(f"its host is not to be asked for {wait:.0f} s")
            if self._has_ended.wait(max(0, wait)):
                raise EndedError
            turn = Turn(self._manners.pause)
            try:
                yield turn
            finally:
                self._free_at[host] = monotonic() + turn.pause

    def end(self) -> None:
        self._has_ended.set()
