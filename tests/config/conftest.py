import json
import logging.config
import time
from io import StringIO

import pytest
from django.db import connection

from config import logs
from tests.production import Proxy, serving, url_of


@pytest.fixture
def proxy(transactional_db):
    """Between the database and whoever goes by `proxy.port`."""
    proxy = Proxy(connection.settings_dict["OPTIONS"]["host"])
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def site(installation, django_db_setup, django_db_blocker):
    """Served for all tests of a module; what they store they must commit."""
    with serving(installation, url_of(connection.settings_dict)) as site:
        yield site


@pytest.fixture
def said():
    """What is logged as in production, a dictionary a line; in a list, when called."""
    stream = StringIO()
    configuration = logs.configuration(json=True)
    configuration["handlers"]["lines"]["stream"] = stream
    logging.config.dictConfig(configuration)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.config.dictConfig(logs.configuration(json=False))


@pytest.fixture
def lines(said):
    """The lines of the requests so far; in a list, when called."""
    return lambda: [line for line in said() if line["event"] == "request"]


@pytest.fixture
def eventually():
    """Waits until what it is given is true; so many seconds at the most."""

    def eventually(is_so, seconds=5):
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, "it has not come about"
            time.sleep(0.002)

    return eventually
