"""What the audit trail says about sign-ins, and about attempts that fail."""

from allauth.account.authentication import get_authentication_records
from allauth.socialaccount.providers import registry
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest

from accounts.audit import AuditAction, AuditEvent
from core.rate_limit import Limit

HOUR = 60 * 60  # seconds
# So that strangers who guess cannot fill the database. One event more says so.
FAILURES = Limit("audited-failures", 20, HOUR)
FAILURES_LEFT_OUT = Limit("audited-failures-left-out", 1, HOUR)


def record_sign_in(request: HttpRequest, user: AbstractBaseUser) -> None:
    way = find_way(request, user)
    AuditEvent.objects.record(AuditAction.SIGNED_IN, user, user, **way)


def record_failure(
    request: HttpRequest,
    user: AbstractBaseUser | None,
    way: str | None = None,
    reason: str = "wrong",
) -> None:
    """Record that somebody did not prove to be the user. Nobody knows who it was.

    Nothing is recorded for an address without an account: it may be a stranger's.
    `way` is by default that of the sign-in that has begun.
    """
    if user is None:
        return
    if not FAILURES.use(str(user.pk)):
        if not FAILURES_LEFT_OUT.use(str(user.pk)):
            return
        reason = "too_many"
    action = (
        AuditAction.IDENTITY_CHECK_FAILED
        if request.user.is_authenticated
        else AuditAction.SIGN_IN_FAILED
    )
    details = {"way": way} if way else find_way(request, user)
    with transaction.atomic():
        AuditEvent.objects.record(action, None, user, **details, reason=reason)


def find_way(request: HttpRequest, user: AbstractBaseUser) -> dict[str, str]:
    """Return how the user signs in, as details of an event."""
    way = {}
    for record in get_authentication_records(request, user):
        method = record["method"]
        if method == "socialaccount":
            way["way"] = name_provider(record["provider"])
        elif method == "mfa":
            way["way" if record.get("passwordless") else "factor"] = record["type"]
        elif method != "sign_in":
            way["way"] = method
    return way


def name_provider(provider: str) -> str:
    """Return what the trail calls a provider. The organisation's has its URL as ID."""
    return provider if registry.get_class(provider) else "organisation"  # type: ignore[no-untyped-call]
