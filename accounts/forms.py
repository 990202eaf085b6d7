"""The forms of the account pages: allauth's with changes, and two of our own."""

from typing import Any

import structlog
from allauth.account import forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.socialaccount.forms import SignupForm as AllauthSocialSignupForm
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.forms import ChoiceField, Field, ModelForm, Select
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import password_sign_in
from accounts.email_addresses import EmailField
from accounts.limits import login_code_request
from accounts.models import User
from accounts.signup_policy import validate_may_sign_up
from accounts.time_zones import choices_by_region, time_zone_label

log = structlog.get_logger("cairn.accounts")


class LoginForm(forms.LoginForm):
    is_limited = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = EmailField()
        # allauth's help text is a link to the password reset without `next`. Our
        # template has its own link.
        self.fields["password"].help_text = ""
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"

    def clean(self) -> Any:
        """Show all errors at the password field. Log when the rate limit is reached."""
        try:
            return super().clean()  # type: ignore[no-untyped-call]
        except ValidationError as error:
            if error.code == "too_many_passwords":
                self.is_limited = True
                log.warning("sign_in_limited")
            elif password_sign_in.is_restricted():
                error = ValidationError(password_sign_in.refused_message())
            self.add_error("password", error)
            return self.cleaned_data


class RequestLoginCodeForm(forms.RequestLoginCodeForm):
    email = EmailField()

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if not login_code_request(context.request, email).allowed():
            raise get_adapter().validation_error("rate_limited")
        # As for an unknown address, an email then says how to sign in.
        if self._user and not password_sign_in.is_allowed(self._user):
            self._user = None
        return email


class SignupPolicyMixin:
    """Checks the address of a new account against the sign-up policy."""

    def clean_email(self) -> str:
        email: str = super().clean_email()  # type: ignore[misc]
        validate_may_sign_up(email)
        return email


class NewPasswordMixin:
    """Replaces allauth's texts.

    The browser checks the length before it sends the form, so that nothing has to be
    typed again. The server never sends a password back.
    """

    fields: dict[str, Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        password = self.fields["password1"]
        password.help_text = _(
            "Use at least 12 characters. Several random words work well."
        )
        password.widget.attrs["minlength"] = 12
        if "password2" in self.fields:
            password.label = _("New password")
            self.fields["password2"].label = _("New password again")


class SignupForm(SignupPolicyMixin, NewPasswordMixin, forms.SignupForm):
    email = EmailField(help_text=_("We’ll email you a code to confirm your address."))

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists and self.cleaned_data.get("password1"):
            # Hash the password, as for a new account. Otherwise the shorter response
            # time would reveal that the address has an account.
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class SetPasswordForm(NewPasswordMixin, forms.SetPasswordForm):
    pass


class RequestPasswordResetForm(forms.ResetPasswordForm):
    email = EmailField()

    def clean_email(self) -> str:
        email: str = super().clean_email()
        self.users = list(filter(password_sign_in.is_allowed, self.users))
        return email


class ResetPasswordForm(NewPasswordMixin, forms.ResetPasswordKeyForm):
    pass


class ChangePasswordForm(NewPasswordMixin, forms.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Current password")
        self.fields["oldpassword"].help_text = ""


class ReauthenticateForm(forms.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class SocialSignupForm(SignupPolicyMixin, AllauthSocialSignupForm):
    """Asks for the address of a new user when the provider did not send one."""

    email = EmailField(help_text=_("We’ll email you a code to confirm your address."))


class AddEmailForm(forms.AddEmailForm):
    email = EmailField(label=_("Another email address"))


class NameForm(ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["name"]
        help_texts = {
            "name": _("Used in emails to you, and shown to people in your groups.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"

    def clean_name(self) -> str:
        """Return the name without repeated spaces."""
        return " ".join(self.cleaned_data["name"].split())


class TimeZoneForm(ModelForm):  # type: ignore[type-arg]
    time_zone = ChoiceField(
        label=_("Time zone"),
        required=False,
        widget=Select,
        help_text=_("Used for dates on the site and in emails."),
    )

    class Meta:
        model = User
        fields = ["time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first_choices = [("", _("Use browser setting")), ("UTC", "UTC")]
        regions = choices_by_region()
        listed = {"", "UTC", *(name for _, zones in regions for name, _ in zones)}
        current = self.instance.time_zone
        if current not in listed:  # an old name, or one that this machine does not know
            first_choices.append((current, time_zone_label(current)))
        self.fields["time_zone"].choices = [*first_choices, *regions]  # type: ignore[attr-defined]
