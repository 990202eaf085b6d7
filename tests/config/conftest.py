import pytest
from django.db import connection

from tests.production import Proxy, install, serving, url_of


@pytest.fixture
def proxy(transactional_db):
    """Between the database and whoever goes by `proxy.port`."""
    proxy = Proxy(connection.settings_dict["OPTIONS"]["host"])
    yield proxy
    proxy.close()


@pytest.fixture(scope="session")
def installation(tmp_path_factory, worker_id):
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "cairn"
    install(folder)
    return folder


@pytest.fixture
def serve(transactional_db, installation):
    """Serve the test's database, as in production; by another host if one is given."""

    def serve(host=None, port=None, **environment):
        url = url_of(connection.settings_dict, host, port)
        return serving(installation, url, **environment)

    return serve


@pytest.fixture(scope="module")
def site(installation, django_db_setup, django_db_blocker):
    """Served for all tests of a module; what they store they must commit."""
    with serving(installation, url_of(connection.settings_dict)) as site:
        yield site
