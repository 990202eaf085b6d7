"""What every template may say."""

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from config.themes import theme_of


def site(request: HttpRequest) -> dict[str, object]:
    return {
        # Lazy: whoever asks for the person's theme has a page of that person's.
        "theme": SimpleLazyObject(lambda: theme_of(request)),
        "mail_is_printed": settings.MAIL_IS_PRINTED,
        # For error pages only: others are the same bytes for every visitor.
        "request_id": structlog.contextvars.get_contextvars().get("request_id"),
    }
