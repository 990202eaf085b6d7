"""A web process never waits long for its database, and reconnects to it."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from psycopg_pool import PoolTimeout

from core.circuit_breaker import CircuitBreaker
from core.postgresql import base, pool
from core.postgresql import settings as database_settings

CLIENTS = 20
PAGE = "/roadmaps/backend-developer/"
counter = itertools.count()


@pytest.fixture
def connect(db, monkeypatch):
    """A function that connects like a web process, but with short limits.

    It returns the DatabaseWrapper.
    """
    monkeypatch.setattr(database_settings, "POOL_TIMEOUT", 0.3)
    monkeypatch.setattr(database_settings, "LOCK_TIMEOUT", 0.1)
    monkeypatch.setattr(database_settings, "STATEMENT_TIMEOUT", 0.2)
    monkeypatch.setattr(base, "circuit_breaker", CircuitBreaker("database", 0))
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


def run(wrapper, sql="SELECT 1"):
    with wrapper.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


class TestLimits:
    def test_a_slow_query_is_cancelled(self, connect):
        with pytest.raises(OperationalError) as caught:
            run(connect(), "SELECT pg_sleep(10)")
        assert isinstance(caught.value.__cause__, psycopg.errors.QueryCanceled)

    def test_a_block_can_allow_its_queries_more_time(self, connect, monkeypatch):
        monkeypatch.setattr(pool.Connection, "response_timeout", 0.3)
        wrapper = connect()
        with pool.statement_timeout(10):
            run(wrapper, "SELECT pg_sleep(0.4)")
        with pytest.raises(OperationalError):
            run(wrapper, "SELECT pg_sleep(0.4)")

    def test_a_query_that_waits_for_a_lock_fails(self, connect, other_connection):
        other_connection.execute("LOCK TABLE roadmaps_roadmap")
        with pytest.raises(OperationalError) as caught:
            run(connect(), "SELECT * FROM roadmaps_roadmap")
        assert isinstance(caught.value.__cause__, psycopg.errors.LockNotAvailable)

    def test_a_full_pool_does_not_open_the_circuit_breaker(self, connect):
        first, second = connect(pool_size=1), connect(pool_size=1)
        run(first)
        with pytest.raises(OperationalError) as caught:
            run(second)
        assert isinstance(caught.value.__cause__, PoolTimeout)
        assert not base.circuit_breaker.is_open
        first.close()
        assert run(second) == [(1,)]


class TestDatabaseUnavailable:
    def test_a_silent_server_times_out_and_is_reconnected(
        self, connect, database_proxy, monkeypatch
    ):
        monkeypatch.setattr(pool.Connection, "response_timeout", 0.2)
        wrapper = connect(host="127.0.0.1", port=database_proxy.port)
        run(wrapper)
        database_proxy.is_stalled = True
        with pytest.raises(OperationalError):
            run(wrapper)
        wrapper.close()
        database_proxy.is_stalled = False
        assert run(wrapper) == [(1,)]

    def test_refused_connections_open_the_circuit_breaker(self, connect):
        with pytest.raises(OperationalError):
            run(connect(host="127.0.0.1", port=9))
        assert base.circuit_breaker.is_open

    def test_an_open_circuit_breaker_fails_at_once_then_allows_one_attempt(
        self, connect, monkeypatch
    ):
        breaker = CircuitBreaker("database", 60)
        monkeypatch.setattr(base, "circuit_breaker", breaker)
        wrapper = connect()
        breaker.record_failure(OperationalError())
        with pytest.raises(OperationalError, match="circuit breaker"):
            run(wrapper)
        breaker.retry_interval = 0
        breaker.record_failure(OperationalError())
        assert run(wrapper) == [(1,)]
        assert not breaker.is_open

    def test_dead_connections_in_the_pool_are_replaced(self, connect, other_connection):
        wrappers = [connect(application_name="terminated") for _ in range(2)]
        for wrapper in wrappers:
            run(wrapper)
        for wrapper in wrappers:
            wrapper.close()
        other_connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'terminated'"
        )
        assert [run(wrapper) for wrapper in wrappers] == [[(1,)]] * 2


class TestGranian:
    """Twenty requests at once to a site in production mode."""

    def test_a_locked_table_means_503_until_it_is_unlocked(
        self, serve, backend, other_connection
    ):
        with serve() as site:
            other_connection.execute("LOCK TABLE roadmaps_roadmap")
            assert get_responses(site) == {(503, "5")}
            other_connection.rollback()
            assert get_responses(site) == {(200, None)}

    def test_broken_and_silent_connections_mean_503_until_the_database_get_responses(
        self, serve, backend, database_proxy
    ):
        with serve("127.0.0.1", database_proxy.port) as site:
            assert get_responses(site) == {(200, None)}
            database_proxy.reset()
            assert get_responses(site) <= {(200, None), (503, "5")}
            assert get_responses(site) == {(200, None)}

            database_proxy.is_stalled = True
            assert get_responses(site) == {(503, "5")}
            assert site.get("/healthz").status == 200
            assert site.get("/readyz").status == 503
            database_proxy.is_stalled = False
            assert any(get_page(site).status == 200 for _ in range(500))
            assert get_responses(site) == {(200, None)}
            assert site.get("/readyz").status == 200


def get_page(site):
    """Request the page by a URL that is not in the cache yet."""
    return site.get(f"{PAGE}?n={next(counter)}")


def get_responses(site):
    """Return the set of (status, Retry-After) of twenty requests at once."""

    def get(_):
        response = get_page(site)
        return response.status, response.headers["Retry-After"]

    with ThreadPoolExecutor(CLIENTS) as executor:
        return set(executor.map(get, range(CLIENTS)))
