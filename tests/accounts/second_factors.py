"""Creates second factors for tests. allauth has no public API for this."""

import re
import time

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.webauthn.internal.auth import WebAuthn

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
PERIOD = 30  # seconds for which a code of an authenticator app is valid


def add_authenticator_app(user):
    """Add an authenticator app with `SECRET`."""
    return TOTP.activate(user, SECRET).instance


def add_recovery_codes(user):
    """Add recovery codes if there are none, and return those that are unused."""
    return RecoveryCodes.activate(user).get_unused_codes()


def add_passkey(user, name="Laptop"):
    return WebAuthn.add(user, name, {"clientExtensionResults": {}}).instance


def totp_code(secret=SECRET):
    """Return the code that the authenticator app shows now."""
    return totp_code_at(time.time(), secret)


def totp_code_at(seconds, secret=SECRET):
    """Return the code that the authenticator app shows at this time."""
    return format_hotp_value(hotp_value(secret, int(seconds) // PERIOD))


def secret_in(response):
    """Return the secret for an authenticator app that the page shows."""
    return re.search(r'class="secret">(\w+)<', response.content.decode())[1]
