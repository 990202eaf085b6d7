"""Where Cairn's account forms depart from allauth's."""

from typing import Any

import structlog
from allauth.account import forms
from allauth.socialaccount.forms import SignupForm as SocialForm
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.forms import ChoiceField, Field, ModelForm, Select
from django.http import HttpRequest

from accounts import signup_policy
from accounts.models import User
from accounts.time_zones import by_region, label

log = structlog.get_logger("cairn.accounts")


class LoginForm(forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A link to the reset that forgets where one came from; the page has its own.
        self.fields["password"].help_text = ""
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"

    def clean(self) -> Any:
        try:
            return super().clean()  # type: ignore[no-untyped-call]
        except ValidationError as error:
            if error.code == "too_many_login_attempts":
                log.warning("sign_in_limited")
            self.add_error("password", error)
            return self.cleaned_data


class Joining:
    """A form whose address asks for an account."""

    def clean_email(self) -> str:
        address: str = super().clean_email()  # type: ignore[misc]
        signup_policy.check(address)
        return address


class NewPassword:
    fields: dict[str, Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[
            "password1"
        ].help_text = "Twelve characters or more: a few words in a row do well."


class SignupForm(Joining, NewPassword, forms.SignupForm):
    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists and self.cleaned_data.get("password1"):
            # What a new account costs: the time must not tell the two apart.
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class SetPasswordForm(NewPassword, forms.SetPasswordForm):
    pass


class ResetPasswordForm(NewPassword, forms.ResetPasswordKeyForm):
    pass


class ChangePasswordForm(NewPassword, forms.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].help_text = ""


class ReauthenticateForm(forms.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class SocialSignupForm(Joining, SocialForm):
    """Of somebody of whom the other site told no address."""


class AddEmailForm(forms.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "Another address"


class NameForm(ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["name"]
        help_texts = {"name": "How mails greet you. Nobody else sees it."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())


class TimeZoneForm(ModelForm):  # type: ignore[type-arg]
    time_zone = ChoiceField(
        required=False,
        widget=Select,
        help_text="In which pages and mails say dates.",
    )

    class Meta:
        model = User
        fields = ["time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        automatic = [("", "As the browser says"), ("UTC", "UTC")]
        chosen = self.instance.time_zone
        regions = by_region()
        known = {name for _, names in regions for name, _ in names}
        odd = [(chosen, label(chosen))] if chosen not in {"", "UTC", *known} else []
        self.fields["time_zone"].choices = [*automatic, *odd, *regions]  # type: ignore[attr-defined]
