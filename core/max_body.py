"""Refuse a request whose body is too large, before the body is read."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from core.request_body import get_length

type View = Callable[..., HttpResponse]


def content_length(request: HttpRequest) -> int:
    """Return the Content-Length in bytes. Django never reads more than that."""
    return get_length(request.META)


def content_too_large(request: HttpRequest) -> HttpResponse:
    """Return the site's error page with status 413."""
    return render(request, "413.html", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def max_body[V: View](limit: int, too_large: View | None = None) -> Callable[[V], V]:
    """Refuse a request whose body is larger than `limit` bytes, by its Content-Length.

    The response is `too_large(request)`, which sets its own status, or the site's page
    for 413. Django's CSRF middleware would read the body to find the token. So the view
    is exempt from it, and this decorator checks the token after the size.

    The limit may be larger than MAX_REQUEST_BODY, which then does not apply.

    Make this the outermost decorator, so that no other decorator reads the body first.
    The first argument of the view must be the request: decorate an admin's bound
    method, not the function in its class.
    """

    def decorator(view: V) -> V:
        protected = csrf_protect(view)

        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if content_length(request) > limit:
                return (too_large or content_too_large)(request)
            return protected(request, *args, **kwargs)

        wrapper.has_own_limit = True  # type: ignore[attr-defined]
        return cast(V, csrf_exempt(wrapper))

    return decorator


def has_own_limit(path: str) -> bool:
    """Whether the view of this address limits its requests with `max_body`."""
    try:
        view = resolve(path).func
    except Resolver404:
        return False
    return getattr(view, "has_own_limit", False)
