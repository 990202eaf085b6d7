"""The colour scheme that a page is shown in."""

from django.http import HttpRequest

from accounts.models import Theme

COOKIE = "theme"


def theme_of(request: HttpRequest) -> str:
    """A person's own, on every device; else what this browser was told; else none."""
    if request.user.is_authenticated and request.user.theme:
        return request.user.theme
    theme = request.COOKIES.get(COOKIE, "")
    return theme if theme in Theme.values else ""
