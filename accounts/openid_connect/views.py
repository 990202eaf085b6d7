"""The two pages of a sign-in with the organisation's OpenID provider."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import (
    OAuth2CallbackView,
    OAuth2LoginView,
)
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from requests import RequestException

from accounts.anonymous_sessions import end_if_empty
from accounts.openid_connect.provider import PROVIDER, OrganisationOAuth2Adapter
from core.bounded_session import time_limit

# For the requests to the provider together, so that a page answers within ten seconds:
# the last one may take three seconds more to connect.
TIME_LIMIT = 6  # seconds

type View = Callable[..., HttpResponse]


def explain_failure(view: View) -> View:
    """Show allauth's page about a failed sign-in whenever the provider fails.

    allauth itself shows it only for what fails from the request for tokens onwards. A
    sign-in that failed leaves nothing stored, not even its session.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with time_limit(TIME_LIMIT), transaction.atomic():
                response = view(request, *args, **kwargs)
        except (OAuth2Error, RequestException, IntegrityError) as error:
            # IntegrityError: the same person signs up in two browsers at once.
            provider = get_adapter().get_provider(request, PROVIDER)
            response = render_authentication_error(request, provider, exception=error)
        end_if_empty(request)
        return response

    return wrapper


oauth2_login, oauth2_callback = (
    explain_failure(view.adapter_view(OrganisationOAuth2Adapter))  # type: ignore[no-untyped-call]
    for view in (OAuth2LoginView, OAuth2CallbackView)
)
