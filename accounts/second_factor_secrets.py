"""The secrets of authenticator apps and recovery codes, encrypted in the database.

Without SECRET_KEY, nobody can compute codes from the database or a backup of it.
"""

from collections.abc import Callable
from functools import wraps

import structlog
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core.encryption import get_cipher

BATCH_SIZE = 1000
PURPOSE = "accounts.second_factor_secrets"
# Where allauth keeps the secret in `Authenticator.data`. Passkeys have none: theirs
# never leaves the device.
FIELDS = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}

log = structlog.get_logger("cairn.accounts")


class UnreadableSecretError(ValidationError):
    """No key can decrypt a secret: SECRET_KEY has been lost."""

    silent_variable_failure = True  # templates show nothing instead of failing


def encrypt(text: str) -> str:
    return get_cipher(PURPOSE).encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Raises UnreadableSecretError."""
    try:
        return get_cipher(PURPOSE).decrypt(encrypted.encode()).decode()
    except InvalidToken as error:
        log.error("second_factor_unreadable")
        raise UnreadableSecretError(
            _(
                "This site can no longer check codes from your authenticator app, "
                "or your recovery codes. Ask the people who run it to remove "
                "both."
            )
        ) from error


def explain_unreadable(
    view: Callable[..., HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Lead to the list of second factors if the page cannot read one, and say why."""

    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponseBase:
        try:
            return view(request)
        except UnreadableSecretError as error:
            messages.error(request, error.message)
            return redirect("mfa_index")

    return wrapper


def renew_encryption() -> int:
    """Encrypt again, with the current SECRET_KEY, what an earlier one encrypted.

    Returns the number of secrets. Those that no key can decrypt stay as they are.
    Without SECRET_KEY_FALLBACKS, there is no earlier key, and nothing is read.
    """
    if not settings.SECRET_KEY_FALLBACKS:
        return 0
    current = get_cipher(PURPOSE, with_fallbacks=False)
    secrets = Authenticator.objects.filter(type__in=FIELDS).order_by("pk")
    renewed = last = 0
    while batch := list(secrets.filter(pk__gt=last)[:BATCH_SIZE]):
        last = batch[-1].pk
        outdated = [each for each in batch if not _can_decrypt(current, _read(each))]
        renewed += sum(_renew(each.pk) for each in outdated)
    return renewed


@transaction.atomic
def _renew(pk: int) -> bool:
    # Locked, because a recovery code that is used now changes the same column.
    authenticator = Authenticator.objects.select_for_update().filter(pk=pk).first()
    cipher = get_cipher(PURPOSE)
    if not authenticator or not _can_decrypt(cipher, _read(authenticator)):
        return False
    field = FIELDS[Authenticator.Type(authenticator.type)]
    authenticator.data[field] = cipher.rotate(_read(authenticator)).decode()
    authenticator.save(update_fields=["data"])
    return True


def _read(authenticator: Authenticator) -> bytes:
    field = FIELDS[Authenticator.Type(authenticator.type)]
    return str(authenticator.data[field]).encode()


def _can_decrypt(cipher: MultiFernet, encrypted: bytes) -> bool:
    try:
        cipher.decrypt(encrypted)
    except InvalidToken:
        return False
    return True
