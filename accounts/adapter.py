"""Adapters that change how allauth handles accounts and providers."""

from contextlib import suppress
from typing import Any

import structlog
from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.base.provider import Provider
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts import (
    devices,
    known_devices,
    limits,
    password_sign_in,
    reauthentication,
    signup_policy,
)
from accounts.email_addresses import canonical
from accounts.mail import MailAdapter
from accounts.models import User
from accounts.openid_connect import linking
from accounts.openid_connect.errors import SingleSignOnError
from accounts.openid_connect.provider import PROVIDER as OPENID_CONNECT
from accounts.openid_connect.provider import OrganisationProvider
from accounts.passwords import normalize
from accounts.providers import get_provider_name
from accounts.sign_in_events import record_failure
from core.bounded_session import BoundedSession
from core.site_url import get_site_url

log = structlog.get_logger("cairn.accounts")

# The sections of the settings that show allauth's messages about their changes.
MESSAGE_SECTIONS = {
    "account/messages/cannot_delete_primary_email.txt": "email",
    "account/messages/email_confirmed.txt": "email",
    "account/messages/email_deleted.txt": "email",
    "account/messages/primary_email_set.txt": "email",
    "account/messages/unverified_primary_email.txt": "email",
    "account/messages/password_changed.txt": "sign-in",
    "account/messages/password_set.txt": "sign-in",
}


