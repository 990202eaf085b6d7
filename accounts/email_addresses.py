"""The one form in which an email address is stored and compared."""

from typing import Any

import idna
from allauth.account import fields
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MAX_LENGTH = 320  # characters, as in Django's validator


def canonical_domain(domain: str) -> str:
    """Return a domain in lower case and ASCII: `münchen.de` is `xn--mnchen-3ya.de`.

    Raises ValidationError if it is not valid in IDNA 2008.
    """
    domain = domain.lower()
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValidationError(_("Enter a valid email address.")) from error


def canonical(address: str) -> str:
    """Return the address in lower case, with its domain in ASCII.

    All forms reach the same mailbox, so they must not make several accounts. Raises
    ValidationError if the address cannot be written in ASCII.
    """
    local, at, domain = address.strip().lower().rpartition("@")
    if len(address) > MAX_LENGTH or not (local.isascii() and local.isprintable()):
        raise ValidationError(_("Enter a valid email address."))
    return f"{local}{at}{canonical_domain(domain)}"


class EmailField(fields.EmailField):
    """A form field that returns the canonical address."""

    def to_python(self, value: Any) -> str:
        return canonical(super().to_python(value) or "")
