import json
import logging.config
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
def lines():
    """The lines of the requests so far, as in production."""
    stream = StringIO()
    configuration = logs.configuration(json=True)
    configuration["handlers"]["lines"]["stream"] = stream
    logging.config.dictConfig(configuration)

    def lines():
        said = [json.loads(line) for line in stream.getvalue().splitlines()]
        return [line for line in said if line["event"] == "request"]

    yield lines
    logging.config.dictConfig(logs.configuration(json=False))
