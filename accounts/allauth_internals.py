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

# Notes in the session how the user signed in. The public module
# `allauth.account.authentication` only reads these notes.
from allauth.account.internal.flows.login import record_authentication

# Says how a user can reauthenticate in allauth (with a password or a second factor),
# and continues the request that reauthentication interrupted. Neither is public.
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
    """The sign-in that waits for a code or a second factor.

    allauth keeps it in the session and has no public function that reads it.
    """
    return unstash_login(request, peek=True)


def pop_pending_login(request: HttpRequest) -> Login | None:
    """The sign-in that waits for a code, which ends here."""
    return unstash_login(request)


def cancel_email_verification(request: HttpRequest) -> None:
    """Make the code that was mailed to confirm an address invalid.

    allauth's public view can only replace the address, not give up.
    """
    if process := EmailVerificationProcess.resume(request):
        process.abort()


def mark_totp_code_used(user: User, code: str) -> bool:
    """Whether the code was unused until now. It is used from now on.

    allauth does this when it checks a code, but not for the code that activates the
    app, and has no public function for it.
    """
    return TOTP(Authenticator(user=user))._mark_code_used(code)
