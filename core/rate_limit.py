"""Limit how many changes a user can make per minute."""

import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

CHANGES_PER_MINUTE = 120  # steps and notes together
MINUTE = 60  # seconds


def rate_limit[View: Callable[..., HttpResponse]](view: View) -> View:
    """Answer 429 to a signed-in user's POST after CHANGES_PER_MINUTE others in the same
    minute of the clock.

    All views with this decorator share one count per user. It is in the cache, so it
    costs no query.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and request.user.is_authenticated:
            minute, second = divmod(int(time.time()), MINUTE)
            key = f"changes:{request.user.pk}:{minute}"
            if increment(key) > CHANGES_PER_MINUTE:
                return too_many_requests(request, MINUTE - second)
        return view(request, *args, **kwargs)

    return cast(View, wrapper)


def too_many_requests(request: HttpRequest, seconds: int) -> HttpResponse:
    """Return the page for 429, which asks the user to wait for `seconds`."""
    status = HTTPStatus.TOO_MANY_REQUESTS
    response = render(request, "429.html", {"seconds": seconds}, status=status)
    response["Retry-After"] = str(seconds)
    return response


def increment(key: str) -> int:
    """Add one to the counter `key`, which lasts two minutes, and return it."""
    try:
        return cache.incr(key)
    except ValueError:  # there is no such counter yet
        cache.add(key, 0, 2 * MINUTE)
        return cache.incr(key)
