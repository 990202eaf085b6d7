"""Where Cairn departs from allauth's defaults."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.base.provider import Provider
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts import devices, reauthentication, signup_policy
from accounts.mail import MailAdapter
from accounts.models import User
from accounts.passwords import normalised


class AccountAdapter(MailAdapter):
    error_messages = MailAdapter.error_messages | {
        "email_password_mismatch": "The address or the password is not right.",
        "incorrect_code": "That code is not right.",
        "incorrect_password": "That password is not right.",
        "enter_current_password": "That is not your current password.",
        "too_many_login_attempts": "Too many failed attempts. Please wait a while.",
        "rate_limited": "That was a lot at once. Please wait a few minutes.",
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        try:
            return super().get_client_ip(request)
        except ImproperlyConfigured:  # Past the proxies, which would have added more.
            return str(request.META["REMOTE_ADDR"])

    def clean_password(  # type: ignore[override]
        self, password: str, user: User | None = None
    ) -> str:
        return super().clean_password(normalised(password), user)

    def post_login(  # type: ignore[override]
        self, request: HttpRequest, user: User, **kwargs: Any
    ) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        devices.meet(request, user)
        signup_policy.use_invitations(user)
        return response

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        return signup_policy.is_open()

    def get_email_verification_redirect_url(self, _address: EmailAddress) -> str:
        return reverse("account_settings", fragment="email")

    def get_password_change_redirect_url(self, _request: HttpRequest) -> str:
        return reverse("account_settings", fragment="sign-in")

    def get_reauthentication_methods(  # type: ignore[override]
        self, user: User
    ) -> list[dict[str, Any]]:
        return super().get_reauthentication_methods(user) or reauthentication.methods()

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        required = super().is_reauthentication_required(app=app, **kwargs)
        if required:
            reauthentication.require_code(self.request)
        return required


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def pre_social_login(self, _: HttpRequest, sociallogin: SocialLogin) -> None:
        """Take along one address of a newcomer, not all that the other site has."""
        if not sociallogin.is_existing:
            addresses = sorted(
                sociallogin.email_addresses,
                key=lambda a: (not signup_policy.may_join(a.email), not a.primary),
            )[:1]
            sociallogin.email_addresses = addresses
            sociallogin.user.email = (  # type: ignore[union-attr]
                addresses[0].email.lower() if addresses else ""
            )

    def is_open_for_signup(self, _: HttpRequest, sociallogin: SocialLogin) -> bool:
        return signup_policy.is_open() and all(
            signup_policy.may_join(address.email)
            for address in sociallogin.email_addresses
        )

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> Provider:
        """Also of links whose provider's keys were taken out of the settings."""
        found: Provider
        try:
            found = super().get_provider(request, provider, client_id)
        except SocialApp.DoesNotExist:
            known: type[Provider] = registry.get_class(provider)  # type: ignore[no-untyped-call]
            found = known(request, app=SocialApp(provider=provider))
        return found

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
