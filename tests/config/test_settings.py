"""Settings from the environment. Without the required ones, Cairn does not start."""

import json
import os
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
def manage(installation):
    """A function that runs manage.py with no other environment variables than given."""

    def manage(*command, **environment):
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=installation,
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return manage


@pytest.fixture(scope="module")
def evaluate(manage):
    """A function that evaluates an expression, in which `s` is the settings."""

    def evaluate(expression, **environment):
        code = (
            "import json; from django.conf import settings as s; "
            "from django.urls import reverse; "
            f"print(json.dumps({expression}))"
        )
        command = ["shell", "--no-imports", "-c", code]
        return json.loads(manage(*command, **{**REQUIRED, **environment}).stdout)

    return evaluate


def test_without_any_settings_a_command_says_in_one_line_what_to_do(manage):
    result = manage("check")
    assert result.returncode == 1
    assert result.stderr == (
        "manage.py: set DATABASE_URL, SECRET_KEY, ALLOWED_HOSTS in the environment, "
        "or copy .env.example to .env for development.\n"
    )


@pytest.mark.parametrize("empty", REQUIRED)
def test_an_empty_setting_counts_as_missing_and_is_named(manage, empty):
    result = manage("check", **{**REQUIRED, empty: ""})
    assert result.stderr.startswith(f"manage.py: set {empty} in the environment")


@pytest.mark.parametrize("weak", ["changeme", "x" * 64])
def test_a_secret_key_that_can_be_guessed_is_refused(manage, weak):
    result = manage("check", **{**REQUIRED, "SECRET_KEY": weak})
    assert result.returncode == 1
    assert result.stderr.startswith("manage.py: SECRET_KEY is too easy to guess")
    assert weak not in result.stderr


def test_a_value_of_the_wrong_type_is_named_in_one_line(manage):
    result = manage("check", **REQUIRED, EMAIL_HOST="mail", EMAIL_PORT="many")
    assert result.returncode == 1
    assert "EMAIL_PORT" in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_defaults_are_safe(evaluate):
    cookie_settings = [
        f"{kind}_COOKIE_{flag}"
        for kind in ("SESSION", "CSRF")
        for flag in ("SECURE", "HTTPONLY", "SAMESITE", "PATH", "DOMAIN", "NAME")
    ]
    names = [
        "DEBUG",
        "ADMIN_NEEDS_SECOND_FACTOR",
        "COOKIE_PREFIX",
        "ADMIN_PATH",
        "SOCIALACCOUNT_PROVIDERS",
        *cookie_settings,
    ]
    values = evaluate(f"[getattr(s, name) for name in {names}]")
    assert dict(zip(names, values, strict=True)) == {
        "DEBUG": False,
        "ADMIN_NEEDS_SECOND_FACTOR": True,
        "COOKIE_PREFIX": "__Host-",
        "ADMIN_PATH": "admin/",
        "SOCIALACCOUNT_PROVIDERS": {},
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_DOMAIN": None,
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_PATH": "/",
        "CSRF_COOKIE_DOMAIN": None,
        "CSRF_COOKIE_NAME": "__Host-csrf",
    }


def test_a_fallback_secret_key_still_verifies_signatures(evaluate):
    signing = "__import__('django.core.signing').core.signing"
    key, fallback = "fedcba9876543210" * 4, REQUIRED["SECRET_KEY"]
    signed = evaluate(f"{signing}.dumps('tick', key={fallback!r})")
    read = f"{signing}.loads({signed!r})"
    variables = {"SECRET_KEY": key, "SECRET_KEY_FALLBACKS": fallback}
    assert evaluate(read, **variables) == "tick"


def test_the_admins_path_and_the_providers_come_from_the_environment(evaluate):
    environment = {
        "ADMIN_PATH": "/a/b/",
        "GITHUB_CLIENT_ID": "an id",
        "GITHUB_CLIENT_SECRET": "a secret",
    }
    expression = "[s.ADMIN_PATH, reverse('admin:index'), *s.SOCIALACCOUNT_PROVIDERS]"
    assert evaluate(expression, **environment) == ["a/b/", "/a/b/", "github"]


def test_the_default_sender_quotes_the_site_name(evaluate):
    sender = evaluate("s.DEFAULT_FROM_EMAIL", SITE_NAME="Smith, Jones & Co")
    assert sender == '"Smith, Jones & Co" <cairn@localhost>'


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    assert project["project"]["version"] == settings.VERSION
