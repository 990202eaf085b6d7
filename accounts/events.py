"""Signal receivers that log each account event, and record it in the audit trail.

Each line has the user's id, but never a password, a code, a token or an address. The
views that send the signals are in one transaction (urls.py), so a change and its event
in the audit trail are both stored or neither is. The exception is a second factor that
was added or renewed: allauth sends some of these signals just after the transaction.
"""

from typing import Any

import structlog
from allauth.account import signals as account_signals
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social_signals
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth import signals as auth_signals
from django.db import transaction
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from accounts.allauth_internals import record_authentication
from accounts.audit import AuditAction, AuditEvent
from accounts.limits import WRONG_PASSWORDS
from accounts.models import User
from accounts.sign_in_events import name_provider, record_failure, record_sign_in

log = structlog.get_logger("cairn.accounts")


@receiver(account_signals.user_logged_in)
def log_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    records = get_authentication_records(request, user)
    log.info("signed_in", user_id=user.pk, by=[record["method"] for record in records])
    record_sign_in(request, user)


@receiver(account_signals.user_logged_in)
def count_as_reauthentication(request: HttpRequest, user: User, **_: Any) -> None:
    """Do not ask for the password again within minutes of a sign-in or sign-up.

    allauth counts only what was entered after the sign-in.
    """
    record_authentication(request, user, "sign_in", reauthenticated=True)


@receiver(auth_signals.user_logged_out)
def log_sign_out(user: User | None, **_: Any) -> None:
    if user:
        log.info("signed_out", user_id=user.pk)


def log_user_signal(signal: Signal, event: str, action: AuditAction) -> None:
    @receiver(signal, weak=False)
    def log_event(user: User, **_: Any) -> None:
        log.info(event, user_id=user.pk)
        AuditEvent.objects.record(action, user)


# For each signal, the word in the log and the action in the audit trail.
for signal, event, action in [
    (account_signals.user_signed_up, "signed_up", AuditAction.ACCOUNT_CREATED),
    (account_signals.password_set, "password_set", AuditAction.PASSWORD_SET),
    (
        account_signals.password_changed,
        "password_changed",
        AuditAction.PASSWORD_CHANGED,
    ),
    (account_signals.password_reset, "password_reset", AuditAction.PASSWORD_RESET),
    (
        account_signals.email_changed,
        "primary_address_changed",
        AuditAction.ADDRESS_CHANGED,
    ),
    (account_signals.email_added, "address_added", AuditAction.ADDRESS_ADDED),
    (account_signals.email_removed, "address_removed", AuditAction.ADDRESS_REMOVED),
]:
    log_user_signal(signal, event, action)


@receiver(account_signals.password_reset)
def unlock_password(user: User, **_: Any) -> None:
    """Let the user sign in with the new password at once."""
    for address in EmailAddress.objects.filter(user=user):
        WRONG_PASSWORDS.reset(address.email)


@receiver(account_signals.email_confirmed)
def log_confirmed_address(email_address: EmailAddress, **_: Any) -> None:
    log.info("address_confirmed", user_id=email_address.user_id)
    AuditEvent.objects.record(AuditAction.ADDRESS_CONFIRMED, email_address.user)


def log_rejected_code_signal(signal: Signal, purpose: str, way: str) -> None:
    @receiver(signal, weak=False)
    def log_event(
        request: HttpRequest, user: User | None, last_attempt: bool, **_: Any
    ) -> None:
        user_id = user and user.pk
        log.warning("code_refused", user_id=user_id, to=purpose, last=last_attempt)
        record_failure(request, user, way)


for signal, purpose, way in [
    (account_signals.login_code_rejected, "sign in", "code"),
    (
        account_signals.password_reset_code_rejected,
        "reset the password",
        "password_reset",
    ),
    (
        account_signals.email_verification_code_rejected,
        "confirm the address",
        "address_code",
    ),
]:
    log_rejected_code_signal(signal, purpose, way)


def log_authenticator_signal(signal: Signal, event: str, action: AuditAction) -> None:
    @receiver(signal, weak=False)
    def log_event(user: User, authenticator: Authenticator, **_: Any) -> None:
        factor = str(authenticator.type)
        log.info(event, user_id=user.pk, type=factor)
        with transaction.atomic():
            AuditEvent.objects.record(action, user, factor=factor)


for signal, event, action in [
    (mfa_signals.authenticator_added, "factor_added", AuditAction.FACTOR_ADDED),
    (mfa_signals.authenticator_removed, "factor_removed", AuditAction.FACTOR_REMOVED),
    (mfa_signals.authenticator_reset, "factor_renewed", AuditAction.FACTOR_RENEWED),
]:
    log_authenticator_signal(signal, event, action)


@receiver(mfa_signals.authentication_failed)
def log_refused_factor(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    factor = str(authenticator.type)
    log.info("factor_refused", user_id=user.pk, type=factor)
    record_failure(request, user, factor)


@receiver(mfa_signals.authenticator_added)
def record_new_factor_as_used(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    """Do not ask for a factor in the session in which the user set it up."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", type=authenticator.type)


@receiver(social_signals.social_account_added)
def log_linked_provider(sociallogin: SocialLogin, **_: Any) -> None:
    account = sociallogin.account
    log.info("provider_linked", user_id=account.user_id, provider=account.provider)
    way = name_provider(account.provider)
    AuditEvent.objects.record(AuditAction.PROVIDER_LINKED, account.user, way=way)


@receiver(social_signals.social_account_removed)
def log_unlinked_provider(socialaccount: SocialAccount, **_: Any) -> None:
    log.info(
        "provider_unlinked",
        user_id=socialaccount.user_id,
        provider=socialaccount.provider,
    )
    way = name_provider(socialaccount.provider)
    AuditEvent.objects.record(
        AuditAction.PROVIDER_UNLINKED, socialaccount.user, way=way
    )
