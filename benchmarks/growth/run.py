"""Measure the database of DATABASE_URL, as __main__.py starts it.

python -m benchmarks.growth.run RESULTS [--only REGEX]
"""

from __future__ import annotations

import argparse
import logging
import re
from pathlib import Path

import django


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    django.setup()
    logging.disable(logging.CRITICAL)  # the log of requests
    from django.db import connection
    from django.test import override_settings

    from benchmarks.growth.commands import measure_commands, measure_vacuum
    from benchmarks.growth.operations import measure_operations
    from benchmarks.growth.people import People
    from benchmarks.growth.requests import measure_admin, measure_requests
    from benchmarks.growth.results import Results
    from core.postgresql.settings import use_prepared_statements

    use_prepared_statements(connection.settings_dict)
    results = Results(arguments.results)
    chosen = re.compile(arguments.only)
    mailers = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}
    with override_settings(ADMIN_NEEDS_SECOND_FACTOR=False, MAILERS=mailers):
        people = People(arguments.seed)
        measure_requests(results, people, chosen)
        # The admin's pages show what this counts.
        measure_commands(results, chosen)
        measure_admin(results, people, chosen)
        measure_operations(results, people, chosen)
        measure_vacuum(results, chosen)
    connection.close()


if __name__ == "__main__":
    main()
