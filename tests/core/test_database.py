"""A web process never waits long for its database, and reconnects to it."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import (
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from psycopg.errors import (
    FeatureNotSupported,
    InvalidSqlStatementName,
    ReadOnlySqlTransaction,
)
from psycopg_pool import PoolTimeout

from core.circuit_breaker import CircuitBreaker
from core.postgresql import base, pool

CLIENTS = 20
PAGE = "/roadmaps/backend-developer/"
counter = itertools.count()


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

    def test_a_task_has_no_limits_but_its_transaction_ends_with_its_host(self, db):
        with pool.without_limits(), connection.cursor() as cursor:
            for name, value in [
                ("statement_timeout", "0"),
                ("lock_timeout", "0"),
                ("idle_in_transaction_session_timeout", "10s"),
            ]:
                cursor.execute(f"SHOW {name}")
                assert cursor.fetchone() == (value,)

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
        assert not base.DatabaseWrapper.circuit_breaker.is_open
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
        assert base.DatabaseWrapper.circuit_breaker.is_open

    def test_an_open_circuit_breaker_fails_at_once_then_allows_one_attempt(
        self, connect, monkeypatch
    ):
        breaker = CircuitBreaker("database", 60)
        monkeypatch.setattr(base.DatabaseWrapper, "circuit_breaker", breaker)
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

    def test_a_dead_server_costs_one_request_a_timeout(
        self, database_proxy, connect, monkeypatch
    ):
        monkeypatch.setattr(pool, "CHECK_TIMEOUT", 0.1)
        address = {"host": "127.0.0.1", "port": database_proxy.port}
        wrappers = [connect(pool_size=16, **address) for _ in range(16)]
        for wrapper in wrappers:
            run(wrapper)
        for wrapper in wrappers:
            wrapper.close()
        assert wrapper.pool.get_stats()["pool_available"] == 16
        database_proxy.is_stalled = True
        with pytest.raises(OperationalError):
            run(wrapper)
        assert wrapper.pool.get_stats()["pool_available"] == 0

    def test_the_next_connection_tries_the_dead_host_last(
        self, database_proxy, connect, monkeypatch
    ):
        monkeypatch.setattr(pool, "CHECK_TIMEOUT", 0.1)
        folder = database_proxy.folder
        hosts = {"host": f"127.0.0.1,{folder}", "port": f"{database_proxy.port},5432"}
        wrapper = connect(pool_size=1, **hosts)
        run(wrapper)
        assert wrapper.connection.info.host == "127.0.0.1"
        wrapper.close()
        database_proxy.is_stalled = True
        run(wrapper)
        assert wrapper.connection.info.host == folder


class TestSwitchOver:
    """What a connection is left with when another server takes over."""

    def test_a_read_only_server_is_left(self, connect):
        first, second = connect(), connect()
        run(second)
        old = second.connection
        second.close()
        make_read_only(first)
        with pytest.raises(OperationalError) as caught:
            run(first, "CREATE TABLE written ()")
        assert isinstance(caught.value.__cause__, ReadOnlySqlTransaction)
        assert first.is_lost
        first.close()
        assert run(first, "SHOW transaction_read_only") == [("off",)]
        assert old.closed  # the rest of the pool is left too

    def test_a_server_that_has_become_read_only_is_not_even_read(self, connect):
        wrapper = connect(pool_size=1, target_session_attrs="read-write")
        make_read_only(wrapper)
        old = wrapper.connection
        wrapper.close()
        assert run(wrapper, "SHOW transaction_read_only") == [("off",)]
        assert old.closed

    def test_in_a_transaction_too(self, connect):
        wrapper = connect()
        make_read_only(wrapper)
        with pytest.raises(OperationalError), transaction.atomic():
            run(wrapper, "CREATE TABLE written ()")
        assert run(wrapper) == [(1,)]

    def test_a_transaction_whose_connection_is_lost_fails(self, connect):
        wrapper = connect()
        with pytest.raises(OperationalError), transaction.atomic():
            run(wrapper, "SELECT pg_terminate_backend(pg_backend_pid())")
        assert wrapper.is_lost
        assert run(wrapper) == [(1,)]

    def test_an_unknown_prepared_statement_is_prepared_again(self, connect):
        wrapper = connect(pool_size=1)
        run(wrapper, "SELECT 7")
        wrapper.connection.pgconn.exec_(b"DEALLOCATE ALL")  # psycopg knows nothing
        with pytest.raises(OperationalError) as caught:
            run(wrapper, "SELECT 7")
        assert isinstance(caught.value.__cause__, InvalidSqlStatementName)
        wrapper.close()
        assert run(wrapper, "SELECT 7") == [(7,)]

    def test_a_plan_for_a_changed_table_is_made_again(self, connect, other_connection):
        wrapper = connect(pool_size=1)
        other_connection.execute("CREATE TABLE grows ()")
        other_connection.commit()
        try:
            run(wrapper, "SELECT * FROM grows")
            other_connection.execute("ALTER TABLE grows ADD COLUMN height int")
            other_connection.commit()
            with pytest.raises(OperationalError) as caught:
                run(wrapper, "SELECT * FROM grows")
            assert isinstance(caught.value.__cause__, FeatureNotSupported)
            wrapper.close()
            assert run(wrapper, "SELECT * FROM grows") == []
        finally:
            wrapper.close()
            other_connection.execute("DROP TABLE grows")
            other_connection.commit()

    @pytest.mark.parametrize(
        ("error", "sql"),
        [
            (ProgrammingError, "SELECT * FROM nowhere"),
            (NotSupportedError, "SELECT DISTINCT 1 FOR UPDATE"),
        ],
    )
    def test_other_errors_stay_what_they_are(self, connect, error, sql):
        wrapper = connect()
        with pytest.raises(error):
            run(wrapper, sql)
        assert not wrapper.is_lost
        assert run(wrapper) == [(1,)]


def make_read_only(wrapper):
    run(wrapper)
    wrapper.connection.execute(
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", prepare=False
    )


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
