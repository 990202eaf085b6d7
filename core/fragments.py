"""Cached parts of pages, safe because each is a pure function of its arguments.

A fragment is a template that is rendered with exactly the arguments by which it is
cached, and with nothing else in its context: no request, no user, no token. What it can
show is what it is cached by, so it cannot show one person's data to another, and
nothing ever has to remove it from the cache.
"""

import re
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.template import Context, loader
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language

INDENTATION = re.compile(r"\s*\n\s*")  # and empty lines: pages send it many times
MAX_FRAGMENTS = 4_000  # of 1 kB on average
VALUE_TYPES = (str, int, bool, type(None), date, datetime, UUID)


def render_fragment(template_name: str, **arguments: Any) -> SafeString:
    """The template rendered with `arguments` alone, from the cache where it is there.

    Arguments are plain values, or tuples of them. Anything else raises TypeError: a
    model instance is equal to another one that shows something else, and a string that
    is marked as safe is equal to one that has to be escaped. The active language and
    time zone are part of the cache key. `DEBUG` turns the cache off, so that editing a
    template shows at once.
    """
    render = _render.__wrapped__ if settings.DEBUG else _render
    return render(
        template_name, get_language(), get_current_timezone_name(), **arguments
    )


def render_each(template_name: str, **arguments: Any) -> SafeString:
    """One fragment for each item of the first argument, which is a sequence; the other
    arguments are the same for all.
    """
    (name, items), *others = arguments.items()
    render = _render.__wrapped__ if settings.DEBUG else _render
    key = template_name, get_language(), get_current_timezone_name()
    rest = dict(others)
    return SafeString("".join(render(*key, **{name: item}, **rest) for item in items))


# Bounded and safe between threads; `typed` tells 1 from True.
@lru_cache(MAX_FRAGMENTS, typed=True)
def _render(
    template_name: str, _language: str, _time_zone: str, /, **arguments: Any
) -> SafeString:
    for name, value in arguments.items():
        _check(name, value)
    template: Any = loader.get_template(template_name)
    html = template.template.render(Context(arguments))
    return SafeString(INDENTATION.sub("\n", html))


def _check(name: str, value: Any) -> None:
    """Raise TypeError unless equal values are shown alike."""
    if isinstance(value, tuple):
        for item in value:
            _check(name, item)
    elif type(value) not in VALUE_TYPES and not isinstance(value, Enum):
        raise TypeError(f"{name} of a fragment is a {type(value).__name__}, no value")


def clear_fragments() -> None:
    """Empty the cache, for tests."""
    _render.cache_clear()
