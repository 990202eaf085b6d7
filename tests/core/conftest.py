from copy import deepcopy

import psycopg
import pytest
from django.db import connection, connections

from core.circuit_breaker import CircuitBreaker
from core.postgresql import base
from core.postgresql import settings as database_settings
from tests.production import get_database_url


@pytest.fixture
def other_connection(transactional_db):
    """A connection to the test database that does not belong to Django."""
    with psycopg.connect(get_database_url(connection.settings_dict)) as other:
        yield other
        other.rollback()


@pytest.fixture
def connect(db, monkeypatch):
    """A function that connects like a web process, but with short limits.

    It returns the DatabaseWrapper.
    """
    monkeypatch.setattr(database_settings, "POOL_TIMEOUT", 0.3)
    monkeypatch.setattr(database_settings, "LOCK_TIMEOUT", 0.1)
    monkeypatch.setattr(database_settings, "STATEMENT_TIMEOUT", 0.2)
    breaker = CircuitBreaker("database", 0)
    monkeypatch.setattr(base.DatabaseWrapper, "circuit_breaker", breaker)
    default, wrappers = connections[connection.alias], []

    def connect(pool_size=2, **options):
        database = deepcopy(default.settings_dict)
        database["OPTIONS"] |= options
        database_settings.configure_for_web(database, pool_size)
        wrapper = base.DatabaseWrapper(database, default.alias)
        connections[default.alias] = wrapper
        wrappers.append(wrapper)
        return wrapper

    yield connect
    connections[default.alias] = default
    for wrapper in wrappers:
        wrapper.close()
    if default.alias in base.DatabaseWrapper._connection_pools:
        wrappers[0].close_pool()
