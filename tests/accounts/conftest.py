import pytest
import structlog

from tests.accounts.people import reauthenticate


@pytest.fixture
def sure(signed_in):
    """A client of somebody who has just said again who they are."""
    reauthenticate(signed_in)
    return signed_in


@pytest.fixture
def capture_logs():
    """The events that are logged meanwhile."""
    with structlog.testing.capture_logs() as lines:
        yield lines
