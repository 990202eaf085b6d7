"""What invitations to a group consist of: a link to open, or a short code to type."""

import re
import secrets

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

# Without I and O, which look like 1 and 0: 24 ** 6 is 191 million codes.
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 6


class InvitationState(TextChoices):
    USABLE = "usable", _("Usable")
    USED_UP = "used-up", _("Used up")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


def generate_token() -> str:
    return secrets.token_urlsafe(24)


def generate_code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def normalize_code(text: str) -> str:
    """Return what a person typed as a code, without spaces and hyphens."""
    return re.sub(r"[\W_]", "", text).upper()
