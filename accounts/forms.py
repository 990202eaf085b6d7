"""Where Cairn's account forms depart from allauth's."""

from typing import Any

from allauth.account import forms
from django.core.exceptions import ValidationError
from django.forms import Field


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
            self.add_error("password", error)
            return self.cleaned_data


class NewPassword:
    fields: dict[str, Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[
            "password1"
        ].help_text = "Twelve characters or more: a few words in a row do well."


class SignupForm(NewPassword, forms.SignupForm):
    pass


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
