"""Limits on guessing passwords and on asking for codes.

Each limit per account has a double per device: a browser in which somebody has signed
in before has its own allowance. So whoever uses up the allowance of an account from
elsewhere does not lock out its owner. Source: OWASP, "Slow Down Online Guessing Attacks
with Device Cookies".
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponseBase

from accounts import known_devices
from accounts.allauth_internals import get_ip
from core.rate_limit import Limit

WRONG_PASSWORDS = Limit("wrong-passwords", 5, 5 * 60)
LOGIN_CODES = Limit("login-codes", 3, 60)  # mails
NEW_CODES = Limit("new-codes", 6, 10 * 60)  # mails per session
# Attempts count until their password is found to be right, so this is more than a web
# process has threads: everybody in a room may sign in at once.
WRONG_PASSWORDS_PER_IP = Limit("wrong-passwords-per-ip", 60, 60)


class Uses(NamedTuple):
    """The limits that one request uses, each with its key."""

    limits: list[tuple[Limit, str]]

    def allowed(self) -> bool:
        """Count the request. Return whether all limits allow it."""
        return all(limit.use(key) for limit, key in self.limits)

    def give_back(self) -> None:
        for limit, key in self.limits:
            limit.give_back(key)


def password_attempt(request: HttpRequest, email: str) -> Uses:
    guesser = known_devices.find(request, email) or email
    return Uses([(WRONG_PASSWORDS, guesser), (WRONG_PASSWORDS_PER_IP, get_ip(request))])


def login_code_request(request: HttpRequest, email: str) -> Uses:
    return Uses([(LOGIN_CODES, known_devices.find(request, email) or email)])


def limit_new_codes(
    view: Callable[..., HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Limit how often "Send a new code" is pressed.

    allauth allows it twice per code, but counts in the session, so it misses some of
    the requests that are made at the same time.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_new_code = request.POST.get("action") == "resend"
        if is_new_code and not NEW_CODES.use(str(request.session.session_key)):
            response: HttpResponseBase = ratelimit.respond_429(request)
            return response
        return view(request, *args, **kwargs)

    return wrapper
