"""Settings from the environment. With a missing or faulty one, Cairn does not start."""

import os
import runpy
import subprocess
import sys
import tomllib
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core import signing
from django.core.exceptions import ImproperlyConfigured

from config import urls as config_urls

REQUIRED = {
    "DATABASE_URL": "postgres://localhost/cairn",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "SITE_URL": "https://cairn.example",
}


@pytest.fixture
def read_settings(monkeypatch):
    """A function that returns the settings for these environment variables alone.

    It runs their file again, because starting a process takes seconds.
    """

    def read_settings(**variables):
        with monkeypatch.context() as patched:
            for name in {*os.environ, "DEBUG"} - {"PATH", *variables}:
                patched.setenv(name, "")  # also hides a variable of .env
            for name, value in variables.items():
                patched.setenv(name, value)
            values = runpy.run_path(str(settings.BASE_DIR / "config/settings.py"))
        return SimpleNamespace(**values)

    return read_settings


@pytest.fixture
def read_faults(read_settings):
    """A function that returns a line for each fault of these variables."""

    def read_faults(**variables):
        with pytest.raises(ImproperlyConfigured) as error:
            read_settings(**variables)
        return str(error.value).splitlines()

    return read_faults


@pytest.mark.parametrize(
    "command", [["manage.py", "check"], ["-c", "import config.wsgi"]]
)
def test_a_process_names_its_missing_and_faulty_settings(installation, command):
    result = subprocess.run(
        [sys.executable, *command],
        cwd=installation,
        env={"PATH": os.environ["PATH"], "SITE_NAME": "two\nlines"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    lines = [line.removeprefix("manage.py: ") for line in result.stderr.splitlines()]
    assert lines == [
        "SITE_URL is missing; set it to the address of the site, such as "
        "https://cairn.example",
        "SECRET_KEY is missing; set it to a random key; generate one with: "
        "openssl rand -hex 32",
        "SITE_NAME='two\\nlines' must be one line of text, such as Cairn",
        "DATABASE_URL is missing; set it to a PostgreSQL database, such as "
        "postgres://cairn:password@db.example.org:5432/cairn",
    ]


def test_an_empty_setting_counts_as_missing_and_is_named(read_faults):
    [fault] = read_faults(**{**REQUIRED, "SITE_URL": " "})
    assert fault.startswith("SITE_URL is missing")


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


def test_every_faulty_variable_is_named_with_its_value_in_one_line(read_faults):
    faults = read_faults(**FAULTS, **FAULTY_SECRETS)
    named = dict(fault.split("=", 1) for fault in faults)
    for name, value in FAULTS.items():
        if name != "SIGN_UP_DOMAINS":
            assert named[name].startswith(repr(value)), name
    for name in FAULTY_SECRETS:
        assert named[name].startswith("(hidden)"), name
    assert not any("changeme" in fault for fault in faults)


def test_variables_that_belong_together_are_asked_for_together(read_faults):
    faults = read_faults(
        **REQUIRED,
        SIGN_UP="domains",
        GITHUB_CLIENT_ID="an id",
        OIDC_ISSUER="https://login.example",
        EMAIL_HOST="smtp.example.org",
    )
    assert [fault.split()[0] for fault in faults] == [
        "SIGN_UP_DOMAINS",
        "GITHUB_CLIENT_ID",
        "OIDC_NAME,",
        "DEFAULT_FROM_EMAIL='Cairn",
    ]
    assert faults[2] == (
        "OIDC_NAME, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must be set, too; OIDC_NAME, "
        "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together, set all "
        "or none"
    )


OIDC = {
    "OIDC_NAME": "Example School",
    "OIDC_ISSUER": "https://login.example/realms/school",
    "OIDC_CLIENT_ID": "cairn",
    "OIDC_CLIENT_SECRET": "the secret",
}


def test_the_organisations_provider_is_read(read_settings):
    values = read_settings(
        **REQUIRED,
        **OIDC,
        OIDC_SCOPES="openid email",
        OIDC_VERIFIED_DOMAINS="School.example",
        OIDC_ORIGINS="https://ADFS.example:443/",
        OIDC_GROUPS_CLAIM="realm_access.roles",
        OIDC_STAFF="cairn-editors, cairn-office",
        OIDC_EDITORS="cairn-editors",
    )
    app = values.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APP"]
    assert app == {
        "provider_id": OIDC["OIDC_ISSUER"],
        "name": "Example School",
        "client_id": "cairn",
        "secret": "the secret",
        "settings": {
            "server_url": OIDC["OIDC_ISSUER"],
            "scope": ["openid", "email"],
            "oauth_pkce_enabled": True,
            "verified_email": ["school.example"],
            "origins": ["https://adfs.example"],
            "groups_claim": "realm_access.roles",
            "site_roles": {
                "staff": ["cairn-editors", "cairn-office"],
                "Editors": ["cairn-editors"],
                "Publishers": [],
            },
        },
    }


ONLY_ADMINISTRATORS = {
    "SIGN_UP": "organisation",
    "PASSWORD_SIGN_IN": "administrators",
    "PASSWORD_SIGN_IN_ADDRESSES": "Ada@Bücher.example, ops@school.example",
}


def test_the_administrators_with_a_password_are_read(read_settings):
    values = read_settings(**REQUIRED, **OIDC, **ONLY_ADMINISTRATORS)
    assert values.SIGN_UP == "organisation"
    assert values.PASSWORD_SIGN_IN == "administrators"
    assert values.PASSWORD_SIGN_IN_ADDRESSES == [
        "ada@xn--bcher-kva.example",
        "ops@school.example",
    ]


def test_settings_with_which_nobody_could_sign_in_are_named(read_faults):
    faults = read_faults(**REQUIRED, **ONLY_ADMINISTRATORS)
    assert [fault.split(" ")[0] for fault in faults] == [
        "SIGN_UP=organisation",
        "PASSWORD_SIGN_IN=administrators",
    ]
    changes = {"PASSWORD_SIGN_IN_ADDRESSES": "", "SIGN_UP": "open"}
    faults = read_faults(**REQUIRED, **OIDC, **ONLY_ADMINISTRATORS | changes)
    assert [fault.split(" ")[0] for fault in faults] == [
        "PASSWORD_SIGN_IN=administrators",
        "PASSWORD_SIGN_IN=administrators",
    ]
    assert "needs SIGN_UP=organisation or SIGN_UP=closed" in faults[0]
    assert "needs PASSWORD_SIGN_IN_ADDRESSES" in faults[1]


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("OIDC_ISSUER", "login.example", "must be a URL with https://"),
        ("OIDC_ISSUER", "http://login.example", "must be a URL with https://"),
        ("OIDC_ISSUER", "https://login.example?a=1", "must be a URL with https://"),
        ("OIDC_ISSUER", f"https://login.example/{'x' * 200}", "of at most 200"),
        (
            "OIDC_ISSUER",
            "https://login.example/.well-known/openid-configuration",
            "must be without /.well-known/openid-configuration",
        ),
        ("OIDC_SCOPES", "profile email", "with openid among them"),
        ("OIDC_SCOPES", 'openid "email"', "with openid among them"),
        ("OIDC_VERIFIED_DOMAINS", "ada@school.example", "must be email domains"),
        ("OIDC_GROUPS_CLAIM", "a\nb", "must be one line of text"),
        ("OIDC_STAFF", "a\nb", "must be one line of text"),
        ("OIDC_ORIGINS", "http://adfs.example", "must be addresses with https://"),
    ],
)
def test_a_fault_in_the_organisations_provider_is_named(
    read_faults, name, value, advice
):
    [fault] = read_faults(**REQUIRED, **OIDC | {name: value})
    assert fault.startswith(f"{name}={value!r}")
    assert advice in fault


