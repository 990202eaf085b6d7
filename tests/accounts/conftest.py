import pytest

from tests.accounts.people import reauthenticate


@pytest.fixture
def sure(signed_in):
    """A client of somebody who has just said again who they are."""
    reauthenticate(signed_in)
    return signed_in
