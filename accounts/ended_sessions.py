"""Delete the address and the browser of a session when it ends."""

from collections.abc import Iterator
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User

BATCH_SIZE = 1000
# A sign-in stores its session in two steps, so leave new ones alone.
MIN_AGE = timedelta(hours=1)


@receiver(user_logged_out)
def delete_at_sign_out(request: HttpRequest, **_: object) -> None:
    UserSession.objects.filter(session_key=request.session.session_key).delete()


def delete_ended() -> int:
    """Delete the sessions that have ended in any other way. Returns their number.

    A session ends when it expires, and when its user gets another password.
    """
    deleted = 0
    for batch in _batches():
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


def _batches() -> Iterator[list[UserSession]]:
    sessions = UserSession.objects.filter(
        last_seen_at__lt=timezone.now() - MIN_AGE
    ).select_related("user")
    last_pk = 0
    while batch := list(sessions.filter(pk__gt=last_pk).order_by("pk")[:BATCH_SIZE]):
        yield batch
        last_pk = batch[-1].pk
