"""The sessions of people who are not signed in, such as one that waits for a code."""

from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

EXPIRY_KEY = "_session_expiry"  # where Django stores the lifetime
LIFETIME = 60 * 60  # seconds; the codes in them expire after ten minutes


def expire_soon(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that lets a session end an hour after its last change.

    Anybody can make such sessions, so they must not add up. A sign-in replaces the
    lifetime (allauth's ACCOUNT_SESSION_REMEMBER).
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        session = request.session
        # Reading an unchanged session would vary the page by cookie.
        if session.modified and not session.is_empty() and SESSION_KEY not in session:
            session.set_expiry(LIFETIME)
        return response

    return middleware


def end_if_empty(request: HttpRequest) -> None:
    """End the session of somebody who is not signed in, unless it holds something."""
    session = request.session
    values = [value for key, value in session.items() if key != EXPIRY_KEY]
    if SESSION_KEY not in session and not any(values):
        session.flush()
