"""People who tick steps of one roadmap at a fixed rate."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple, Self

import urllib3

STATES = ("learning", "done", "skipped")


class Tick(NamedTuple):
    due: float
    ms: float  # from when it was due to the response
    status: int  # 0 without a response


class Ticks:
    """Each person ticks a random step every two seconds, which is ten ticks a second.

    A tick is sent when it is due, or when the person's last one was answered.
    """

    PEOPLE = 20
    INTERVAL = 2.0  # seconds
    TIMEOUT = 30.0  # seconds

    def __init__(self, port: int, cookies: Sequence[str], steps: Sequence[int]) -> None:
        self.address = f"http://localhost:{port}/progress/"
        self.steps = steps
        self.ticks: list[Tick] = []
        self.pool = urllib3.PoolManager(maxsize=len(cookies), retries=False)
        self.stopped = threading.Event()
        self.threads = [
            threading.Thread(target=self.tick_steps, args=(number, cookie))
            for number, cookie in enumerate(cookies)
        ]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def tick_steps(self, number: int, cookie: str) -> None:
        chance = random.Random(number)
        headers = {
            "Cookie": cookie,
            "Sec-Fetch-Site": "same-origin",
            "HX-Request": "true",
        }
        due = time.perf_counter() + self.INTERVAL * number / len(self.threads)
        while not self.stopped.wait(max(0.0, due - time.perf_counter())):
            path = f"{chance.choice(self.steps)}/{chance.choice(STATES)}/"
            try:
                response = self.pool.request(
                    "POST", self.address + path, headers=headers, timeout=self.TIMEOUT
                )
                status = response.status
            except urllib3.exceptions.HTTPError:
                status = 0
            self.ticks.append(Tick(due, (time.perf_counter() - due) * 1000, status))
            due += self.INTERVAL

    def summarize(self, begun: float, ended: float) -> dict[str, float]:
        """Times in ms before `begun` and until `ended`, and what was not stored.

        A tick on a step that has just been retired is refused: that is its answer.
        """
        before = [tick for tick in self.ticks if tick.due < begun]
        during = [tick for tick in self.ticks if begun <= tick.due <= ended]
        return {
            "ticks": len(during),
            "p50 before": percentile(before, 0.5),
            "p99 before": percentile(before, 0.99),
            "p50 during": percentile(during, 0.5),
            "p99 during": percentile(during, 0.99),
            "failed before": sum(map(has_failed, before)),
            "failed": sum(map(has_failed, during)),
            "refused": sum(400 <= tick.status < 500 for tick in during),
        }


def has_failed(tick: Tick) -> bool:
    return tick.status == 0 or tick.status >= 500


def percentile(ticks: Sequence[Tick], share: float) -> float:
    times = sorted(tick.ms for tick in ticks)
    return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0
