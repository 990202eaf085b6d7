"""What `manage.py check --deploy` holds against the settings."""

from typing import Any

from django.conf import settings
from django.core import checks

SHARED_CACHE = "config.cache.Cache"


@checks.register(checks.Tags.caches, deploy=True)
def limits_are_shared(**_: Any) -> list[checks.CheckMessage]:
    if settings.CACHES["default"]["BACKEND"] == SHARED_CACHE:
        return []
    return [
        checks.Warning(
            "Each web process counts the limits on signing in and ticking by itself.",
            hint="Set CACHE_URL to a Redis or Valkey, or run one web process.",
            id="cairn.W001",
        )
    ]
