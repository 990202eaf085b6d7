"""Groups of processes: the share of a core that each may use, and what it used.

These are Linux's control groups, version 1: https://docs.kernel.org/scheduler/sched-bwc.html
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import psutil

LIMITS, TIMES = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup/cpuacct")
PERIOD = 40_000  # microseconds; with a shorter period, waits are shorter
LEAST_QUOTA = 1_000  # microseconds per period, the kernel's minimum
LEAST_SHARE = LEAST_QUOTA / PERIOD


def are_available() -> bool:
    return all(
        os.access(path, os.W_OK)
        for path in (LIMITS / "cpu.cfs_quota_us", TIMES / "cpuacct.usage")
    )


class CpuGroup:
    """Processes and their children, until `close`."""

    opened: list[CpuGroup] = []

    def __init__(self, name: str) -> None:
        folder = f"cairn-{os.getpid()}-{name}"
        self._limits, self._times = LIMITS / folder, TIMES / folder
        for path in (self._limits, self._times):
            path.mkdir(exist_ok=True)  # some systems have both in one place
        self.opened.append(self)

    def add(self, pid: int) -> None:
        """Add a process and its children."""
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            for path in (self._limits, self._times):
                with suppress(ProcessLookupError):  # it has ended meanwhile
                    (path / "cgroup.procs").write_text(str(each.pid))

    def limit(self, share: float) -> None:
        """Limit all of them together to this share of one core."""
        quota = max(LEAST_QUOTA, round(share * PERIOD))
        (self._limits / "cpu.cfs_period_us").write_text(str(PERIOD))
        (self._limits / "cpu.cfs_quota_us").write_text(str(quota))

    def unlimit(self) -> None:
        (self._limits / "cpu.cfs_quota_us").write_text("-1")

    def read_seconds(self) -> float:
        """Return the CPU time of the processes and of the kernel's work for them."""
        return int((self._times / "cpuacct.usage").read_text()) / 1e9

    def close(self) -> None:
        """Move processes that are still running out of the group, and remove it."""
        for path in {self._limits, self._times}:
            for pid in (path / "cgroup.procs").read_text().split():
                with suppress(ProcessLookupError):
                    (path.parent / "cgroup.procs").write_text(pid)
            for _ in range(100):
                with suppress(OSError):  # busy until the processes have ended
                    path.rmdir()
                if not path.exists():
                    break
                time.sleep(0.05)


def close_groups() -> None:
    while CpuGroup.opened:
        CpuGroup.opened.pop().close()
