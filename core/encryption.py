"""Encrypt secrets, so that neither the database nor a backup shows them."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def get_cipher(purpose: str, *, with_fallbacks: bool = True) -> MultiFernet:
    """Return a cipher that encrypts with a key derived from SECRET_KEY.

    It also decrypts with the keys derived from SECRET_KEY_FALLBACKS, if wanted. Each
    purpose has keys of its own.
    """
    fallbacks = settings.SECRET_KEY_FALLBACKS if with_fallbacks else []
    secrets = [settings.SECRET_KEY, *fallbacks]
    digests = [sha256(f"{purpose}{secret}".encode()).digest() for secret in secrets]
    return MultiFernet([Fernet(urlsafe_b64encode(digest)) for digest in digests])
