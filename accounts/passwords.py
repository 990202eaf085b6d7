"""Password rules: at least twelve characters, any script, and not a common password."""

import unicodedata
from threading import BoundedSemaphore
from typing import Any

from django.contrib.auth import hashers
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MAX_LENGTH = 1000  # characters; normalising a few megabytes takes seconds


def is_too_long(password: str) -> bool:
    return len(password) > MAX_LENGTH


def normalize(password: str) -> str:
    """Return the password in Unicode form NFKC, as in NIST SP 800-63B 3.1.1.2.

    Keyboards may encode the same letter in different ways. Raises ValidationError for a
    password that is too long.
    """
    if is_too_long(password):
        raise ValidationError(
            _("Use at most 1,000 characters."), code="password_too_long"
        )
    return unicodedata.normalize("NFKC", password)


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Django's hasher, limited to two threads at a time because each uses 100 MB."""

    semaphore = BoundedSemaphore(2)

    def encode(self, password: str, salt: str) -> str:
        with self.semaphore:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with self.semaphore:
            return super().verify(password, encoded)


class CommonPairValidator:
    """Refuses two of Django's common passwords in a row: `password12345678`."""

    def __init__(self) -> None:
        self.common = CommonPasswordValidator().passwords

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002
        password = password.lower().strip()
        if any(
            password[:length] in self.common and password[length:] in self.common
            for length in range(1, min(len(password), 64))
        ):
            raise ValidationError(
                _("This password is made of two common passwords."),
                code="password_too_common",
            )

    def get_help_text(self) -> str:
        return _("Your password can’t be made of two common passwords.")
