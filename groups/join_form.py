"""The form for the code of an invitation, and the limits on guessing codes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.allauth_internals import get_ip
from accounts.limits import Uses
from core.rate_limit import Limit
from groups.invitations import Invitation

MAX_TYPED_LENGTH = 20  # characters; a code has six, and people add spaces and hyphens
# Of 191 million codes. The limit per address allows for a whole class in one room.
WRONG_CODES = Limit("wrong-join-codes", 10, 10 * 60)
WRONG_CODES_PER_IP = Limit("wrong-join-codes-per-ip", 60, 10 * 60)


class JoinForm(forms.Form):
    """After `is_valid`, `invitation` is the usable invitation with the code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=MAX_TYPED_LENGTH,
        widget=forms.TextInput(
            {
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": _("Enter the six-letter code.")},
    )
    invitation: Invitation

    def __init__(self, *args: Any, is_allowed: bool = True, **kwargs: Any) -> None:
        """Without `is_allowed`, no code is looked up: the person must wait."""
        super().__init__(*args, **kwargs)
        self.is_allowed = is_allowed

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not self.is_allowed:
            raise forms.ValidationError(
                _("Too many wrong codes. Try again in ten minutes.")
            )
        invitation = Invitation.objects.find_code(code)
        if invitation is None:
            raise forms.ValidationError(
                _(
                    "This code doesn’t work. Check the letters, or ask the person who "
                    "gave it to you."
                )
            )
        self.invitation = invitation
        return code


def use_guess(request: HttpRequest) -> Uses:
    """The limits on one try. Give it back if the code proves to be right."""
    return Uses(
        [(WRONG_CODES_PER_IP, get_ip(request)), (WRONG_CODES, str(request.user.pk))]
    )
