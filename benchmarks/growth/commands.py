"""What runs every hour or every night, over everybody's rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import StringIO

from django.core.management import call_command
from django.db import connection

from benchmarks.growth.measure import measure_command, timed
from benchmarks.growth.results import Result, Results

LIMIT = 20 * 60  # seconds for a command
UPDATED = 20  # one person in 20
UPDATE = f"""
    UPDATE progress_stepprogress SET started_at = started_at - interval '1 second'
    WHERE mod(user_id, {UPDATED}) = 0"""


def measure_commands(results: Results, chosen: re.Pattern[str]) -> None:
    for name in ("count_learners", "summarize_groups", "cleanup"):
        if chosen.search(name):
            outputs: list[str] = []
            command = partial(run_command, name, outputs)
            result = measure_command(name, command, LIMIT, again=True)
            result.note += "; ".join(outputs[:1])
            results.add(result)


def run_command(name: str, outputs: list[str]) -> None:
    """Run it, and append what it says, without what it did not find."""
    output = StringIO()
    call_command(name, stdout=output)
    lines = output.getvalue().splitlines()
    outputs.append(", ".join(line for line in lines if not line.endswith(": 0")))


def measure_vacuum(results: Results, chosen: re.Pattern[str]) -> None:
    """Update the marks of one person in 20, then vacuum the table."""
    if not chosen.search("vacuum"):
        return
    with without_autovacuum():
        update = timed(partial(execute, UPDATE))
        vacuum = timed(partial(execute, "VACUUM progress_stepprogress"))
    results.add(Result("update 5 % of the marks", [update], []))
    results.add(Result("vacuum after that", [vacuum], []))


@contextmanager
def without_autovacuum() -> Iterator[None]:
    execute("ALTER SYSTEM SET autovacuum = off")
    execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        execute("ALTER SYSTEM SET autovacuum = on")
        execute("SELECT pg_reload_conf()")


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
