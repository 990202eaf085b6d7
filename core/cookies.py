"""Set the cookies that only the server reads."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse


def set_cookie(
    response: HttpResponse, name: str, value: str, max_age: int | timedelta
) -> None:
    """Set a cookie for all pages, which no script and no other site's form gets.

    `max_age` is in seconds, or a timedelta.
    """
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
