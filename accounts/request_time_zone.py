"""The time zone that a page says dates in."""

from datetime import datetime, timedelta, tzinfo

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.timezone import get_default_timezone

from accounts.time_zones import zone

COOKIE = f"{settings.COOKIE_PREFIX}time_zone"  # as static/js/time-zone.js writes it


class RequestTimeZone(tzinfo):
    """A person's own; else what their browser has said; for a visitor the site's.

    Asked for when a date is said, and no sooner: what says none is everybody's.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def __str__(self) -> str:
        """The name, by which cached fragments are told apart."""
        return str(self.zone)

    @cached_property
    def zone(self) -> tzinfo:
        user = self.request.user
        said = self.request.COOKIES.get(COOKIE, "")
        own = (user.zone or zone(said)) if user.is_authenticated else None
        return own or get_default_timezone()

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return self.zone.utcoffset(moment)

    def dst(self, moment: datetime | None) -> timedelta | None:
        return self.zone.dst(moment)

    def tzname(self, moment: datetime | None) -> str | None:
        return self.zone.tzname(moment)

    def fromutc(self, moment: datetime) -> datetime:
        return self.zone.fromutc(moment.replace(tzinfo=self.zone)).replace(tzinfo=self)
