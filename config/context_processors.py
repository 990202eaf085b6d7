"""What every template can use."""

from urllib.parse import quote

import structlog
from django.conf import settings
from django.http import HttpRequest

from accounts import signup_policy
from accounts.theme import get_theme

# The icon is part of the page: as a file it would cost a request, and be smaller than
# that request's headers.
SVG = (settings.BASE_DIR / "static/icon.svg").read_text().strip()
ICON = f"data:image/svg+xml,{quote(SVG, safe=' =/:')}"


def site_context() -> dict[str, object]:
    """Return what an error page can use too, which is rendered without a request."""
    language, _, region = settings.LANGUAGE_CODE.partition("-")
    return {
        "site_name": settings.SITE_NAME,
        "contact_email": settings.CONTACT_EMAIL,
        "privacy_url": settings.PRIVACY_URL,
        "icon": ICON,
        "language": f"{language}-{region.upper()}" if region else language,
    }


def site(request: HttpRequest) -> dict[str, object]:
    return site_context() | {
        "can_sign_up": signup_policy.is_open(),
        "sign_up": settings.SIGN_UP,
        "sign_up_domains": settings.SIGN_UP_DOMAINS,
        # A function, which templates call: only a page that shows it loads the user.
        "theme": lambda: get_theme(request),
        "mail_is_printed": settings.MAIL_IS_PRINTED,
        # Shown on error pages only; other pages are the same for every visitor.
        "request_id": structlog.contextvars.get_contextvars().get("request_id"),
    }
