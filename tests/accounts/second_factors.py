"""Second factors for tests. allauth has no public way to make them."""

import re
import time

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.webauthn.internal.auth import WebAuthn

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
PERIOD = 30  # seconds for which a code of an app is valid


def add_app(user):
    """An authenticator app with `SECRET`."""
    return TOTP.activate(user, SECRET).instance


def add_recovery_codes(user):
    """The codes."""
    return RecoveryCodes.activate(user).get_unused_codes()


def add_passkey(user, name="Laptop"):
    return WebAuthn.add(user, name, {"clientExtensionResults": {}}).instance


def totp_code(secret=SECRET):
    """The code that the authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD))


def secret_on(response):
    """The secret that the page shows for an authenticator app."""
    return re.search(r'class="secret">(\w+)<', response.content.decode())[1]
