"""Everything that Cairn takes from allauth's internal modules.

allauth may change these modules in any release, so no other module imports them.
Each entry says what it is for and which public API is missing.
"""

# Sends a code and checks it. No public class does this for a signed-in user.
from allauth.account.internal.flows.code_verification import (
    AbstractCodeVerificationProcess as CodeVerificationProcess,
)
from allauth.account.internal.flows.email_verification_by_code import (
    EmailVerificationProcess,
)

# Records in the session how the user signed in. The public module
# `allauth.account.authentication` can only read these records.
from allauth.account.internal.flows.login import record_authentication

# `get_reauthentication_flows` lists the ways in which a user can reauthenticate in
# allauth (password or second factor). `resume_request` continues the request that
# reauthentication interrupted. Neither is public.
from allauth.account.internal.flows.reauthentication import (
    get_reauthentication_flows,
    resume_request,
)
from allauth.account.internal.stagekit import unstash_login
from allauth.account.models import Login
from allauth.core import context

# The address by which allauth's limits count: behind trusted proxies, and a whole
# network for IPv6. The adapter's public `get_client_ip` returns a single IPv6 address.
from allauth.core.internal.ratelimit import get_ip

# The secret of the authenticator app that the user is setting up. allauth's own form
# replaces it each time that the page is shown, and has no setting for it.
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, get_totp_secret
from django.http import HttpRequest

__all__ = [
    "CodeVerificationProcess",
    "cancel_email_verification",
    "get_ip",
    "get_pending_login",
    "get_reauthentication_flows",
    "get_totp_secret",
    "pop_pending_login",
    "record_authentication",
    "resume_request",
    "store_totp_secret",
]


def get_pending_login(request: HttpRequest) -> Login | None:
    """Return the sign-in that is waiting for a code or a second factor.

    allauth stores it in the session and has no public function to read it.
    """
    return unstash_login(request, peek=True)


def pop_pending_login(request: HttpRequest) -> Login | None:
    """Remove the sign-in that is waiting for a code, and return it."""
    return unstash_login(request)


def cancel_email_verification(request: HttpRequest) -> None:
    """Invalidate the code that was mailed to confirm an address.

    allauth's public view can only replace the address, not cancel.
    """
    if process := EmailVerificationProcess.resume(request):
        process.abort()


def store_totp_secret(secret: str) -> None:
    """Store the secret in the session, until the authenticator app is set up."""
    context.request.session[SECRET_SESSION_KEY] = secret
