"""`{{ date|isoformat }}` for the `datetime` attribute of a `time` element."""

from datetime import datetime

from django import template

register = template.Library()


@register.filter(expects_localtime=True)
def isoformat(date: datetime) -> str:
    """Return the date and time to the second.

    HTML allows at most three digits of a fraction; `date:"c"` gives six.
    """
    return date.isoformat(timespec="seconds")
