"""Cached parts of pages, safe because each is a pure function of its arguments.

A fragment is a template that is rendered with exactly the arguments by which it is
cached, and with nothing else in its context: no request, no user, no token. What it can
show is what it is cached by, so it cannot show one person's data to another, and
nothing ever has to remove it from the cache.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.template import Context, loader
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language

# Also matches blank lines. A page repeats fragments, so these would add up.
INDENTATION = re.compile(r"\s*\n\s*")
MAX_FRAGMENTS = 10_000  # about 1 kB each
VALUE_TYPES = (str, int, bool, type(None), date, datetime, UUID)


def render_fragment(template_name: str, **arguments: Any) -> SafeString:
    """Return the template rendered with only `arguments`, from the cache if possible.

    Arguments are plain values or tuples of them. Others raise TypeError, because they
    can be equal and still look different: two versions of a model instance, or a string
    marked as safe and the same string that must be escaped. The active language and
    time zone are part of the cache key. `DEBUG` turns the cache off, so that a changed
    template shows at once.
    """
    return _get_renderer(template_name)(**arguments)


def render_each(template_name: str, **arguments: Any) -> SafeString:
    """Return one fragment for each item of the first argument, joined.

    The other arguments are the same for all of them.
    """
    (name, items), *others = arguments.items()
    render = partial(_get_renderer(template_name), **dict(others))
    return SafeString("".join(render(**{name: item}) for item in items))


def _get_renderer(template_name: str) -> Callable[..., SafeString]:
    """Return a function that renders the template in the active language and zone."""
    render = _render.__wrapped__ if settings.DEBUG else _render
    return partial(render, template_name, get_language(), get_current_timezone_name())


# lru_cache is bounded and thread-safe. `typed` makes 1 and True different keys.
@lru_cache(MAX_FRAGMENTS, typed=True)
def _render(
    template_name: str, _language: str, _time_zone: str, /, **arguments: Any
) -> SafeString:
    for name, value in arguments.items():
        _check_value(name, value)
    template: Any = loader.get_template(template_name)
    html = template.template.render(Context(arguments))
    return SafeString(INDENTATION.sub("\n", html))


def _check_value(name: str, value: Any) -> None:
    """Raise TypeError unless equal values always look the same."""
    if isinstance(value, tuple):
        for item in value:
            _check_value(name, item)
    elif type(value) not in VALUE_TYPES and not isinstance(value, Enum):
        raise TypeError(f"{name} of a fragment is a {type(value).__name__}")


def clear_fragments() -> None:
    """Empty the cache, for tests."""
    _render.cache_clear()
