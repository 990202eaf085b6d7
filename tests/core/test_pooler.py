"""DATABASE_POOLER, and what a web process checks when it starts.

`make pgbouncer` tries the same with PgBouncer.
"""

from copy import deepcopy

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection

from core.management.commands import bootstrap
from core.postgresql import pooler
from core.postgresql.settings import configure_for_web

pytestmark = pytest.mark.django_db


@pytest.fixture
def database():
    return deepcopy(connection.settings_dict)


@pytest.mark.parametrize("is_expected", [True, False])
def test_postgresql_itself_is_no_pooler(is_expected):
    pooler.check_pooler(is_expected=is_expected)


def test_postgresql_itself_supports_prepared_statements():
    with pooler.connect() as first, pooler.connect() as second:
        assert pooler.supports_prepared_statements(first, second)


def test_clients_that_share_a_session_have_no_prepared_statements():
    """As with an old PgBouncer, the second client finds its name in use."""
    with pooler.connect() as first:
        # psycopg's name for its first statement.
        first.execute("PREPARE _pg3_0 AS SELECT 0", prepare=False)
        assert not pooler.supports_prepared_statements(first, first)


def test_a_pooler_without_its_setting_is_refused(monkeypatch):
    monkeypatch.setattr(pooler, "is_pooled", lambda _: True)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_POOLER=true"):
        pooler.check_pooler(is_expected=False)


def test_a_missing_limit_is_logged(monkeypatch, capture_logs):
    monkeypatch.setattr(pooler, "is_pooled", lambda _: True)
    pooler.check_pooler(is_expected=True)
    assert [line["event"] for line in capture_logs] == [
        "database_without_statement_timeout"
    ]


def test_nothing_is_checked_while_the_database_is_away(monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "host", "/nowhere")
    for is_expected in (True, False):
        pooler.check_pooler(is_expected=is_expected)


def test_bootstrap_does_not_run_through_a_pooler(monkeypatch):
    monkeypatch.setattr(bootstrap, "is_pooled", lambda _: True)
    with pytest.raises(CommandError, match="leads to PostgreSQL itself"):
        call_command("bootstrap")


@pytest.mark.parametrize("is_pooled", [True, False])
def test_limits_are_sent_unless_a_pooler_would_refuse_them(database, is_pooled):
    database["DISABLE_SERVER_SIDE_CURSORS"] = is_pooled
    configure_for_web(database, 2)
    options = database["OPTIONS"].get("options", "")
    assert ("statement_timeout" in options) != is_pooled
