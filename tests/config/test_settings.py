"""The settings fail closed, and say what is missing."""

import os
import shutil
import subprocess
import sys
import tomllib

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
        "core",
        "accounts",
        "roadmaps",
        "progress",
        "editing",
        "data_export",
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


@pytest.fixture
def shown(manage):
    def shown(expression, **environment):
        code = f"from django.conf import settings as s; print({expression})"
        return manage(
            "shell", "--no-imports", "-c", code, **REQUIRED, **environment
        ).stdout.strip()

    return shown


def test_with_all_of_them_it_starts_closed(shown):
    assert shown("s.DEBUG, s.ADMIN_NEEDS_SECOND_FACTOR") == "False True"


def test_cookies_are_bound_to_the_host_and_to_tls(shown):
    names = "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.COOKIE_PREFIX"
    assert shown(names) == "__Host-session __Host-csrf __Host-"
    flags = """[
        getattr(s, f"{kind}_COOKIE_{flag}")
        for kind in ("SESSION", "CSRF")
        for flag in ("SECURE", "HTTPONLY", "SAMESITE", "PATH", "DOMAIN")
    ]"""
    assert shown(flags) == str([True, True, "Lax", "/", None] * 2)


@pytest.mark.parametrize(
    ("given", "path"),
    [("", "admin/"), ("editors", "editors/"), ("/a/b/", "a/b/")],
)
def test_the_admin_is_where_the_environment_says(shown, given, path):
    environment = {"ADMIN_PATH": given} if given else {}
    reverse = "__import__('django.urls').urls.reverse('admin:index')"
    assert shown(f"s.ADMIN_PATH, {reverse}", **environment) == f"{path} /{path}"


def test_providers_are_those_whose_keys_are_set(shown):
    assert shown("s.SOCIALACCOUNT_PROVIDERS") == "{}"
    keys = {"GITHUB_CLIENT_ID": "an id", "GITHUB_CLIENT_SECRET": "a secret"}
    assert shown("list(s.SOCIALACCOUNT_PROVIDERS)", **keys) == "['github']"


def test_the_version_is_the_projects():
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    assert project["project"]["version"] == settings.VERSION
