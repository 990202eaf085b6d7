"""Where second factors and passkeys depart from allauth's."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.utils import passthrough_next_redirect_url
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn import forms, views
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.forms import CharField, Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import User

log = structlog.get_logger("cairn.accounts")

LONGEST_NAME = 64  # characters


def page_to_use_one(user: User) -> str | None:
    """The name of the address; None when the person has no second factor."""
    types = Authenticator.objects.filter(user=user).values_list("type", flat=True)
    if Authenticator.Type.TOTP in types:
        return "mfa_reauthenticate"
    return "mfa_reauthenticate_webauthn" if types else None


def used(request: HttpRequest) -> bool:
    """Whether a second factor was used or set up in this session, and is still there.

    A session from before it was set up has not shown it.
    """
    if not request.user.is_authenticated:
        return False
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" for record in records) and is_mfa_enabled(
        request.user, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    )


class MFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code is not right, or was used before.",
    }

    def _get_site_name(self) -> str:
        return str(settings.SITE_NAME)

    def generate_authenticator_name(  # type: ignore[override]
        self,
        user: User,
        type: Authenticator.Type,  # noqa: A002
    ) -> str:
        others = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {others + 1}" if others else "Passkey"


class ActivateAppForm(ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Enter the code that it shows"

    def clean_code(self) -> str:
        """The first code is a used one from then on, as every other is."""
        code: str = super().clean_code()
        if not TOTP(Authenticator(user=self.user))._mark_code_used(code):
            raise get_adapter().validation_error("incorrect_code")
        return code


def whatever_is_sent[T](clean: Callable[[Any], T]) -> Callable[[Any], T]:
    """Refuse a credential by a word beside it: what reads it raises as it comes."""

    @wraps(clean)
    def cleaned(form: Form) -> T:
        try:
            if r"\u0000" in json.dumps(form.cleaned_data.get("credential")):
                raise ValueError("PostgreSQL's JSON holds no NUL.")
            return clean(form)
        except DatabaseError:
            raise
        except Exception as error:
            if isinstance(error, ValidationError) and error.code != "incorrect_code":
                raise
            log.warning("passkey_refused", error=type(error).__name__)
            raise ValidationError("That passkey does not fit this account.") from error

    return cleaned


class AddPasskeyForm(forms.AddWebAuthnForm):
    name = CharField(max_length=LONGEST_NAME, required=False)
    clean = whatever_is_sent(forms.AddWebAuthnForm.clean)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        passwordless = self.fields["passwordless"]
        passwordless.initial = True
        passwordless.label = "Sign in with it alone, without a password"
        passwordless.help_text = (
            "Needs a fingerprint, a face or a PIN. Leave it out for a key without."
        )


class EditPasskeyForm(forms.EditWebAuthnForm):
    name = CharField(max_length=LONGEST_NAME)


class AuthenticateByPasskeyForm(forms.AuthenticateWebAuthnForm):
    clean_credential = whatever_is_sent(forms.AuthenticateWebAuthnForm.clean_credential)


class LoginByPasskeyForm(forms.LoginWebAuthnForm):
    clean_credential = whatever_is_sent(forms.LoginWebAuthnForm.clean_credential)


class ReauthenticateByPasskeyForm(forms.ReauthenticateWebAuthnForm):
    clean_credential = whatever_is_sent(
        forms.ReauthenticateWebAuthnForm.clean_credential
    )


class _TryAgain:
    """Lead back to the page that was pressed on, with the way on from there."""

    page: str
    request: Any

    def form_invalid(self, form: Form) -> HttpResponse:
        super().form_invalid(form)  # type: ignore[misc]
        return redirect(
            passthrough_next_redirect_url(self.request, reverse(self.page), "next")
        )


class LoginView(_TryAgain, views.LoginWebAuthnView):
    page = "account_login"


class ReauthenticateView(_TryAgain, views.ReauthenticateWebAuthnView):
    page = "mfa_reauthenticate_webauthn"
