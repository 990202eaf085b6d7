"""No wait of a web process is long, and a database that comes back is found."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from threading import Timer

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from psycopg_pool import PoolTimeout

from core.postgresql import base

PEOPLE = 20
PAGE = "/roadmaps/backend-developer/?show=required"  # with a query none is kept


@pytest.fixture
def people():
    """What so many at once are answered, as (status, Retry-After)."""

    def ask(site, path=PAGE):
        def one(_):
            response = site.get(path)
            return response.status, response.headers["Retry-After"]

        with ThreadPoolExecutor(PEOPLE) as pool:
            return set(pool.map(one, range(PEOPLE)))

    return ask


@pytest.fixture
def limited(db, monkeypatch):
    """A function that makes a connection like those of web processes, by the pool."""
    monkeypatch.setattr(base, "POOL_PATIENCE", 0.3)
    monkeypatch.setattr(base, "LOCK_PATIENCE", 0.1)
    monkeypatch.setattr(base, "QUERY_PATIENCE", 0.2)
    monkeypatch.setattr(base, "breaker", base.CircuitBreaker("database", 0))
    made = []

    def make(pool_size=2, **options):
        database = deepcopy(connection.settings_dict)
        database["OPTIONS"] |= options
        base.hold_to_limits(database, pool_size)
        made.append(base.DatabaseWrapper(database, connection.alias))
        return made[-1]

    yield make
    for wrapper in made:
        wrapper.close()
    if connection.alias in base.DatabaseWrapper._connection_pools:
        made[0].close_pool()


@pytest.fixture
def other(transactional_db):
    """Somebody else's connection."""
    with psycopg.connect(**psycopg_params()) as own:
        yield own
        own.rollback()


def psycopg_params():
    database = connection.settings_dict
    return {
        "dbname": database["NAME"],
        "user": database["USER"],
        "host": database["OPTIONS"]["host"],
    }


def run(wrapper, sql):
    with wrapper.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


class TestLimits:
    def test_a_slow_query_is_cancelled(self, limited):
        with pytest.raises(OperationalError) as caught:
            run(limited(), "SELECT pg_sleep(10)")
        assert isinstance(caught.value.__cause__, psycopg.errors.QueryCanceled)

    def test_what_may_take_longer_is_waited_for_and_nothing_after_it(
        self, limited, monkeypatch
    ):
        monkeypatch.setattr(base.Connection, "silence", 0.3)
        own, patient = connections[connection.alias], limited()
        connections[connection.alias] = patient
        try:
            with patient.patiently(10):
                run(patient, "SELECT pg_sleep(0.6)")
            with pytest.raises(OperationalError):
                run(patient, "SELECT pg_sleep(0.6)")
        finally:
            connections[own.alias] = own

    def test_a_locked_table_is_not_waited_for(self, limited, other):
        other.execute("LOCK TABLE roadmaps_roadmap IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(OperationalError) as caught:
            run(limited(), "SELECT * FROM roadmaps_roadmap")
        assert isinstance(caught.value.__cause__, psycopg.errors.LockNotAvailable)

    def test_a_full_pool_is_not_waited_for_and_is_no_database_that_is_away(
        self, limited
    ):
        one, another = limited(pool_size=1), limited(pool_size=1)
        run(one, "SELECT 1")
        with pytest.raises(OperationalError) as caught:
            run(another, "SELECT 1")
        assert isinstance(caught.value.__cause__, PoolTimeout)
        assert not base.breaker.is_away
        one.close()
        assert run(another, "SELECT 1") == [(1,)]

    def test_a_server_that_says_nothing_is_given_up_and_found_again(
        self, limited, proxy, monkeypatch
    ):
        monkeypatch.setattr(base.Connection, "silence", 0.2)
        monkeypatch.setattr(base, "SILENCE", 0.2)
        wrapper = limited(host="127.0.0.1", port=proxy.port)
        run(wrapper, "SELECT 1")
        proxy.is_dark = True
        with pytest.raises(OperationalError):
            run(wrapper, "SELECT 1")
        assert base.breaker.is_away
        wrapper.close()
        proxy.is_dark = False
        assert run(wrapper, "SELECT 1") == [(1,)]
        assert not base.breaker.is_away

    def test_one_connection_is_silent_and_others_are_not(
        self, limited, proxy, monkeypatch
    ):
        monkeypatch.setattr(base.Connection, "silence", 0.4)
        wrapper = limited(host="127.0.0.1", port=proxy.port)
        run(wrapper, "SELECT 1")
        with base.Connection.connect(**psycopg_params()) as other:
            proxy.is_dark = True
            meanwhile = Timer(0.2, other.execute, ["SELECT 1"])
            meanwhile.start()
            with pytest.raises(OperationalError):
                run(wrapper, "SELECT 1")
            meanwhile.join()
        assert not base.breaker.is_away

    def test_while_it_is_known_to_be_away_nobody_waits(self, limited, monkeypatch):
        monkeypatch.setattr(base, "breaker", base.CircuitBreaker("database", 60))
        wrapper = limited()
        base.breaker.failed(OperationalError())
        with pytest.raises(OperationalError, match="known to be away"):
            run(wrapper, "SELECT 1")
        assert wrapper.pool.closed

    def test_one_that_refuses_counts_as_away(self, limited):
        with pytest.raises(OperationalError):
            run(limited(host="127.0.0.1", port=9), "SELECT 1")
        assert base.breaker.is_away

    def test_dead_connections_cost_nobody_a_try(self, limited, other):
        wrappers = [limited(application_name="limited") for _ in range(2)]
        for wrapper in wrappers:
            run(wrapper, "SELECT 1")
        for wrapper in wrappers:
            wrapper.close()
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'limited'"
        )
        assert [run(wrapper, "SELECT 1") for wrapper in wrappers] == [[(1,)]] * 2


class TestServed:
    """By granian, to twenty people at once."""

    def test_a_locked_table_is_503_and_then_well(self, serve, people, backend, other):
        with serve() as site:
            other.execute("LOCK TABLE roadmaps_roadmap IN ACCESS EXCLUSIVE MODE")
            assert people(site) == {(503, "5")}
            other.rollback()
            assert people(site) == {(200, None)}

    def test_a_black_hole_is_503_and_then_well(self, serve, people, backend, proxy):
        with serve("127.0.0.1", proxy.port) as site:
            assert people(site) == {(200, None)}
            proxy.is_dark = True
            assert people(site) == {(503, "5")}
            assert site.get("/healthz").status == 200
            assert site.get("/readyz").status == 503
            proxy.is_dark = False
            assert well_again(site)
            assert people(site) == {(200, None)}
            assert site.get("/readyz").status == 200

    def test_connections_that_break_are_errors_of_one_moment(
        self, serve, people, backend, proxy
    ):
        with serve("127.0.0.1", proxy.port) as site:
            assert people(site) == {(200, None)}
            proxy.reset()
            assert people(site) <= {(200, None), (503, "5")}
            assert people(site) == {(200, None)}


def well_again(site):
    return any(site.get(PAGE).status == 200 for _ in range(500))
