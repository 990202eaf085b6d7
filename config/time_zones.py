"""The time zone that a page says dates in."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest

from accounts.time_zones import zone

COOKIE = "time_zone"  # written by static/js/time-zone.js


def time_zone_of(request: HttpRequest) -> ZoneInfo | None:
    """A person's own; else what their browser has said. None for a visitor, and for
    what is no time zone.
    """
    if not request.user.is_authenticated:
        return None
    return request.user.zone or zone(request.COOKIES.get(COOKIE, ""))
