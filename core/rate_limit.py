"""Counters in the cache, and the limit on how many changes a user can make per minute.

Every counter of ours uses `increment`, which is atomic: requests that arrive together
are counted one by one. Processes share the counters if they share the cache.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from http import HTTPStatus
from typing import Any, NamedTuple, cast

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

CHANGES_PER_MINUTE = 120  # steps, notes and groups together
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
            limit = Limit("changes", CHANGES_PER_MINUTE, MINUTE)
            if not limit.use(str(request.user.pk)):
                seconds = MINUTE - int(time.time()) % MINUTE
                return too_many_requests(request, seconds)
        return view(request, *args, **kwargs)

    return cast(View, wrapper)


def too_many_requests(request: HttpRequest, seconds: int) -> HttpResponse:
    """Return the page for 429, which asks the user to wait for `seconds`."""
    status = HTTPStatus.TOO_MANY_REQUESTS
    response = render(request, "429.html", {"seconds": seconds}, status=status)
    response["Retry-After"] = str(seconds)
    return response


def increment(key: str, lifetime: int = 2 * MINUTE) -> int:
    """Add one to the counter `key` and return it. It starts again after `lifetime`
    seconds.
    """
    try:
        return cache.incr(key)
    except ValueError:  # there is no such counter yet
        cache.add(key, 0, lifetime)
        return cache.incr(key)


class Limit(NamedTuple):
    """At most `amount` uses per key in each period of the clock of `seconds`."""

    name: str
    amount: int
    seconds: int

    def use(self, key: str) -> bool:
        """Count one use. Return whether the limit allows it."""
        return increment(self.cache_key(key), self.seconds) <= self.amount

    def give_back(self, key: str) -> None:
        """Take back one use that should not count after all."""
        with suppress(ValueError):  # the period is over
            cache.decr(self.cache_key(key))

    def reset(self, key: str) -> None:
        """Forget all uses of the key."""
        cache.delete(self.cache_key(key))

    def cache_key(self, key: str) -> str:
        # Hashed, because keys may be addresses, and any length.
        digest = hashlib.sha256(key.encode()).hexdigest()
        return f"limit:{self.name}:{int(time.time()) // self.seconds}:{digest}"
