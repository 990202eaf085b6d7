"""Measure the peak memory of a piece of code, including memory of Rust and C."""

import gc
from contextlib import contextmanager
from pathlib import Path

import pytest

PROCESS = Path("/proc/self")


def read_status(name):
    """Return a size from /proc/self/status, in bytes."""
    lines = (PROCESS / "status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024


@contextmanager
def assert_max_memory(limit):
    """Fail if the code within takes more than `limit` bytes at any time."""
    gc.collect()
    try:
        (PROCESS / "clear_refs").write_text("5")  # the peak is now the current size
    except OSError:
        pytest.skip("only Linux can reset the peak memory of a process")
    before = read_status("VmRSS")
    yield
    peak = read_status("VmHWM") - before
    assert peak <= limit, f"{peak / 1e6:.1f} MB, more than {limit / 1e6:.1f} MB"
