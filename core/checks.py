"""Checks of the settings for `manage.py check --deploy`."""

from typing import Any

from django.conf import settings
from django.core import checks

SHARED_CACHE = "core.cache.Cache"


@checks.register(checks.Tags.caches, deploy=True)
def check_shared_cache(**_: Any) -> list[checks.CheckMessage]:
    if settings.CACHES["default"]["BACKEND"] == SHARED_CACHE:
        return []
    return [
        checks.Warning(
            "Each web process counts rate limits by itself, and two of them may handle "
            "the same form.",
            hint="Set CACHE_URL to a Redis or Valkey server, or run one web process.",
            id="cairn.W001",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def check_mail_server(**_: Any) -> list[checks.CheckMessage]:
    if not settings.MAIL_IS_PRINTED:
        return []
    return [
        checks.Error(
            "People get codes by email, for example to sign up or to change their "
            "address, and no mail server is configured.",
            hint="Set EMAIL_HOST. Until then, codes are printed to the log.",
            id="cairn.E001",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def check_https(**_: Any) -> list[checks.CheckMessage]:
    if not settings.INSECURE_HTTP:
        return []
    return [
        checks.Warning(
            "INSECURE_HTTP is true, so everybody on the network can read passwords and "
            "take over sessions.",
            hint="Use HTTPS. docs/proxies.md shows how, including in a local network.",
            id="cairn.W003",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def check_trusted_proxies(**_: Any) -> list[checks.CheckMessage]:
    if not settings.BEHIND_TLS_PROXY or settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return []
    return [
        checks.Warning(
            "Everybody shares the same sign-in limits: BEHIND_TLS_PROXY is true, but "
            "TRUSTED_PROXY_COUNT is 0.",
            hint="Set TRUSTED_PROXY_COUNT to the number of your proxies, such as 1.",
            id="cairn.W002",
        )
    ]
