"""Every address of the site, read from its URL configuration."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
CONVERTER = re.compile(r"<\w+:(\w+)>")


def list_addresses() -> list[str]:
    """Return the addresses with placeholders, such as `/roadmaps/<slug>/`."""
    return sorted({f"/{route}" for route in iterate(get_resolver().url_patterns)})


def iterate(patterns: Sequence[Any], prefix: str = "") -> Iterator[str]:
    for entry in patterns:
        route = prefix + read_route(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from iterate(entry.url_patterns, route)
        else:
            yield route


def read_route(pattern: Any) -> str:
    if isinstance(pattern, RegexPattern):
        return GROUP.sub(r"<\1>", str(pattern)).strip("^$").replace("\\", "")
    return CONVERTER.sub(r"<\1>", str(pattern))
