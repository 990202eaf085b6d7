"""What an OpenID provider publishes about itself: its URLs and its keys.

Source: OpenID Connect Discovery 1.0, 3 and 4.
"""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import requests
import structlog
from django.core.cache import cache

from accounts.openid_connect.errors import ProviderUnavailableError
from core.bounded_session import BoundedSession
from core.setting_parsers import is_loopback, split_url

log = structlog.get_logger("cairn.accounts")

LIFETIME = 60 * 60  # seconds
# After a failure, this time passes before the next attempt. Otherwise every sign-in and
# every sign-in page would wait for a provider that is down.
RETRY_INTERVAL = 20  # seconds
KEYS_RETRY_INTERVAL = 60  # seconds
AWAY = "away"


class Metadata(NamedTuple):
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str  # may be empty
    # Discovery 1.0, 3: the default is client_secret_basic.
    token_endpoint_auth_methods: list[str]


def get_metadata(issuer: str) -> Metadata:
    """Return what the provider published within the last hour.

    Raises ProviderUnavailableError.
    """
    fields = cached(cache_key("metadata", issuer), lambda: fetch_metadata(issuer))
    return Metadata(**fields)


def get_metadata_for_page(issuer: str) -> Metadata | None:
    """Return the metadata for a page that can do without them.

    Only one page at a time waits for the provider. Otherwise a class that opens the
    sign-in page while the provider hangs would take all threads.
    """
    key = cache_key("metadata", issuer)
    if cache.get(key) is None and not cache.add(f"{key}:page", True, RETRY_INTERVAL):
        return None
    try:
        return get_metadata(issuer)
    except ProviderUnavailableError:
        return None


def get_keys(metadata: Metadata, kid: str | None = None) -> list[dict[str, Any]]:
    """Return the provider's keys (RFC 7517).

    They are fetched again if the key `kid` is not among them: providers replace their
    keys (OpenID Connect Core 1.0, 10.1.1). Raises ProviderUnavailableError.
    """
    key = cache_key("keys", metadata.jwks_uri)
    keys: list[dict[str, Any]] = cached(key, lambda: fetch_keys(metadata.jwks_uri))
    is_known = kid is None or any(each.get("kid") == kid for each in keys)
    if not is_known and cache.add(f"{key}:again", True, KEYS_RETRY_INTERVAL):
        cache.delete(key)
        keys = cached(key, lambda: fetch_keys(metadata.jwks_uri))
    return keys


def cache_key(kind: str, url: str) -> str:
    return f"openid:{kind}:{hashlib.sha256(url.encode()).hexdigest()}"


def cached(key: str, fetch: Callable[[], Any]) -> Any:
    value = cache.get(key)
    if value is None:
        try:
            value = fetch()
        except ProviderUnavailableError as error:
            log.warning("openid_provider_is_away", reason=str(error))
            cache.set(key, AWAY, RETRY_INTERVAL)
            raise
        cache.set(key, value, LIFETIME)
    if value == AWAY:
        raise ProviderUnavailableError("It did not answer a moment ago.")
    return value


def fetch_metadata(issuer: str) -> dict[str, Any]:
    # Discovery 1.0, 4: a slash at the end of the issuer is left out.
    document = fetch_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    # Discovery 1.0, 4.3: otherwise one provider could pretend to be another one.
    if document.get("issuer") != issuer:
        raise ProviderUnavailableError(
            f"OIDC_ISSUER is {issuer!r}, but it calls itself "
            f"{document.get('issuer')!r}."
        )
    required = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    urls = {name: document.get(name) for name in required}
    urls["userinfo_endpoint"] = document.get("userinfo_endpoint") or ""
    for name, url in urls.items():
        if url != "" and not is_secure_url(url, issuer):
            raise ProviderUnavailableError(f"It has no secure {name}.")
    methods = document.get("token_endpoint_auth_methods_supported")
    if not isinstance(methods, list):
        methods = ["client_secret_basic"]
    return {**urls, "token_endpoint_auth_methods": methods}


def fetch_keys(url: str) -> list[dict[str, Any]]:
    keys = fetch_json(url).get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise ProviderUnavailableError("It does not publish keys.")
    return keys


def fetch_json(url: str, **options: Any) -> dict[str, Any]:
    """Return the JSON object at `url`. Raises ProviderUnavailableError."""
    try:
        with BoundedSession() as session:
            response = session.get(url, **options)
            response.raise_for_status()
            document = response.json()
    except (requests.RequestException, UnicodeError) as error:
        raise ProviderUnavailableError(f"{url}: {type(error).__name__}") from error
    if response.status_code != requests.codes.ok or not isinstance(document, dict):
        raise ProviderUnavailableError(f"{url} does not return a JSON object.")
    return document


def is_secure_url(url: Any, issuer: str) -> bool:
    """Whether `url` uses TLS, which is required of all URLs of a provider.

    A provider on this machine may do without, as in tests.
    """
    try:
        return isinstance(url, str) and (
            split_url(url).scheme == "https"
            or (is_loopback(issuer) and is_loopback(url))
        )
    except ValueError:
        return False
