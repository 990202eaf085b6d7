"""The time zone that a person's browser says it is in."""

from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest

COOKIE = "time_zone"  # written by static/js/time-zone.js
NAMES = available_timezones()


def time_zone_of(request: HttpRequest) -> ZoneInfo | None:
    """None when the browser has not said, or nothing that is a time zone."""
    name = request.COOKIES.get(COOKIE, "")
    return ZoneInfo(name) if name in NAMES else None
