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
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.http import HttpRequest

from accounts.models import User

__all__ = [
    "CodeVerificationProcess",
    "cancel_email_verification",
    "get_pending_login",
    "get_reauthentication_flows",
    "mark_totp_code_used",
    "pop_pending_login",
    "record_authentication",
    "resume_request",
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


def mark_totp_code_used(user: User, code: str) -> bool:
    """Mark the code as used. Return False if it was used before.

    allauth does this for every code except the one that activates the authenticator
    app, and has no public function for it.
    """
    return TOTP(Authenticator(user=user))._mark_code_used(code)
