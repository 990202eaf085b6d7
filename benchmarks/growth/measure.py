"""Time an action, and note how its statements read the large tables."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from benchmarks.growth.results import Result

LARGE_TABLES = {
    "progress_stepprogress": "marks",
    "progress_topiccheck": "ticked topics",
    "progress_completion": "completions",
    "progress_note": "notes",
    "accounts_user": "people",
    "account_emailaddress": "addresses",
    "accounts_auditevent": "events",
    "django_session": "sessions",
    "usersessions_usersession": "browsers",
    "accounts_device": "devices",
    "groups_membership": "members",
    "groups_sharedroadmap": "consents",
    "groups_confirmation": "confirmations",
    "django_tasks_database_dbtaskresult": "tasks",
}
QUICK = 60_000  # ms
PAGES = ("Shared Hit Blocks", "Shared Read Blocks")


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in the block after so many seconds."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"more than {seconds:,} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def timed(action: Callable[[], object]) -> float:
    """Run it and return how long that took, in ms."""
    begun = time.perf_counter()
    action()
    return (time.perf_counter() - begun) * 1000


class Plans:
    """What the statements of a block read, by PostgreSQL's plans."""

    def __init__(self, analyze: bool) -> None:
        """With `analyze`, each statement runs once more, and is rolled back."""
        self.options = "(ANALYZE, BUFFERS, FORMAT JSON)" if analyze else "(FORMAT JSON)"
        self.statements = 0
        self.pages = 0
        self.essence: dict[str, None] = {}

    def __call__(self, execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        if sql.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "\n")):
            self.statements += 1
            self.explain(sql, params)
        return execute(sql, params, *rest)

    def explain(self, sql: str, params: Any) -> None:
        with transaction.atomic(), connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {self.options} {sql}", params)
            ((plan,),) = cursor.fetchone()
            transaction.set_rollback(True)
        self.pages += sum(plan["Plan"].get(name, 0) for name in PAGES)
        self.essence |= dict.fromkeys(find_reads(plan["Plan"]))

    @property
    def text(self) -> str:
        return "; ".join(self.essence)


def find_reads(node: dict[str, Any]) -> Iterator[str]:
    """How a plan reads each large table."""
    if node.get("Actual Loops", 1):
        # A partition has the name of its table and a number.
        table = re.sub(r"_\d+$", "", node.get("Relation Name", ""))
        index = node.get("Index Name", "")
        name = LARGE_TABLES.get(table)
        if name and node["Node Type"] != "ModifyTable" and "Scan" in node["Node Type"]:
            keys = "" if not index else " by key" if "pkey" in index else " by index"
            yield f"{name}: {node['Node Type']}{keys}"
        for part in node.get("Plans", []):
            yield from find_reads(part)


def measure_command(
    name: str, action: Callable[[], object], limit: int, again: bool = False
) -> Result:
    """Run it once, or twice if it is quick, each time for at most `limit` seconds."""
    result = Result(name, [], [])
    plans = Plans(analyze=False)
    before = read_pages()
    try:
        with time_limit(limit), connection.execute_wrapper(plans):
            result.first = [timed(action)]
        if again and result.first[0] < QUICK:
            with time_limit(limit):
                result.again = [timed(action)]
    except TimeoutError as error:
        connection.close()
        if not result.first:
            result.first = [limit * 1000.0]
            result.note = str(error)
    except Exception as error:
        connection.close()
        result.note = f"failed: {type(error).__name__}: {error}"[:200]
    result.statements = plans.statements
    result.pages = read_pages() - before
    result.plans = plans.text
    return result


def read_pages() -> int:
    """How many pages this database has read so far, from memory or not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT blks_hit + blks_read FROM pg_stat_database"
            " WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[0])
