"""How often one person may change something."""

import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import cast

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

CHANGES_A_MINUTE = 120  # steps and notes together
MINUTE = 60  # seconds


def limited[View: Callable[..., HttpResponse]](view: View) -> View:
    """Answer 429 to the POST of a person who has made as many in the minute on the
    clock. Counted in the cache, which web processes share, so that it costs no query.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method == "POST" and request.user.is_authenticated:
            minute, second = divmod(int(time.time()), MINUTE)
            if count(f"changes:{request.user.pk}:{minute}") > CHANGES_A_MINUTE:
                return too_many(request, MINUTE - second)
        return view(request, *args, **kwargs)

    return cast(View, guarded)


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    status = HTTPStatus.TOO_MANY_REQUESTS
    response = render(request, "429.html", {"seconds": seconds}, status=status)
    response["Retry-After"] = str(seconds)
    return response


def count(key: str) -> int:
    """How often this was called for the key, within about a minute."""
    try:
        return cache.incr(key)
    except ValueError:  # the first
        cache.add(key, 0, 2 * MINUTE)
        return cache.incr(key)