@pytest.mark.parametrize(
    "path", ["https://example.org/cairn", "https://example.org/cairn/"]
)
def test_a_site_below_a_path_is_refused(read_faults, path):
    assert read_faults(**{**REQUIRED, "SITE_URL": path}) == [
        f"SITE_URL={path!r} must be like https://cairn.example, without a path, "
        "because Cairn needs its own host name"
    ]


def test_settings_that_contradict_each_other_are_named(read_faults):
    faults = read_faults(
        **{**REQUIRED, "SITE_URL": "http://cairn.lan"},
        INSECURE_HTTP="true",
        BEHIND_TLS_PROXY="true",
        GRANIAN_URL_PATH_PREFIX="/cairn",
    )
    assert [fault.split()[0] for fault in faults] == [
        "BEHIND_TLS_PROXY=true",
        "GRANIAN_URL_PATH_PREFIX='/cairn'",
    ]
    [fault] = read_faults(**REQUIRED, INSECURE_HTTP="true")
    assert fault.startswith("INSECURE_HTTP=true needs a SITE_URL")


def test_the_advice_for_plain_http_names_the_ways_out(read_faults):
    [fault] = read_faults(**{**REQUIRED, "SITE_URL": "http://cairn.lan:8152"})
    assert fault.startswith("SITE_URL='http://cairn.lan:8152' must")
    assert "docs/proxies.md" in fault
    assert "INSECURE_HTTP=true" in fault


