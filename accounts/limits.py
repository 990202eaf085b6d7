"""Limits on guessing passwords and on asking for codes.

A browser in which the owner of an account has signed in before has limits of its own
instead of the account's. So somebody who guesses the password elsewhere does not lock
out the owner. Source: OWASP, "Slow Down Online Guessing Attacks with Device Cookies".
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
# An attempt counts until its password proves to be right. So this must exceed the
# threads of a web process: a whole class may sign in at once.
WRONG_PASSWORDS_PER_IP = Limit("wrong-passwords-per-ip", 60, 60)


class Uses(NamedTuple):
    """The limits that apply to one request, each with its key."""

    limits: list[tuple[Limit, str]]

    def allowed(self) -> bool:
        """Count the request, limit by limit. Return whether all allow it."""
        return all(limit.use(key) for limit, key in self.limits)

    def give_back(self) -> None:
        for limit, key in self.limits:
            limit.give_back(key)


def password_attempt(request: HttpRequest, email: str) -> Uses:
    # The address comes first: if it is refused, the account keeps its attempts.
    guesser = known_devices.find(request, email) or email
    return Uses([(WRONG_PASSWORDS_PER_IP, get_ip(request)), (WRONG_PASSWORDS, guesser)])


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
