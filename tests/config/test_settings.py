"""Settings from the environment. With a missing or faulty one, Cairn does not start."""

import json
import os
import subprocess
import sys
import tomllib

import pytest
from django.conf import settings

from config import urls as config_urls

REQUIRED = {
    "DATABASE_URL": "postgres://localhost/cairn",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "SITE_URL": "https://cairn.example",
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
def evaluate(installation):
    """A function that evaluates an expression, in which `s` is the settings."""

    def evaluate(expression, **environment):
        code = (
            "import json; from django.conf import settings as s; "
            f"print(json.dumps({expression}))"
        )
        result = subprocess.run(
            [sys.executable, "-c", code],
            cwd=installation,
            env={
                "PATH": os.environ["PATH"],
                "DJANGO_SETTINGS_MODULE": "config.settings",
                **REQUIRED,
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return evaluate


def test_without_any_settings_a_command_names_the_required_ones(manage):
    result = manage("check")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "manage.py: SITE_URL is missing; set it to the address of the site, such as "
        "https://cairn.example",
        "manage.py: SECRET_KEY is missing; set it to a key; make one with: "
        "openssl rand -hex 32",
        "manage.py: DATABASE_URL is missing; set it to a PostgreSQL, such as "
        "postgres://cairn:password@db.example.org:5432/cairn",
    ]


def test_an_empty_setting_counts_as_missing_and_is_named(manage):
    result = manage("check", **{**REQUIRED, "SITE_URL": " "})
    assert result.stderr.startswith("manage.py: SITE_URL is missing")
    assert result.stderr.count("\n") == 1


FAULTS = {
    "SITE_URL": "http://cairn.lan",
    "ALLOWED_HOSTS": "https://x",
    "CSRF_TRUSTED_ORIGINS": "cairn.example",
    "SITE_NAME": "Cairn\nBcc: x",
    "CONTACT_EMAIL": "the office",
    "PRIVACY_URL": "privacy",
    "SIGN_UP": "everybody",
    "SIGN_UP_DOMAINS": "a@b",
    "UNCONFIRMED_DAYS": "0",
    "DATABASE_POOL_SIZE": "0",
    "BEHIND_TLS_PROXY": "maybe",
    "TRUSTED_PROXY_COUNT": "-1",
    "ADMIN_PATH": "accounts",
    "EMAIL_HOST": "smtp://mail.example",
    "DEFAULT_FROM_EMAIL": "Cairn",
    "HSTS_SECONDS": "a year",
    "METRICS_ADDRESS": "9100",
}
FAULTY_SECRETS = {
    "SECRET_KEY": "changeme",
    "SECRET_KEY_FALLBACKS": "changeme",
    "DATABASE_URL": "mysql://cairn:changeme@database/cairn",
    "CACHE_URL": "cache:6379",
}


def test_every_faulty_variable_is_named_with_its_value_in_one_line(manage):
    result = manage("check", **FAULTS, **FAULTY_SECRETS)
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    named = {}
    for line in lines:
        name, _, message = line.removeprefix("manage.py: ").partition("=")
        named[name] = message
    for name, value in FAULTS.items():
        if name != "SIGN_UP_DOMAINS":
            assert named[name].startswith(repr(value)), name
    for name in FAULTY_SECRETS:
        assert named[name].startswith("(hidden)"), name
    assert "changeme" not in result.stderr


def test_variables_that_belong_together_are_asked_for_together(manage):
    result = manage(
        "check",
        **REQUIRED,
        SIGN_UP="domains",
        GITHUB_CLIENT_ID="an id",
        EMAIL_HOST="smtp.example.org",
    )
    assert [line.split()[1] for line in result.stderr.splitlines()] == [
        "SIGN_UP_DOMAINS",
        "GITHUB_CLIENT_ID",
        "DEFAULT_FROM_EMAIL='Cairn",
    ]


@pytest.mark.parametrize(
    "path", ["https://example.org/cairn", "https://example.org/cairn/"]
)
def test_a_site_below_a_path_is_refused(manage, path):
    result = manage("check", **{**REQUIRED, "SITE_URL": path})
    assert result.stderr == (
        f"manage.py: SITE_URL={path!r} must be like https://cairn.example, without a "
        "path: Cairn needs a host name of its own\n"
    )


def test_settings_that_contradict_each_other_are_named(manage):
    """All of them in one process, because starting a process takes seconds."""
    result = manage(
        "check",
        **{**REQUIRED, "SITE_URL": "http://cairn.lan"},
        INSECURE_HTTP="true",
        BEHIND_TLS_PROXY="true",
        GRANIAN_URL_PATH_PREFIX="/cairn",
    )
    assert [line.split()[1] for line in result.stderr.splitlines()] == [
        "BEHIND_TLS_PROXY=true",
        "GRANIAN_URL_PATH_PREFIX='/cairn'",
    ]
    result = manage("check", **REQUIRED, INSECURE_HTTP="true")
    assert result.stderr.startswith("manage.py: INSECURE_HTTP=true goes together with")


def test_the_advice_for_plain_http_names_the_ways_out(manage):
    result = manage("check", **{**REQUIRED, "SITE_URL": "http://cairn.lan:8152"})
    assert result.stderr.startswith("manage.py: SITE_URL='http://cairn.lan:8152' must")
    assert "docs/proxies.md" in result.stderr
    assert "INSECURE_HTTP=true" in result.stderr


def test_a_web_process_with_a_faulty_variable_ends_with_one_line(installation):
    result = subprocess.run(
        [sys.executable, "-c", "import config.wsgi"],
        cwd=installation,
        env={"PATH": os.environ["PATH"], **REQUIRED, "DATABASE_POOL_SIZE": "many"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith("DATABASE_POOL_SIZE='many' must be a whole number")
    assert result.stderr.count("\n") == 1


def test_values_are_normalised(evaluate):
    values = evaluate(
        "[s.SITE_URL, s.ALLOWED_HOSTS, s.CSRF_TRUSTED_ORIGINS, s.SIGN_UP_DOMAINS,"
        "s.ADMIN_PATH]",
        SITE_URL="https://Cairn.example:443/",
        ALLOWED_HOSTS=" Cairn.Test ,, bücher.example.,10.0.0.5,",
        CSRF_TRUSTED_ORIGINS="https://Other.example/, https://[2001:DB8::1]:8443",
        SIGN_UP="domains",
        SIGN_UP_DOMAINS="@Example.org, bücher.example",
        ADMIN_PATH="/a/b/",
    )
    assert values == [
        "https://cairn.example",
        ["cairn.example", "cairn.test", "xn--bcher-kva.example", "10.0.0.5"],
        ["https://other.example", "https://[2001:db8::1]:8443"],
        ["example.org", "xn--bcher-kva.example"],
        "a/b/",
    ]


def test_settings_follow_from_others(evaluate):
    """Port 465 means TLS from the start, and behind a TLS proxy is one proxy."""
    values = evaluate(
        "[s.ALLAUTH_TRUSTED_PROXY_COUNT, s.MAILERS['smtp']['OPTIONS']['use_ssl'],"
        "s.MAILERS['smtp']['OPTIONS']['use_tls']]",
        BEHIND_TLS_PROXY="true",
        EMAIL_HOST="smtp.example.org",
        EMAIL_PORT="465",
        DEFAULT_FROM_EMAIL="cairn@example.org",
    )
    assert values == [1, True, False]


def test_secrets_can_be_read_from_files(evaluate, manage, tmp_path):
    values = {
        "SECRET_KEY": "fedcba9876543210" * 4,
        "SECRET_KEY_FALLBACKS": REQUIRED["SECRET_KEY"],
        "DATABASE_URL": "postgres://cairn:a%40b@database/cairn",
        "CACHE_URL": "redis://:word@cache:6379/0",
        "EMAIL_PASSWORD": "correct-horse",
        "GITHUB_CLIENT_SECRET": "g1thub",
        "GOOGLE_CLIENT_SECRET": "g00gle",
    }
    files = {}
    for name, value in values.items():
        file = tmp_path / name.lower()
        file.write_text(f"{value}\n")
        files |= {f"{name}_FILE": str(file), name: ""}
    read = evaluate(
        "[s.SECRET_KEY, s.SECRET_KEY_FALLBACKS[0], s.DATABASES['default']['PASSWORD'],"
        "s.CACHES['default']['LOCATION'], s.MAILERS['smtp']['OPTIONS']['password'],"
        "*(p['APP']['secret'] for p in s.SOCIALACCOUNT_PROVIDERS.values())]",
        EMAIL_HOST="smtp.example.org",
        DEFAULT_FROM_EMAIL="cairn@example.org",
        GITHUB_CLIENT_ID="an id",
        GOOGLE_CLIENT_ID="an id",
        **files,
    )
    assert read == [*(values | {"DATABASE_URL": "a@b"}).values()]


def test_a_secret_that_cannot_be_read_is_named(manage, tmp_path):
    empty = tmp_path / "empty"
    empty.touch()
    result = manage(
        "check",
        **REQUIRED,
        SECRET_KEY_FILE=str(empty),
        EMAIL_HOST="smtp.example.org",
        DEFAULT_FROM_EMAIL="cairn@example.org",
        EMAIL_PASSWORD_FILE="/nowhere",
        CACHE_URL_FILE=str(empty),
    )
    lines = result.stderr.splitlines()
    assert len(lines) == 3
    assert "SECRET_KEY is set, and so is SECRET_KEY_FILE" in lines[0]
    assert f"CACHE_URL_FILE='{empty}' is empty" in lines[1]
    assert "EMAIL_PASSWORD_FILE='/nowhere' cannot be read (No such file" in lines[2]


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
        "ALLAUTH_TRUSTED_PROXY_COUNT",
        "SOCIALACCOUNT_PROVIDERS",
        *cookie_settings,
    ]
    values = evaluate(f"[getattr(s, name) for name in {names}]")
    assert dict(zip(names, values, strict=True)) == {
        "DEBUG": False,
        "ADMIN_NEEDS_SECOND_FACTOR": True,
        "COOKIE_PREFIX": "__Host-",
        "ADMIN_PATH": "admin/",
        "ALLAUTH_TRUSTED_PROXY_COUNT": 0,
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


def test_the_admins_path_cannot_be_that_of_another_page():
    """Only a path that no page uses is free for the admin."""
    first_parts = {str(each.pattern).split("/")[0] for each in config_urls.urlpatterns}
    pages = first_parts - {"", settings.ADMIN_PATH.strip("/")}
    others = {"healthz", "readyz", "static"}
    assert {"roadmaps", *pages, *others} == settings.RESERVED_PATHS


def test_the_default_sender_quotes_the_site_name(evaluate):
    sender = evaluate("s.DEFAULT_FROM_EMAIL", SITE_NAME="Smith, Jones & Co")
    assert sender == '"Smith, Jones & Co" <cairn@localhost>'


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    assert project["project"]["version"] == settings.VERSION
