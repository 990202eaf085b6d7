import time

import pytest


@pytest.fixture
def stopped_clock(monkeypatch):
    """Stop the clock, so that a code does not expire during the test."""
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now)
