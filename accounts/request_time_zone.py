"""Shows dates in the time zone of the user who makes the request."""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.time_zones import parse_time_zone

COOKIE_NAME = f"{settings.COOKIE_PREFIX}time_zone"  # set by static/js/time-zone.js


class RequestTimeZone(tzinfo):
    """The time zone that the user chose, or else their browser's, or else the site's.

    Visitors always get the site's. The user is not loaded until the first date is
    shown, because a page without dates may be the same for everyone.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def __str__(self) -> str:
        """Return the name of the zone, which is part of the key of cached fragments."""
        return str(self.zone)

    @cached_property
    def zone(self) -> tzinfo:
        user = self.request.user
        default = timezone.get_default_timezone()
        if not user.is_authenticated:
            return default
        cookie = self.request.COOKIES.get(COOKIE_NAME, "")
        return user.zone_info or parse_time_zone(cookie) or default

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        return self.zone.utcoffset(dt)

    def dst(self, dt: datetime | None) -> timedelta | None:
        return self.zone.dst(dt)

    def tzname(self, dt: datetime | None) -> str | None:
        return self.zone.tzname(dt)

    def fromutc(self, dt: datetime) -> datetime:
        return self.zone.fromutc(dt.replace(tzinfo=self.zone)).replace(tzinfo=self)


def request_time_zone(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that makes RequestTimeZone the current time zone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with timezone.override(RequestTimeZone(request)):
            return get_response(request)

    return middleware
