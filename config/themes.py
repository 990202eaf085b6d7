"""The colour scheme that a person chose over their system's."""

from django.http import HttpRequest

COOKIE = "theme"
THEMES = ["light", "dark"]  # none: as the system has it


def theme_of(request: HttpRequest) -> str:
    theme = request.COOKIES.get(COOKIE, "")
    return theme if theme in THEMES else ""
