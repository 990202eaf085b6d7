"""Where Cairn departs from allauth's defaults."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
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


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def authenticate_by_email(  # type: ignore[override]
        self, sociallogin: SocialLogin
    ) -> tuple[User, str] | None:
        """The account of an address that is confirmed there and here, and the address.

        With an address that is not confirmed here, a stranger may lie in wait for its
        owner.
        """
        emails = [e.email for e in sociallogin.email_addresses if e.verified]
        here = EmailAddress.objects.filter(
            email__in=[email.lower() for email in emails], verified=True
        )
        address = here.select_related("user").order_by("-primary").first()
        return (address.user, address.email) if address else None
