"""Delete the address and the browser of a session when it ends.

There may be millions of sessions. So `manage.py cleanup` finds expired ones by the
index on their date, and checks a part of the others each hour.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.models import Session
from django.db.models import Max, Min
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User

BATCH_SIZE = 1000
# A sign-in stores its session in two steps, so leave new ones alone.
MIN_AGE = timedelta(hours=1)
PARTS = 24  # one is checked each hour, so each session once a day


@receiver(user_logged_out)
def delete_at_sign_out(request: HttpRequest, **_: object) -> None:
    UserSession.objects.filter(session_key=request.session.session_key).delete()


def delete_expired() -> tuple[int, int]:
    """Delete what has expired. Returns the number of sessions, and of their addresses
    and browsers.
    """
    expired = Session.objects.filter(expire_date__lt=timezone.now())
    keys = expired.order_by("expire_date").values_list("pk", flat=True)
    sessions = addresses = 0
    while batch := list(keys[:BATCH_SIZE]):
        addresses += UserSession.objects.filter(session_key__in=batch).delete()[0]
        sessions += len(batch)
        Session.objects.filter(pk__in=batch).delete()
    return sessions, addresses


def delete_ended(now: datetime | None = None) -> int:
    """Delete the sessions that have ended in any other way. Returns their number.

    A session also ends when its user gets another password.
    """
    deleted = 0
    for batch in _batches(*find_part(now or timezone.now())):
        stored = Session.objects.in_bulk([session.session_key for session in batch])
        ended = [
            session.session_key
            for session in batch
            if not is_valid(stored.get(session.session_key), session.user)
        ]
        Session.objects.filter(pk__in=ended).delete()
        deleted += UserSession.objects.filter(session_key__in=ended).delete()[0]
    return deleted


def is_valid(session: Session | None, user: User) -> bool:
    """Whether the user is signed in with the session: Django's own rule."""
    if session is None or session.expire_date <= timezone.now():
        return False
    stored_hash = session.get_decoded().get(HASH_SESSION_KEY, "")
    # The fallbacks belong to SECRET_KEY_FALLBACKS.
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(stored_hash, valid) for valid in hashes)


def find_part(now: datetime) -> tuple[int, int]:
    """Return the range of ids of the sessions to check in this hour.

    If there are few sessions, all of them are checked every hour.
    """
    numbers = UserSession.objects.aggregate(first=Min("pk"), last=Max("pk"))
    first, end = numbers["first"] or 0, (numbers["last"] or 0) + 1
    if end - first <= PARTS * BATCH_SIZE:
        return first, end
    size = -(-(end - first) // PARTS)
    return first + now.hour * size, first + (now.hour + 1) * size


def _batches(first: int, end: int) -> Iterator[list[UserSession]]:
    sessions = UserSession.objects.filter(
        pk__lt=end, last_seen_at__lt=timezone.now() - MIN_AGE
    ).select_related("user")
    last_pk = first - 1
    while batch := list(sessions.filter(pk__gt=last_pk).order_by("pk")[:BATCH_SIZE]):
        yield batch
        last_pk = batch[-1].pk
