"""Where Cairn departs from allauth's defaults."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from progress import wishes


class AccountAdapter(DefaultAccountAdapter):
    def post_login(  # type: ignore[override]
        self, request: HttpRequest, user: User, **kwargs: Any
    ) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        wishes.grant(request, user, landing=response["Location"])
        return response
