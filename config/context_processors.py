"""What every template may say."""

from urllib.parse import quote

import structlog
from django.conf import settings
from django.http import HttpRequest

from accounts import signup_policy
from accounts.theme import theme_of

# In the page: as a file it would cost a request, and be less than its headers.
SVG = (settings.BASE_DIR / "static/icon.svg").read_text().strip()
ICON = f"data:image/svg+xml,{quote(SVG, safe=' =/:')}"


def names() -> dict[str, object]:
    """What an error page may say too, which has no request to ask."""
    language, _, region = settings.LANGUAGE_CODE.partition("-")
    return {
        "site_name": settings.SITE_NAME,
        "contact_email": settings.CONTACT_EMAIL,
        "privacy_url": settings.PRIVACY_URL,
        "icon": ICON,
        "language": f"{language}-{region.upper()}" if region else language,
    }


def site(request: HttpRequest) -> dict[str, object]:
    return names() | {
        "can_sign_up": signup_policy.is_open(),
        "sign_up": settings.SIGN_UP,
        "sign_up_domains": settings.SIGN_UP_DOMAINS,
        # A function, which templates call: only a page that shows it looks at the user.
        "theme": lambda: theme_of(request),
        "mail_is_printed": settings.MAIL_IS_PRINTED,
        # For error pages only: others are the same bytes for every visitor.
        "request_id": structlog.contextvars.get_contextvars().get("request_id"),
    }
