"""The settings fail closed, and say what is missing."""

import os
import shutil
import subprocess
import sys

import pytest
from django.conf import settings

REQUIRED = {
    "DATABASE_URL": "postgres://localhost/cairn",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "ALLOWED_HOSTS": "cairn.example",
}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A copy of the project without the `.env` that opts in to development."""
    folder = tmp_path_factory.mktemp("cairn")
    for name in (
        "config",
        "accounts",
        "roadmaps",
        "progress",
        "search",
        "templates",
        "static",
    ):
        shutil.copytree(settings.BASE_DIR / name, folder / name)
    shutil.copy(settings.BASE_DIR / "manage.py", folder)
    return folder


@pytest.fixture
def manage(elsewhere):
    def manage(*command, **environment):
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=elsewhere,
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return manage


def test_without_anything_a_command_says_in_one_line_what_to_do(manage):
    result = manage("check")
    assert result.returncode == 1
    assert result.stderr == (
        "manage.py: set DATABASE_URL, SECRET_KEY, ALLOWED_HOSTS in the environment, "
        "or copy .env.example to .env for development.\n"
    )


@pytest.mark.parametrize("missing", REQUIRED)
def test_it_names_the_one_that_is_missing(manage, missing):
    rest = {name: value for name, value in REQUIRED.items() if name != missing}
    result = manage("check", **rest)
    assert result.stderr.startswith(f"manage.py: set {missing} in the environment")


@pytest.mark.parametrize("empty", REQUIRED)
def test_an_empty_variable_is_a_missing_one(manage, empty):
    assert f"set {empty} in" in manage("check", **{**REQUIRED, empty: ""}).stderr


@pytest.mark.parametrize("weak", ["changeme", "unused", "x" * 64])
def test_a_secret_key_that_can_be_guessed_is_refused(manage, weak):
    result = manage("check", **{**REQUIRED, "SECRET_KEY": weak})
    assert result.returncode == 1
    assert result.stderr.startswith("manage.py: SECRET_KEY is too easy to guess")
    assert weak not in result.stderr


def test_what_an_earlier_secret_key_signed_still_counts(manage):
    sign = "from django.core.signing import dumps, loads; "
    old = manage(
        "shell", "--no-imports", "-c", f"{sign} print(dumps('tick'))", **REQUIRED
    ).stdout.strip()
    rotated = {**REQUIRED, "SECRET_KEY": "fedcba9876543210" * 4}
    read = ["shell", "--no-imports", "-c", f"{sign} print(loads('{old}'))"]
    assert "BadSignature" in manage(*read, **rotated).stderr
    rotated["SECRET_KEY_FALLBACKS"] = REQUIRED["SECRET_KEY"]
    assert manage(*read, **rotated).stdout == "tick\n"


def test_a_value_of_the_wrong_kind_is_named_in_one_line(manage):
    result = manage("check", **REQUIRED, EMAIL_HOST="mail", EMAIL_PORT="many")
    assert result.returncode == 1
    assert "EMAIL_PORT" in result.stderr
    assert result.stderr.count("\n") == 1


def test_with_all_of_them_it_starts_closed(manage):
    show = "print(s.DEBUG, s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE)"
    code = f"from django.conf import settings as s; {show}"
    result = manage("shell", "--no-imports", "-c", code, **REQUIRED)
    assert result.stdout == "False __Host-session True\n"
