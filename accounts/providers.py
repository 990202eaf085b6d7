"""The other sites to sign in with: those whose keys are in the settings."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.socialaccount.models import SocialApp
from django.http import Http404, HttpRequest, HttpResponse

type View = Callable[..., HttpResponse]


def if_configured(view: View) -> View:
    """Answer 404 where the keys of the view's provider are not set."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except SocialApp.DoesNotExist as error:
            raise Http404 from error

    return guarded
