"""Where Cairn departs from allauth's defaults."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.passwords import normalised
from progress import wishes


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The address or the password is not right.",
        "incorrect_code": "That code is not right.",
        "incorrect_password": "That password is not right.",
        "enter_current_password": "That is not your current password.",
        "too_many_login_attempts": "Too many failed attempts. Please wait a while.",
        "rate_limited": "That was a lot at once. Please wait a few minutes.",
    }

    def clean_password(  # type: ignore[override]
        self, password: str, user: User | None = None
    ) -> str:
        return super().clean_password(normalised(password), user)

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
