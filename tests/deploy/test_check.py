"""manage.py check --deploy, with the settings of production"""

import os
import subprocess
import sys

from django.conf import settings

PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "SITE_URL": "https://cairn.example",
    "CACHE_URL": "redis://cache:6379/0",
    "BEHIND_TLS_PROXY": "true",
    "EMAIL_HOST": "smtp.example.org",
    "DEFAULT_FROM_EMAIL": "cairn@example.org",
}


def check(**environment):
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_finds_nothing(database_url):
    result = check(**PRODUCTION, DATABASE_URL=database_url)
    assert result.stdout.startswith("System check identified no issues"), result.stderr
    assert result.returncode == 0


def test_it_finds_missing_variables(database_url):
    """Checks all in one process, because starting a process takes seconds."""
    missing = {"CACHE_URL", "BEHIND_TLS_PROXY", "EMAIL_HOST"}
    given = {key: value for key, value in PRODUCTION.items() if key not in missing}
    result = check(**given, DATABASE_URL=database_url)
    assert result.returncode == 1
    for name in ("CACHE_URL", "EMAIL_HOST", "security.W008"):  # no redirect to HTTPS
        assert name in result.stderr
