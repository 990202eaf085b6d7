"""The browsers that a user has signed in with."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from ua_parser import parser  # compiles its patterns now, not at the first sign-in

from accounts.ended_sessions import is_valid
from accounts.models import Device, User
from core.postgresql.replica import is_reading_replica

LAST_SEEN_INTERVAL = timedelta(minutes=10)
PROLONG_INTERVAL = timedelta(days=1)


def browser_name(user_agent: str) -> str:
    """A readable name for a browser, such as "Firefox on Windows"."""
    parsed = parser.parse(user_agent)
    names = {
        "browser": parsed.user_agent and parsed.user_agent.family,
        "system": parsed.os and parsed.os.family,
    }
    if not names["browser"]:
        names["browser"] = _("Unknown browser")
    text = _("%(browser)s on %(system)s") if names["system"] else "%(browser)s"
    return (text % names)[: Device.MAX_NAME_LENGTH]


def browser_key(user_agent: str) -> str:
    """The name under which a browser is stored, the same in every language."""
    with translation.override(settings.LANGUAGE_CODE):
        return browser_name(user_agent)


def record_sign_in(request: HttpRequest, user: User) -> None:
    """Store the browser of this sign-in. Mail the user if it is a new one.

    No mail is sent for the user's first browser.
    """
    name = browser_key(request.headers.get("User-Agent", ""))
    is_first = not user.devices.exists()
    _, is_new = Device.objects.get_or_create(user=user, name=name)
    if is_new and not is_first:
        get_adapter().send_notification_mail("account/email/new_device", user)


def active_sessions(user: User) -> list[UserSession]:
    """The user's valid sessions, the most recently used first."""
    sessions = {
        session.session_key: session
        for session in UserSession.objects.filter(user=user).order_by("-last_seen_at")
    }
    stored = Session.objects.in_bulk(sessions)
    # Sessions from before a password change still exist, but are not valid.
    return [
        session for key, session in sessions.items() if is_valid(stored.get(key), user)
    ]


def update_last_seen(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that stores when a session was last used, every ten minutes.

    It also prolongs the session.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # The database may be down. Another query would have to wait for it again.
            return response
        if is_reading_replica():
            return response
        # A response that did not use the session is the same for everybody. Reading
        # `request.user` here would add `Vary: Cookie` to it.
        if request.session.accessed and request.user.is_authenticated:
            key = f"seen:{request.session.session_key}"
            if cache.add(key, True, LAST_SEEN_INTERVAL.total_seconds()):
                with suppress(IntegrityError):  # the account was deleted meanwhile
                    UserSession.objects.create_from_request(request)
                prolong_session(request, response)
        return response

    return middleware


def prolong_session(request: HttpRequest, response: HttpResponse) -> None:
    """Let the session end later, unless this was done less than a day ago.

    Only its date changes. To store the whole session would undo what other requests of
    the same session store meanwhile, and bring back one that has been signed out.
    """
    age = request.session.get_expiry_age()
    end = timezone.now() + timedelta(seconds=age)
    key = request.session.session_key
    session = Session.objects.filter(pk=key, expire_date__lt=end - PROLONG_INTERVAL)
    if key and session.update(expire_date=end):
        response.set_cookie(
            settings.SESSION_COOKIE_NAME,
            key,
            max_age=age,
            domain=settings.SESSION_COOKIE_DOMAIN,
            path=settings.SESSION_COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite=settings.SESSION_COOKIE_SAMESITE,
        )
