"""Who may sign in without the organisation: by password, emailed code or passkey.

With PASSWORD_SIGN_IN=administrators that is only who PASSWORD_SIGN_IN_ADDRESSES names.
Whatever somebody enters, pages and the time that they take do not tell whether an
address is among them.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.providers import get_organisation

EVERYBODY = "everybody"

type View = Callable[..., HttpResponseBase]


def is_restricted() -> bool:
    return bool(settings.PASSWORD_SIGN_IN != EVERYBODY)


def is_allowed(user: AbstractBaseUser) -> bool:
    """Whether the user may sign in without the organisation."""
    if not is_restricted():
        return True
    named = settings.PASSWORD_SIGN_IN_ADDRESSES
    confirmed = EmailAddress.objects.filter(user_id=user.pk, verified=True)
    return user.get_username() in named or confirmed.filter(email__in=named).exists()


def refused_message() -> str:
    """What a wrong password gets, and a right one of somebody who may not use it."""
    organisation = get_organisation()
    message = _(
        "The email address or password is incorrect. If you aren’t an administrator, "
        "use the button “Sign in with %(name)s”."
    )
    return message % {"name": organisation["name"] if organisation else ""}


def refuse(request: HttpRequest) -> HttpResponse:
    """A page with a link to the organisation's button. Ends a visitor's session."""
    if not request.user.is_authenticated:
        request.session.flush()
    status = HTTPStatus.FORBIDDEN
    return render(request, "account/use_organisation.html", status=status)


def require_allowed(view: View) -> View:
    """Refuse signed-in users who could not use what the page changes."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not is_allowed(request.user):
            return refuse(request)
        return view(request, *args, **kwargs)

    return wrapper
