"""Protect a form against cross-site requests without a CSRF token."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from core.site_url import get_site_url

SAFE_METHODS = ("GET", "HEAD")  # RFC 9110, section 9.2.1


def is_same_origin(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this site sent the request.

    `Sec-Fetch-Site` decides; browsers leave that out on plain http, and then `Origin`
    decides. A request with neither header does not count. This is "Fetch Metadata" of
    OWASP's CSRF Prevention Cheat Sheet, without its exception for requests with
    neither header.
    """
    if fetch_site := request.headers.get("Sec-Fetch-Site"):
        return fetch_site == "same-origin"
    trusted_origins = (get_site_url(request), *settings.CSRF_TRUSTED_ORIGINS)
    return request.headers.get("Origin") in trusted_origins


def get_origin(request: HttpRequest) -> str:
    """Return the origin that the browser names in `Origin` or `Referer`, or ""."""
    if origin := request.headers.get("Origin"):
        return origin
    try:
        referer = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    return f"{referer.scheme}://{referer.netloc}" if referer.netloc else ""


def same_origin_only[View: Callable[..., HttpResponse]](view: View) -> View:
    """Refuse a request, with 403, unless the browser says that this site sent it.

    It replaces Django's CSRF token, so that a page with such a form can be the same
    for everyone, and works after signing in again, which renews the token. GET and HEAD
    are not checked, as with the token.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in SAFE_METHODS and not is_same_origin(request):
            show_failure = import_string(settings.CSRF_FAILURE_VIEW)
            return cast(HttpResponse, show_failure(request, reason="Other origin."))
        return view(request, *args, **kwargs)

    return cast(View, csrf_exempt(wrapper))