def test_values_are_normalised(read_settings):
    values = read_settings(
        **{**REQUIRED, "SITE_URL": "https://Cairn.example:443/"},
        ALLOWED_HOSTS=" Cairn.Test ,, bücher.example.,10.0.0.5,",
        CSRF_TRUSTED_ORIGINS="https://Other.example/, https://[2001:DB8::1]:8443",
        SIGN_UP="domains",
        SIGN_UP_DOMAINS="@Example.org, bücher.example",
        ADMIN_PATH="/a/b/",
    )
    assert values.SITE_URL == "https://cairn.example"
    assert values.ALLOWED_HOSTS == [
        "cairn.example",
        "cairn.test",
        "xn--bcher-kva.example",
        "10.0.0.5",
    ]
    assert values.CSRF_TRUSTED_ORIGINS == [
        "https://other.example",
        "https://[2001:db8::1]:8443",
    ]
    assert values.SIGN_UP_DOMAINS == ["example.org", "xn--bcher-kva.example"]
    assert values.ADMIN_PATH == "a/b/"


def test_settings_follow_from_others(read_settings):
    """Port 465 means TLS from the start, and behind a TLS proxy is one proxy."""
    values = read_settings(
        **REQUIRED,
        BEHIND_TLS_PROXY="true",
        EMAIL_HOST="smtp.example.org",
        EMAIL_PORT="465",
        DEFAULT_FROM_EMAIL="cairn@example.org",
    )
    assert values.ALLAUTH_TRUSTED_PROXY_COUNT == 1
    smtp = values.MAILERS["smtp"]["OPTIONS"]
    assert (smtp["use_ssl"], smtp["use_tls"]) == (True, False)


def test_a_replica_needs_a_cache_that_processes_share(read_settings):
    variables = {**REQUIRED, "DATABASE_REPLICA_URL": "postgres://standby/cairn"}
    with pytest.raises(ImproperlyConfigured, match="REPLICA_URL needs CACHE_URL"):
        read_settings(**variables)
    values = read_settings(**variables, CACHE_URL="redis://cache:6379/0")
    assert values.DATABASE_REPLICA["HOST"] == "standby"
    assert list(values.DATABASES) == ["default"]  # commands never use the replica


