"""The browsers that a person is signed in with, and has been."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from ua_parser import parse

from accounts.models import Device, User

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SEEN_EVERY = timedelta(minutes=10)
LONGEST_NAME = 120  # characters


def name_of(user_agent: str) -> str:
    """What a browser calls itself, as a person would: "Firefox on Windows"."""
    found = parse(user_agent)
    browser = found.user_agent.family if found.user_agent else "Unknown browser"
    system = f" on {found.os.family}" if found.os else ""
    return f"{browser}{system}"[:LONGEST_NAME]


def meet(request: HttpRequest, user: User) -> None:
    """Remember the browser of this sign-in, and write to the person when it is new to
    them: not of their first.
    """
    name = name_of(request.headers.get("User-Agent", ""))
    is_first = not user.devices.exists()
    _, is_new = Device.objects.get_or_create(user=user, name=name)
    if is_new and not is_first:
        get_adapter().send_notification_mail("account/email/new_device", user)


def signed_in(user: User) -> list[UserSession]:
    """The person's sessions that are alive, the one seen last first."""
    own = {
        session.session_key: session
        for session in UserSession.objects.filter(user=user).order_by("-last_seen_at")
    }
    stored = Session.objects.filter(session_key__in=own, expire_date__gt=timezone.now())
    # A session from before a change of the password is there, and opens nothing.
    valid = user.get_session_auth_hash()
    alive = {
        session.session_key
        for session in stored
        if constant_time_compare(session.get_decoded().get(HASH_SESSION_KEY, ""), valid)
    }
    return [session for key, session in own.items() if key in alive]


def last_seen(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Note now and then when and with what browser a session was used."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return response  # to ask a database that is away again takes as long again
        # What did not ask for the session is the same for everybody, and stays so.
        if request.session.accessed and request.user.is_authenticated:
            key = f"seen:{request.session.session_key}"
            if cache.add(key, True, SEEN_EVERY.total_seconds()):
                UserSession.objects.create_from_request(request)
        return response

    return middleware
