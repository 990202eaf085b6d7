"""Cairn in this process, on a database of its own, for as long as a block."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.postgresql.embedded import start


@contextmanager
def scratch_database() -> Iterator[None]:
    """Migrated and empty. Nothing of Django may be imported before."""
    temporary = tempfile.TemporaryDirectory(prefix="cairn-", ignore_cleanup_errors=True)
    with temporary as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DEBUG": "true",
            "DATABASE_URL": start(Path(folder, "postgres")),
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield


def explained(query: str) -> dict[str, float]:
    """PostgreSQL's own figures on one run of `query`; its times are in ms."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")
        answer = cursor.fetchone()[0]
    return (answer if isinstance(answer, list) else json.loads(answer))[0]


def print_load() -> None:
    """What else wanted the machine, without which a time says little."""
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"{load:.1f} processes wanted the {cores} cores meanwhile")
