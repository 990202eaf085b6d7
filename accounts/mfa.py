"""Second factors and passkeys: allauth's forms and views with changes."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from allauth.account.authentication import get_authentication_records
from allauth.account.utils import passthrough_next_redirect_url
from allauth.core import context
from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base import forms as base_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn import forms, views
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.forms import Form, HiddenInput, JSONField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from fido2.utils import websafe_decode
from fido2.webauthn import CollectedClientData

from accounts import second_factor_secrets
from accounts.allauth_internals import get_totp_secret, store_totp_secret
from accounts.codes import CodeFormMixin, normalize_code
from accounts.models import User
from accounts.sign_in_events import record_failure
from core.forms import LineField, StrictJSONDecoder

log = structlog.get_logger("cairn.accounts")

MAX_PASSKEY_NAME_LENGTH = 64  # characters
# The time for which a code of an authenticator app is accepted, in seconds.
CODE_LIFETIME = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)


def second_factor_url_name(user: User) -> str | None:
    """The URL name of the page that asks for the user's second factor.

    None when the user has no second factor that works on this site.
    """
    types = Authenticator.objects.filter(user=user).values_list("type", flat=True)
    if Authenticator.Type.TOTP in types:
        return "mfa_reauthenticate"
    if Authenticator.Type.WEBAUTHN in types and not settings.INSECURE_HTTP:
        return "mfa_reauthenticate_webauthn"
    return None


def has_used_second_factor(request: HttpRequest) -> bool:
    """Whether the user has used or set up a second factor in this session.

    False if the user has removed their second factors since.
    """
    if not request.user.is_authenticated:
        return False
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" for record in records) and is_mfa_enabled(
        request.user, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    )


class MFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "add_email_blocked": _(
            "Turn off two-factor authentication before you add an email address."
        ),
        "cannot_delete_authenticator": _(
            "You can’t turn off two-factor authentication."
        ),
        "cannot_generate_recovery_codes": _(
            "Turn on two-factor authentication before you create recovery codes."
        ),
        "incorrect_code": _("That code is incorrect or has already been used."),
        "unverified_email": _(
            "Confirm your email addresses before you turn on two-factor authentication."
        ),
    }

    def _get_site_name(self) -> str:
        return str(settings.SITE_NAME)

    def encrypt(self, text: str) -> str:
        return second_factor_secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises UnreadableSecretError, which forms show as an error."""
        return second_factor_secrets.decrypt(encrypted_text)

    def generate_authenticator_name(  # type: ignore[override]
        self,
        user: User,
        type: Authenticator.Type,  # noqa: A002
    ) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        if not count:
            return gettext("Passkey")
        return gettext("Passkey %(number)d") % {"number": count + 1}


class AuthenticatorCodeFormMixin(CodeFormMixin):
    """Accepts each code once.

    allauth forgets a used code after 30 seconds, but with the tolerance a code is valid
    for longer. It also does not record the code that activates an app.
    """

    user: User

    def clean_code(self) -> str:
        code = normalize_code(self.cleaned_data["code"])
        key = f"used-code:{self.user.pk}:{code}"
        # Check this first, because a code that is right clears the count of wrong ones.
        if cache.get(key):
            raise get_adapter().validation_error("incorrect_code")
        super().clean_code()
        if not cache.add(key, True, CODE_LIFETIME):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(AuthenticatorCodeFormMixin, base_forms.AuthenticateForm):
    pass


class ReauthenticateForm(AuthenticatorCodeFormMixin, base_forms.ReauthenticateForm):
    pass