def test_secrets_can_be_read_from_files(read_settings, tmp_path):
    secrets = {
        "SECRET_KEY": "fedcba9876543210" * 4,
        "SECRET_KEY_FALLBACKS": REQUIRED["SECRET_KEY"],
        "DATABASE_URL": "postgres://cairn:a%40b@database/cairn",
        "CACHE_URL": "redis://:word@cache:6379/0",
        "EMAIL_PASSWORD": "correct-horse",
        "GITHUB_CLIENT_SECRET": "g1thub",
        "GOOGLE_CLIENT_SECRET": "g00gle",
        "OIDC_CLIENT_SECRET": "0idc",
    }
    files = {}
    for name, secret in secrets.items():
        file = tmp_path / name.lower()
        file.write_text(f"{secret}\n")
        files[f"{name}_FILE"] = str(file)
    values = read_settings(
        SITE_URL=REQUIRED["SITE_URL"],
        EMAIL_HOST="smtp.example.org",
        DEFAULT_FROM_EMAIL="cairn@example.org",
        GITHUB_CLIENT_ID="an id",
        GOOGLE_CLIENT_ID="an id",
        OIDC_NAME="Example School",
        OIDC_ISSUER="https://login.example",
        OIDC_CLIENT_ID="an id",
        **files,
    )
    assert [secrets["SECRET_KEY"], "a@b", secrets["CACHE_URL"]] == [
        values.SECRET_KEY,
        values.DATABASES["default"]["PASSWORD"],
        values.CACHES["default"]["LOCATION"],
    ]
    assert [secrets["SECRET_KEY_FALLBACKS"]] == values.SECRET_KEY_FALLBACKS
    assert values.MAILERS["smtp"]["OPTIONS"]["password"] == "correct-horse"
    providers = values.SOCIALACCOUNT_PROVIDERS
    assert providers["github"]["APP"]["secret"] == "g1thub"
    assert providers["google"]["APP"]["secret"] == "g00gle"
    assert providers["openid_connect"]["APP"]["secret"] == "0idc"


def test_a_secret_that_cannot_be_read_is_named(read_faults, tmp_path):
    empty = tmp_path / "empty"
    empty.touch()
    faults = read_faults(
        **REQUIRED,
        SECRET_KEY_FILE=str(empty),
        EMAIL_HOST="smtp.example.org",
        DEFAULT_FROM_EMAIL="cairn@example.org",
        EMAIL_PASSWORD_FILE="/nowhere",
        CACHE_URL_FILE=str(empty),
    )
    assert len(faults) == 3
    assert "SECRET_KEY and SECRET_KEY_FILE are both set" in faults[0]
    assert f"CACHE_URL_FILE='{empty}' is an empty file" in faults[1]
    assert "EMAIL_PASSWORD_FILE='/nowhere' cannot be read (No such file" in faults[2]


def test_the_defaults_are_safe(read_settings):
    values = vars(read_settings(**REQUIRED))
    expected = {
        "DEBUG": False,
        "ADMIN_NEEDS_SECOND_FACTOR": True,
        "COOKIE_PREFIX": "__Host-",
        "ADMIN_PATH": "admin/",
        "ALLAUTH_TRUSTED_PROXY_COUNT": 0,
        "SOCIALACCOUNT_PROVIDERS": {},
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_NAME": "__Host-csrf",
    }
    assert values | expected == values
    # Django's defaults for these are safe.
    for name in ("HTTPONLY", "SAMESITE", "PATH", "DOMAIN"):
        assert f"SESSION_COOKIE_{name}" not in values
    for name in ("SAMESITE", "PATH", "DOMAIN"):
        assert f"CSRF_COOKIE_{name}" not in values


def test_a_fallback_secret_key_still_verifies_signatures(read_settings, settings):
    key, fallback = "fedcba9876543210" * 4, REQUIRED["SECRET_KEY"]
    signed = signing.dumps("tick", key=fallback)
    variables = {"SECRET_KEY": key, "SECRET_KEY_FALLBACKS": fallback}
    values = read_settings(**{**REQUIRED, **variables})
    settings.SECRET_KEY = values.SECRET_KEY
    settings.SECRET_KEY_FALLBACKS = values.SECRET_KEY_FALLBACKS
    assert signing.loads(signed) == "tick"


def test_the_admins_path_cannot_be_that_of_another_page():
    """Only a path that no page uses is free for the admin."""
    first_parts = {str(each.pattern).split("/")[0] for each in config_urls.urlpatterns}
    pages = first_parts - {"", settings.ADMIN_PATH.strip("/")}
    others = {"healthz", "readyz", "static"}
    assert {"roadmaps", *pages, *others} == settings.RESERVED_PATHS


def test_the_default_sender_quotes_the_site_name(read_settings):
    values = read_settings(**REQUIRED, SITE_NAME="Smith, Jones & Co")
    assert values.DEFAULT_FROM_EMAIL == '"Smith, Jones & Co" <cairn@localhost>'


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    assert project["project"]["version"] == settings.VERSION
