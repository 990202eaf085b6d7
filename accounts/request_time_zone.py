"""Show dates in the time zone of the person who makes the request."""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.time_zones import parse_time_zone

COOKIE = f"{settings.COOKIE_PREFIX}time_zone"  # set by static/js/time-zone.js


class RequestTimeZone(tzinfo):
    """The time zone that the user chose, or else their browser's, or else the site's.

    A visitor always gets the site's. The user is loaded when the first date is shown
    and not before: a page without dates may be the same for everyone.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def __str__(self) -> str:
        """Return the name of the zone, which is part of the key of cached fragments."""
        return str(self.zone)

    @cached_property
    def zone(self) -> tzinfo:
        user = self.request.user
        own = None
        if user.is_authenticated:
            own = user.zone or parse_time_zone(self.request.COOKIES.get(COOKIE, ""))
        return own or timezone.get_default_timezone()

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return self.zone.utcoffset(moment)

    def dst(self, moment: datetime | None) -> timedelta | None:
        return self.zone.dst(moment)

    def tzname(self, moment: datetime | None) -> str | None:
        return self.zone.tzname(moment)

    def fromutc(self, moment: datetime) -> datetime:
        return self.zone.fromutc(moment.replace(tzinfo=self.zone)).replace(tzinfo=self)


def request_time_zone(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that makes RequestTimeZone the current time zone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with timezone.override(RequestTimeZone(request)):
            return get_response(request)

    return middleware
