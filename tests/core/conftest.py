import shutil
import subprocess
import time
from contextlib import contextmanager
from copy import deepcopy

import psycopg
import pytest
from django.db import connection, connections

from core.circuit_breaker import CircuitBreaker
from core.postgresql import base
from core.postgresql import settings as database_settings
from core.postgresql.embedded import get_server
from core.postgresql.replica import positions
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


@pytest.fixture(scope="session")
def standby(tmp_path_factory, django_db_setup, django_db_blocker):
    """A streaming standby of the server that has the test database."""
    folder = tmp_path_factory.mktemp("standby") / "data"
    server = get_server(folder, cleanup_mode="delete", start=False)
    with django_db_blocker.unblock():
        url = get_database_url(connection.settings_dict)
    command = [server.bin_path / "pg_basebackup", "--dbname", url, "--pgdata", folder]
    options = ["--checkpoint=fast", "--write-recovery-conf"]
    subprocess.run([*command, *options], check=True)
    for name in (".handle_pids.json", ".s.PGSQL.5432.lock"):  # they tell of the primary
        (folder / name).unlink(missing_ok=True)
    folder.chmod(0o700)
    if server.system_user:  # as root, because PostgreSQL does not run as root
        for name in [folder, *folder.rglob("*")]:
            shutil.chown(name, server.system_user)
    server.start()
    standby = Standby(server)
    yield standby
    standby.connection.close()
    server.cleanup()


class Standby:
    def __init__(self, server):
        self.folder = str(server.get_postmaster_info().socket_dir)
        self.connection = psycopg.connect(server.get_uri(), autocommit=True)

    def get_value(self, sql):
        return self.connection.execute(sql).fetchone()[0]

    def catch_up(self):
        """Wait until it has replayed everything."""
        sql = f"SELECT pg_last_wal_replay_lsn() - '0/0' >= {positions.read_current()}"
        for _ in range(1000):
            if self.get_value(sql):
                return
            time.sleep(0.005)
        raise AssertionError("the standby does not catch up")

    @contextmanager
    def paused(self):
        """Let it replay nothing during the block."""
        self.connection.execute("SELECT pg_wal_replay_pause()")
        try:
            yield
        finally:
            self.connection.execute("SELECT pg_wal_replay_resume()")
