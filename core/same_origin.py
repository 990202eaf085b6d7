"""Protect a form against cross-site requests without a CSRF token."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt


def same_origin_only[View: Callable[..., HttpResponse]](view: View) -> View:
    """Refuse a request, with 403, unless the browser says that this site sent it.

    It replaces Django's CSRF token, so that a page with such a form can be the same
    for everyone. `Sec-Fetch-Site` decides; browsers leave that out on plain http, and
    then `Origin` decides. A request with neither header is refused. This is "Fetch
    Metadata" of OWASP's CSRF Prevention Cheat Sheet, without its exception for
    requests with neither header.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        fetch_site = request.headers.get("Sec-Fetch-Site")
        if fetch_site:
            is_same_origin = fetch_site == "same-origin"
        else:
            own_origin = f"{request.scheme}://{request.get_host()}"
            is_same_origin = request.headers.get("Origin") == own_origin
        if not is_same_origin:
            raise PermissionDenied("The request does not come from this site.")
        return view(request, *args, **kwargs)

    return cast(View, csrf_exempt(wrapper))
