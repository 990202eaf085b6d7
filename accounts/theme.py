"""The colour scheme that a page is shown in."""

from django.conf import settings
from django.http import HttpRequest

from accounts.models import Theme

COOKIE = f"{settings.COOKIE_PREFIX}theme"


def theme_of(request: HttpRequest) -> str:
    """A person's own, on every device; else what this browser was told; else none."""
    user = getattr(request, "user", None)  # none where a request is refused at once
    if user and user.is_authenticated and user.theme:
        return str(user.theme)
    return theme_of_browser(request.COOKIES)


def theme_of_browser(cookies: dict[str, str]) -> str:
    theme = cookies.get(COOKIE, "")
    return theme if theme in Theme else ""
