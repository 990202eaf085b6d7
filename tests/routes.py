"""The addresses of all pages."""

import re

from django.urls import URLResolver, get_resolver


def list_paths(**values):
    """List a path for each route except the admin's. Other arguments are 1."""
    return [
        re.sub(
            r"<(?:[^>:]+:)?(\w+)>", lambda match: str(values.get(match[1], 1)), route
        )
        for route in _list_routes(get_resolver().url_patterns)
    ]


def _list_routes(patterns, prefix="/"):
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if not isinstance(pattern, URLResolver):
            yield route
        elif pattern.namespace != "admin":
            yield from _list_routes(pattern.url_patterns, route)
