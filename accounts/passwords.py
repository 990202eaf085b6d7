"""What a password may be: long, in any letters, and not one that everybody tries."""

import unicodedata
from threading import BoundedSemaphore
from typing import Any

from django.contrib.auth import hashers
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError


def normalised(password: str) -> str:
    """The same text for the same letters, however a keyboard composes them.

    NFKC, as NIST SP 800-63B 3.1.1.2 advises.
    """
    return unicodedata.normalize("NFKC", password)


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Django's, two at a time: each takes 100 MB, and there are many threads."""

    turns = BoundedSemaphore(2)

    def encode(self, password: str, salt: str) -> str:
        with self.turns:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with self.turns:
            return super().verify(password, encoded)


class CommonPairValidator:
    """Refuse two of Django's commonest passwords in a row: `password12345678`."""

    def __init__(self) -> None:
        self.common = CommonPasswordValidator().passwords

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002
        password = password.lower().strip()
        if any(
            password[:cut] in self.common and password[cut:] in self.common
            for cut in range(1, min(len(password), 64))
        ):
            raise ValidationError(
                "This password is two common ones in a row.",
                code="password_too_common",
            )

    def get_help_text(self) -> str:
        return "Your password must not be two common ones in a row."
