"""Codes that people type: from mails, authenticator apps and recovery codes."""

import hashlib
import unicodedata
from typing import Any

from allauth.account import app_settings, forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from django.conf import settings

from core.rate_limit import increment

MAX_LENGTH = 100  # characters that are read, many more than any code has


def normalize_code(text: str) -> str:
    """Return the letters and digits of a code.

    What people paste may have another kind of hyphen, full-width characters or
    invisible ones. Digits of other scripts, from the keyboard, become ASCII digits.
    """
    characters = unicodedata.normalize("NFKC", text[:MAX_LENGTH])
    return "".join(
        str(unicodedata.decimal(character, character))
        for character in characters
        if character.isalnum()
    )


class CodeFormMixin:
    """Normalizes the code before the form compares it."""

    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        self.cleaned_data["code"] = normalize_code(self.cleaned_data["code"])
        code: str = super().clean_code()  # type: ignore[misc]
        return code


class MailedCodeFormMixin(CodeFormMixin):
    """Counts how often a mailed code was tried.

    allauth counts in the session, so it misses some of the tries that are made at the
    same time.
    """

    expected_code: str

    def clean_code(self) -> str:
        if not use_try(self.expected_code):
            raise get_adapter().validation_error("incorrect_code")
        return super().clean_code()


def use_try(expected_code: str) -> bool:
    """Count a try of the code that this session waits for.

    Return whether it may be compared. Without an account there is no code to expect;
    its tries are counted too, so that the responses are the same.
    """
    session_key = context.request.session.session_key
    key = hashlib.sha256(f"{session_key} {expected_code}".encode()).hexdigest()
    tries = increment(f"code:{key}", settings.MAILED_CODE_SECONDS)
    return bool(tries <= app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS)


class LoginCodeForm(MailedCodeFormMixin, forms.ConfirmLoginCodeForm):
    pass


class EmailCodeForm(MailedCodeFormMixin, forms.ConfirmEmailVerificationCodeForm):
    pass


class PasswordResetCodeForm(MailedCodeFormMixin, forms.ConfirmPasswordResetCodeForm):
    pass
