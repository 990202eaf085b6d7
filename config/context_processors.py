"""The variables that every template can use."""

from urllib.parse import quote

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, get_language_bidi

from accounts import signup_policy
from accounts.theme import get_theme
from core.postgresql.replica import is_reading_replica
from core.site_url import get_site_url

# A data URL, because the icon is smaller than the headers of a request for a file.
ICON_SVG = (settings.BASE_DIR / "static/icon.svg").read_text().strip()
ICON_URL = f"data:image/svg+xml,{quote(ICON_SVG, safe='=/:')}"


def site_context() -> dict[str, object]:
    """Return the variables that need no request, so that error pages have them too."""
    language, _, region = (get_language() or settings.LANGUAGE_CODE).partition("-")
    return {
        "site_name": settings.SITE_NAME,
        "contact_email": settings.CONTACT_EMAIL,
        "privacy_url": settings.PRIVACY_URL,
        "icon": ICON_URL,
        "language": f"{language}-{region.upper()}" if region else language,
        "direction": "rtl" if get_language_bidi() else "ltr",
    }


def site(request: HttpRequest) -> dict[str, object]:
    return site_context() | {
        "site_url": lambda: get_site_url(request),
        "can_sign_up": signup_policy.is_open(),
        "sign_up": settings.SIGN_UP,
        "sign_up_domains": settings.SIGN_UP_DOMAINS,
        "password_sign_in": settings.PASSWORD_SIGN_IN,
        # A callable, so that the user is loaded only if the template uses the theme.
        "theme": lambda: get_theme(request),
        "is_replica": is_reading_replica(),
        "mail_is_printed": settings.MAIL_IS_PRINTED,
        # Only error pages show it: other pages are the same for every visitor.
        "request_id": structlog.contextvars.get_contextvars().get("request_id"),
    }
