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
            "Each web process counts limits by itself, and may handle a form twice.",
            hint="Set CACHE_URL to a Redis or Valkey, or run one web process.",
            id="cairn.W001",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def check_mail_server(**_: Any) -> list[checks.CheckMessage]:
    if not settings.MAIL_IS_PRINTED:
        return []
    return [
        checks.Error(
            "Signing up needs a code from a mail, and there is no mail server.",
            hint="Set EMAIL_HOST. Until then codes are printed to the log.",
            id="cairn.E001",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def check_https(**_: Any) -> list[checks.CheckMessage]:
    if not settings.INSECURE_HTTP:
        return []
    return [
        checks.Warning(
            "Everybody on the network can read passwords and take over sessions: "
            "INSECURE_HTTP is true.",
            hint="Use HTTPS; docs/proxies.md shows how, also in a local network.",
            id="cairn.W003",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def check_trusted_proxies(**_: Any) -> list[checks.CheckMessage]:
    if not settings.BEHIND_TLS_PROXY or settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return []
    return [
        checks.Warning(
            "All people share the limits on signing in: BEHIND_TLS_PROXY is true, but "
            "TRUSTED_PROXY_COUNT is 0.",
            hint="Set TRUSTED_PROXY_COUNT to the number of your proxies, such as 1.",
            id="cairn.W002",
        )
    ]