class AccountAdapter(MailAdapter):
    error_messages = MailAdapter.error_messages | {
        "cannot_remove_primary_email": _(
            "You can’t remove your primary email address."
        ),
        "duplicate_email": _("This email address already belongs to your account."),
        "email_password_mismatch": _("The email address or password is incorrect."),
        "email_taken": _("This email address can’t be used. Try another one."),
        "enter_current_password": _("Your current password is incorrect."),
        "incorrect_code": _("That code is incorrect."),
        "incorrect_password": _("That password is incorrect."),
        "rate_limited": _("Too many requests. Wait a few minutes, then try again."),
        "too_many_login_attempts": _(
            "Too many failed attempts. Wait a few minutes, then try again."
        ),
        "too_many_passwords": _(
            "Too many incorrect passwords. Wait five minutes, or sign in now with an "
            "emailed code or a passkey."
        ),
    }

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Tag the message with the section of the settings that shows it, if any."""
        section = MESSAGE_SECTIONS.get(message_template or "", extra_tags)
        super().add_message(
            request, level, message_template, message_context, section, message
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        try:
            return super().get_client_ip(request)
        except ImproperlyConfigured:
            # The request did not pass through all trusted proxies.
            return str(request.META["REMOTE_ADDR"])

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Where a password is of no use, say so, not that there is no account."""
        unknown = "account/email/unknown_account"
        if template_prefix == unknown and password_sign_in.is_restricted():
            template_prefix = "account/email/use_organisation"
            login_url = f"{get_site_url(self.request)}{reverse('account_login')}"
            context = context | {"login_url": login_url}
        super().send_mail(template_prefix, email, context)

    def clean_email(self, email: str) -> str:
        return canonical(email)

    def clean_password(  # type: ignore[override]
        self, password: str, user: User | None = None
    ) -> str:
        return super().clean_password(normalize(password), user)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt before the password is checked, so that attempts at the
        same time are all counted.
        """
        self.attempt = limits.password_attempt(request, credentials.get("email", ""))
        if not self.attempt.allowed():
            raise self.validation_error("too_many_passwords")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Return the user, or None if the password is wrong or of no use here.

        A user who is signed in is only confirming who they are.
        """
        user = super().authenticate(request, **credentials)
        if user and not (
            request.user.is_authenticated or password_sign_in.is_allowed(user)
        ):
            log.warning("password_refused", user_id=user.pk)
            record_failure(request, user, "password", "organisation_only")
            return None
        if user:
            self.attempt.give_back()
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Log a wrong password or an unknown address, and record a wrong password."""
        user = request.user if request.user.is_authenticated else None
        if user is None and (email := credentials.get("email")):
            user = next(iter(filter_users_by_email(email, prefer_verified=True)), None)
        log.warning("sign_in_failed", user_id=user and user.pk)
        record_failure(request, user, "password")

    def pre_login(  # type: ignore[override]
        self,
        request: HttpRequest,
        user: User,
        *,
        signal_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> HttpResponse | None:
        """Refuse a sign-in that the site does not allow, before it begins."""
        is_by_provider = "sociallogin" in (signal_kwargs or {})
        if not is_by_provider and not password_sign_in.is_allowed(user):
            record_failure(request, user, reason="organisation_only")
            return password_sign_in.refuse(request)
        if not user.is_active:  # allauth then shows a page that says so
            record_failure(request, user, reason="deactivated")
        response: HttpResponse | None = super().pre_login(
            request, user, signal_kwargs=signal_kwargs, **kwargs
        )
        return response

    def post_login(  # type: ignore[override]
        self, request: HttpRequest, user: User, **kwargs: Any
    ) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        devices.record_sign_in(request, user)
        known_devices.remember(response, user)
        signup_policy.mark_invitations_used(user)
        return response

    def is_safe_url(self, url: str) -> bool:
        """Return whether `url` leads to this site.

        allauth's own method raises ValueError for a URL that cannot be parsed, and
        accepts the other hosts of ALLOWED_HOSTS.
        """
        return url_has_allowed_host_and_scheme(url, self.request.get_host())

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        return signup_policy.is_open_by_form()

    def get_email_verification_redirect_url(self, _address: EmailAddress) -> str:
        return reverse("account_settings", fragment="email")

    def get_password_change_redirect_url(self, _request: HttpRequest) -> str:
        return reverse("account_settings", fragment="sign-in")

    def get_reauthentication_methods(  # type: ignore[override]
        self, user: User
    ) -> list[dict[str, Any]]:
        methods = super().get_reauthentication_methods(user)
        return methods or [reauthentication.code_method()]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        is_required = super().is_reauthentication_required(app=app, **kwargs)
        if is_required:
            reauthentication.require_code(self.request)
        return is_required


def use_canonical_addresses(sociallogin: SocialLogin) -> None:
    """Write what the provider sent as we do, and leave out what is no valid address."""
    valid = []
    for address in sociallogin.email_addresses:
        with suppress(ValidationError):
            address.email = canonical(address.email)
            valid.append(address)
    sociallogin.email_addresses = valid


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "connected_other": _(
            "That account is already connected to another account on this site."
        ),
        "disconnect_last": _(
            "You sign in with this account. Set a password before you disconnect it."
        ),
        "email_taken": _(
            "There is already an account with this email address. Sign in to it, "
            "then connect your %s account."
        ),
        "no_password": _("Set a password before you disconnect this account."),
        "only_way": _("You sign in with this account, so you can’t disconnect it."),
        "no_verified_email": _(
            "Confirm your email address before you disconnect this account."
        ),
    }

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """For a new user, keep only one of the addresses that the provider sends.

        It prefers an address that may sign up, then the primary one. Raises
        ImmediateHttpResponse if the organisation sends no address that can be used.
        """
        use_canonical_addresses(sociallogin)
        if linking.is_organisation(sociallogin):
            linking.require_usable_address(request, sociallogin)
        if not sociallogin.is_existing:
            addresses = sorted(
                sociallogin.email_addresses,
                key=lambda a: (not signup_policy.may_sign_up(a.email), not a.primary),
            )[:1]
            sociallogin.email_addresses = addresses
            sociallogin.user.email = (  # type: ignore[union-attr]
                addresses[0].email if addresses else ""
            )

    def is_open_for_signup(self, _: HttpRequest, sociallogin: SocialLogin) -> bool:
        if signup_policy.is_open_by_organisation():
            return linking.is_organisation(sociallogin)
        return signup_policy.is_open() and all(
            signup_policy.may_sign_up(address.email)
            for address in sociallogin.email_addresses
        )

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> Provider:
        """Return the provider, even if its keys are no longer in the settings.

        Users can then still see and unlink their accounts at that provider.
        """
        try:
            configured: Provider = super().get_provider(request, provider, client_id)
        except SocialApp.DoesNotExist:
            provider_class: type[Provider] | None = registry.get_class(provider)  # type: ignore[no-untyped-call]
            if provider_class:
                return provider_class(request, app=SocialApp(provider=provider))
            app = SocialApp(
                provider=OPENID_CONNECT,
                provider_id=provider,
                name=get_provider_name(provider),
            )
            return OrganisationProvider(request, app=app)
        return configured

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Do not advise people to set a password that is of no use."""
        if code == "no_password" and password_sign_in.is_restricted():
            code = "only_way"
        error: ValidationError = super().validation_error(code, *args)
        return error

    def validate_disconnect(
        self, account: SocialAccount, accounts: QuerySet[SocialAccount]
    ) -> None:
        """Raises ValidationError if the user could not sign in without the account."""
        is_last = not accounts.exclude(pk=account.pk).exists()
        if is_last and not password_sign_in.is_allowed(account.user):
            raise self.validation_error("only_way")

    def get_requests_session(self) -> BoundedSession:
        return BoundedSession()

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """Take over the name from the organisation. The user can change it later."""
        user: User = super().populate_user(request, sociallogin, data)
        if linking.is_organisation(sociallogin):
            name = " ".join(data.get("name", "").split())
            user.name = name[: User.MAX_NAME_LENGTH]
        return user

    def on_authentication_error(  # type: ignore[override]
        self,
        _request: HttpRequest,
        provider: Provider,
        error: str | None = None,
        exception: Exception | None = None,
        **_: Any,
    ) -> None:
        """Log why. Texts of other exceptions may contain what the provider sent."""
        is_ours = isinstance(exception, SingleSignOnError)
        reason = str(exception) if is_ours else type(exception).__name__
        log.warning(
            "provider_sign_in_failed",
            provider=provider.id,
            reason=reason if exception else error,
        )

    def authenticate_by_email(  # type: ignore[override]
        self, sociallogin: SocialLogin
    ) -> tuple[User, str] | None:
        """Find the user by an address that is confirmed here and at the provider.

        Returns the user and the address, or None.

        An address that is not confirmed here does not count: an attacker could sign up
        with somebody else's address and wait for them to link their account.
        """
        use_canonical_addresses(sociallogin)
        emails = [e.email for e in sociallogin.email_addresses if e.verified]
        confirmed = EmailAddress.objects.filter(email__in=emails, verified=True)
        address = confirmed.select_related("user").order_by("-primary").first()
        if address is None:
            return None
        if linking.is_organisation(sociallogin) and linking.is_linked_already(
            address.user, sociallogin
        ):
            return None
        return address.user, address.email
