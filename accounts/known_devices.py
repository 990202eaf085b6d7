"""A signed cookie in each browser in which somebody has signed in.

It signs nobody in. It only gives the browser its own limits, see `accounts.limits`. A
new password makes all cookies of the account invalid.
"""

import secrets
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from core.cookies import set_cookie

COOKIE = f"{settings.COOKIE_PREFIX}device"
LIFETIME = timedelta(days=365)


def remember(response: HttpResponse, user: User) -> None:
    """Set the cookie. A browser remembers only the last user who signed in."""
    device_id = f"{user.pk}.{secrets.token_urlsafe(16)}"
    set_cookie(response, COOKIE, signer(user).sign(device_id), LIFETIME)


def forget(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")


def find(request: HttpRequest, email: str) -> str | None:
    """Return the id of the browser if the owner of the address has signed in with it.

    The address must be confirmed: anybody can add an address that is not theirs.
    """
    cookie = request.COOKIES.get(COOKIE, "")
    user_id = cookie.partition(".")[0]
    if not (user_id.isascii() and user_id.isdigit() and len(user_id) < 10):
        return None
    address = (
        EmailAddress.objects.filter(user_id=user_id, email=email, verified=True)
        .select_related("user")
        .first()
    )
    if address is None:
        return None
    try:
        return signer(address.user).unsign(cookie)
    except BadSignature:
        return None


def signer(user: User) -> Signer:
    """Return a signer whose signatures are valid until the password changes."""
    return Signer(salt=f"accounts.known_devices {user.get_session_auth_hash()}")