class ActivateAuthenticatorAppForm(AuthenticatorCodeFormMixin, ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # allauth makes a new secret whenever it shows the page. An app that has scanned
        # the first one would then be refused.
        secret = get_totp_secret()
        super().__init__(*args, **kwargs)
        self.secret = secret
        store_totp_secret(secret)
        self.fields["code"].label = _("Enter the code shown in the app")


def check_origin(credential: Any) -> None:
    """Raise an error if the passkey was used on a page of another origin.

    allauth checks the domain only, so it accepts other ports and subdomains. WebAuthn
    (7.1 and 7.2) requires the check of the whole origin.
    """
    if credential and settings.SITE_URL:
        client_data = websafe_decode(credential["response"]["clientDataJSON"])
        origin = CollectedClientData(client_data).origin
        if origin != settings.SITE_URL:
            raise ValueError(f"The origin is {origin!r}.")


class CredentialField(JSONField):
    """What the browser says about a passkey. A script fills it in."""

    widget = HiddenInput

    def __init__(self) -> None:
        super().__init__(decoder=StrictJSONDecoder)


def reject_malformed_credential[T](clean: Callable[[Any], T]) -> Callable[[Any], T]:
    """Turn any error that a credential causes into a form error.

    The library that parses credentials raises exceptions of many types.
    """

    @wraps(clean)
    def wrapper(form: Form) -> T:
        try:
            check_origin(form.cleaned_data.get("credential"))
            if r"\u0000" in json.dumps(form.cleaned_data.get("credential")):
                raise ValueError("PostgreSQL's JSON cannot store NUL.")
            return clean(form)
        except DatabaseError:
            raise
        except Exception as error:
            if isinstance(error, ValidationError) and error.code != "incorrect_code":
                raise
            log.warning("passkey_refused", error=type(error).__name__)
            if isinstance(form, forms.AuthenticateWebAuthnForm):
                record_failure(context.request, form.user, "webauthn")
            message = gettext("That passkey doesn’t belong to this account.")
            raise ValidationError(message) from error

    return wrapper


class AddPasskeyForm(forms.AddWebAuthnForm):
    name = LineField(
        label=_("Name"), max_length=MAX_PASSKEY_NAME_LENGTH, required=False
    )
    credential = CredentialField()
    clean = reject_malformed_credential(forms.AddWebAuthnForm.clean)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        passwordless = self.fields["passwordless"]
        passwordless.initial = True
        passwordless.label = _("Sign in with this passkey alone, without a password")
        passwordless.help_text = _(
            "Needs a fingerprint, face or PIN. Clear this checkbox for a security "
            "key that supports none of these."
        )


class EditPasskeyForm(forms.EditWebAuthnForm):
    name = LineField(label=_("Name"), max_length=MAX_PASSKEY_NAME_LENGTH)


class AuthenticateByPasskeyForm(forms.AuthenticateWebAuthnForm):
    credential = CredentialField()
    clean_credential = reject_malformed_credential(
        forms.AuthenticateWebAuthnForm.clean_credential
    )


class LoginByPasskeyForm(forms.LoginWebAuthnForm):
    credential = CredentialField()
    clean_credential = reject_malformed_credential(
        forms.LoginWebAuthnForm.clean_credential
    )


class ReauthenticateByPasskeyForm(forms.ReauthenticateWebAuthnForm):
    credential = CredentialField()
    clean_credential = reject_malformed_credential(
        forms.ReauthenticateWebAuthnForm.clean_credential
    )


class EditPasskeyView(views.EditWebAuthnView):
    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, gettext("Passkey renamed."))
        response: HttpResponse = super().form_valid(form)
        return response


class RedirectWhenInvalidMixin:
    """Redirects an invalid form to the page that shows it, and passes on `next`."""

    form_url_name: str
    request: Any

    def form_invalid(self, form: Form) -> HttpResponse:
        super().form_invalid(form)  # type: ignore[misc]
        form_url = reverse(self.form_url_name)
        return redirect(passthrough_next_redirect_url(self.request, form_url, "next"))


class PasskeyLoginView(RedirectWhenInvalidMixin, views.LoginWebAuthnView):
    form_url_name = "account_login"


class PasskeyReauthenticateView(
    RedirectWhenInvalidMixin, views.ReauthenticateWebAuthnView
):
    form_url_name = "mfa_reauthenticate_webauthn"
