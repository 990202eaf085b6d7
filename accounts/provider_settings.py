"""The settings of the providers that people can sign in with.

config/settings.py uses them before Django is set up.
"""

import re
from typing import Any

from core import setting_parsers as parse
from core.environment import Environment

# Nobody can sign in with OpenID Connect without these four.
REQUIRED = ("OIDC_NAME", "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
OPTIONAL = (
    *("OIDC_SCOPES", "OIDC_VERIFIED_DOMAINS", "OIDC_ORIGINS", "OIDC_GROUPS_CLAIM"),
    *("OIDC_STAFF", "OIDC_EDITORS", "OIDC_PUBLISHERS"),
)
DEFAULT_SCOPES = "openid profile email"
MAX_ISSUER_LENGTH = 200  # characters, as in allauth's column
DISCOVERY_PATH = "/.well-known/openid-configuration"


def issuer(text: str) -> str:
    """The issuer identifier of an OpenID provider (OpenID Connect Core 1.0, 1.2).

    It is not normalised, because tokens contain exactly this text.
    """
    example = "such as https://login.example.org/realms/school"
    if text.endswith(DISCOVERY_PATH):
        raise ValueError(f"must be without {DISCOVERY_PATH}, {example}")
    try:
        parts = parse.split_url(text)
        is_secure = parts.scheme == "https" or (
            parts.scheme == "http" and parse.is_loopback(text)
        )
        has_more = parts.query or parts.fragment or parts.username or " " in text
        is_valid = is_secure and not has_more
    except ValueError:
        is_valid = False
    if not is_valid or len(text) > MAX_ISSUER_LENGTH:
        raise ValueError(
            f"must be a URL with https:// of at most {MAX_ISSUER_LENGTH} characters, "
            f"{example}"
        )
    return text


def provider_origin(text: str) -> str:
    """The origin of a host that a sign-in passes through."""
    try:
        return parse.secure_origin(text)
    except ValueError:
        raise ValueError(
            "must be addresses with https:// and without a path, separated by commas, "
            "such as https://login.example.org"
        ) from None


def scopes(text: str) -> str:
    """The scopes to ask for, in the characters of RFC 6749, 3.3."""
    names = list(dict.fromkeys(text.split()))
    allowed = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
    if "openid" not in names or not all(map(allowed.fullmatch, names)):
        raise ValueError(
            "must be names separated by spaces, with openid among them, such as "
            f"{DEFAULT_SCOPES}"
        )
    return " ".join(names)


def account_address(text: str) -> str:
    """The address of an account, in the form in which accounts store it."""
    try:
        local, _, domain = parse.email(text).lower().rpartition("@")
        return f"{local}@{parse.host(domain)}"
    except ValueError:
        raise ValueError(
            "must be email addresses separated by commas, such as ada@example.org"
        ) from None


def join_names(names: list[str] | tuple[str, ...]) -> str:
    """Return "A", "A and B" or "A, B and C"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def read_providers(env: Environment) -> dict[str, dict[str, Any]]:
    """Return SOCIALACCOUNT_PROVIDERS for allauth: the providers that have keys."""
    providers: dict[str, dict[str, Any]] = {}
    for provider in ("github", "google"):
        client_id = env.read(f"{provider.upper()}_CLIENT_ID", "", parse.line)
        secret = env.read_secret(f"{provider.upper()}_CLIENT_SECRET", "", parse.line)
        if client_id and secret:
            providers[provider] = {"APP": {"client_id": client_id, "secret": secret}}
        elif client_id or secret:
            env.add_fault(
                f"{provider.upper()}_CLIENT_ID",
                f"and {provider.upper()}_CLIENT_SECRET belong together; "
                "set both or none",
            )
    if organisation := read_organisation(env):
        providers["openid_connect"] = {"APP": organisation}
    return providers


def read_organisation(env: Environment) -> dict[str, Any] | None:
    """Return the organisation's OpenID provider, or None if there is none.

    Its id is the issuer: a user's `sub` means nothing without it (OpenID Connect
    Core 1.0, 5.7).
    """
    url = env.read("OIDC_ISSUER", "", issuer)
    domains = parse.list_of(parse.email_domain)
    values = parse.list_of(parse.line)
    app = {
        "provider_id": url,
        "name": env.read("OIDC_NAME", "", parse.line),
        "client_id": env.read("OIDC_CLIENT_ID", "", parse.line),
        "secret": env.read_secret("OIDC_CLIENT_SECRET", "", parse.line),
        "settings": {
            "server_url": url,
            "scope": env.read("OIDC_SCOPES", DEFAULT_SCOPES, scopes).split(),
            "oauth_pkce_enabled": True,
            "verified_email": env.read("OIDC_VERIFIED_DOMAINS", [], domains),
            "origins": env.read("OIDC_ORIGINS", [], parse.list_of(provider_origin)),
            "groups_claim": env.read("OIDC_GROUPS_CLAIM", "groups", parse.line),
            # The staff flag, and the names of two permission groups.
            "site_roles": {
                "staff": env.read("OIDC_STAFF", [], values),
                "Editors": env.read("OIDC_EDITORS", [], values),
                "Publishers": env.read("OIDC_PUBLISHERS", [], values),
            },
        },
    }
    is_set = {
        name: env.get(name) or env.get(f"{name}_FILE") for name in REQUIRED + OPTIONAL
    }
    missing = [name for name in REQUIRED if not is_set[name]]
    if missing and any(is_set.values()):
        env.add_fault(
            join_names(missing),
            f"must be set, too; {join_names(REQUIRED)} belong together, set all or "
            "none",
        )
    return app if url and not missing else None


def read_password_sign_in(
    env: Environment, sign_up: str, has_organisation: bool
) -> tuple[str, list[str]]:
    """Return PASSWORD_SIGN_IN and PASSWORD_SIGN_IN_ADDRESSES.

    Each combination with which people could not sign in is a fault.
    """
    allowed = env.read(
        "PASSWORD_SIGN_IN", "everybody", parse.choice("everybody", "administrators")
    )
    addresses = env.read(
        "PASSWORD_SIGN_IN_ADDRESSES", [], parse.list_of(account_address)
    )
    needs_provider = f"needs {join_names(REQUIRED)}"
    if sign_up == "organisation" and not has_organisation:
        env.add_fault("SIGN_UP", needs_provider, sign_up)
    if allowed == "administrators" and not has_organisation:
        env.add_fault("PASSWORD_SIGN_IN", needs_provider, allowed)
    if allowed == "administrators" and sign_up not in ("organisation", "closed"):
        env.add_fault(
            "PASSWORD_SIGN_IN",
            "needs SIGN_UP=organisation or SIGN_UP=closed; otherwise people could "
            "create an account with a password that they cannot use",
            allowed,
        )
    if allowed == "administrators" and not addresses:
        env.add_fault(
            "PASSWORD_SIGN_IN",
            "needs PASSWORD_SIGN_IN_ADDRESSES, such as ada@example.org",
            allowed,
        )
    return allowed, addresses
