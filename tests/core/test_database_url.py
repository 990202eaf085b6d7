"""DATABASE_URL: a wrong one is refused at the start, or explained in one line."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import NotSupportedError, ProgrammingError

from core.postgresql.connection_errors import describe, explain
from core.postgresql.url import parse, parse_replica


@pytest.mark.parametrize(
    "url",
    [
        "postgres://cairn:a%40b%2Fc@db:5433/cairn",
        "postgresql://cairn@/cairn?host=a,b&port=1,2&target_session_attrs=read-write",
        "postgresql://cairn@/cairn?host=a,b&port=6432&target_session_attrs=read-write",
        "postgres://cairn:topword@[::1]/cairn",
        "postgres://localhost/cairn",
    ],
)
def test_a_good_url_is_accepted(url):
    assert parse(url)["NAME"] == "cairn"


@pytest.mark.parametrize("character", ["@", "/", "#", "?", "%", "[", ":@"])
def test_a_password_with_an_unencoded_character_is_named(character):
    with pytest.raises(ValueError, match=r"as %XX, such as %40 for @ and %2F"):
        parse(f"postgres://cairn:top{character}secret@db/cairn")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://cairn:topword@db/cairn", "must be the URL of a PostgreSQL"),
        ("cairn", "must be the URL of a PostgreSQL"),
        ("postgres://cairn:topword@a:5432,b:5432/cairn", "Several hosts"),
        ("postgres://cairn:topword@/cairn?host=a,b", "target_session_attrs"),
        (
            "postgres://cairn:topword@/cairn?host=a,b,c&port=1,2"
            "&target_session_attrs=read-write",
            "names 3 hosts but 2 ports",
        ),
        ("postgres://cairn:topword@db", "has no database name"),
        ("postgres://cairn:topword@db:many/cairn", "must be one URL"),
    ],
)
def test_another_wrong_url_is_refused_with_an_example(url, message):
    with pytest.raises(ValueError, match=message) as raised:
        parse(url)
    assert "topword" not in str(raised.value)
    assert "postgres://" in str(raised.value)


def test_a_command_without_its_database_says_so_in_one_line():
    result = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "DEBUG": "true",
            "DATABASE_URL": "postgres://cairn:topsecret@localhost:1/roadmaps",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    for part in ("roadmaps at localhost:1 as user cairn", "refused", "%40 for @"):
        assert part in result.stderr
    assert "topsecret" not in result.stderr


def test_the_lowest_version_of_postgresql_is_named():
    error = NotSupportedError("PostgreSQL 15 or later is required (found 14.9).")
    line = explain(error, parse("postgres://cairn:topword@db/cairn"))
    assert line == (
        "cannot use database cairn at db:5432 as user cairn: PostgreSQL 15 or later is "
        "required (found 14.9). Upgrade the server."
    )


def test_every_host_is_named():
    url = "postgres://cairn@/cairn?host=a,b&port=1,2&target_session_attrs=primary"
    assert "at a:1, b:2 as user cairn" in describe(parse(url))


def test_a_replica_is_a_standby_that_is_only_read():
    options = parse_replica("postgres://cairn@db/cairn")["OPTIONS"]
    assert options["target_session_attrs"] == "standby"
    assert "default_transaction_read_only=on" in options["options"]
    url = "postgres://cairn@db/cairn?target_session_attrs=any"
    assert parse_replica(url)["OPTIONS"]["target_session_attrs"] == "any"


def test_other_errors_keep_their_traceback():
    assert explain(ProgrammingError("a bug"), parse("postgres://db/cairn")) is None
