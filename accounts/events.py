"""Signal receivers that log one line for each account event.

Each line has the user's id, but never a password, a code, a token or an address.
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
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from accounts.allauth_internals import record_authentication
from accounts.limits import WRONG_PASSWORDS
from accounts.models import User

log = structlog.get_logger("cairn.accounts")


@receiver(account_signals.user_logged_in)
def log_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    records = get_authentication_records(request, user)
    log.info("signed_in", user_id=user.pk, by=[record["method"] for record in records])


@receiver(account_signals.user_logged_in)
def count_as_reauthentication(request: HttpRequest, user: User, **_: Any) -> None:
    """Do not ask for the password again within minutes of a sign-in or sign-up.

    allauth counts only what was entered after the sign-in.
    """
    record_authentication(request, user, "sign_in", reauthenticated=True)


@receiver(auth_signals.user_login_failed)
def log_failed_sign_in(credentials: dict[str, str], **_: Any) -> None:
    matching = User.objects.filter(email=credentials.get("email", ""))
    log.warning("sign_in_failed", user_id=matching.values_list("pk", flat=True).first())


@receiver(auth_signals.user_logged_out)
def log_sign_out(user: User | None, **_: Any) -> None:
    if user:
        log.info("signed_out", user_id=user.pk)


def log_user_signal(signal: Signal, event: str) -> None:
    @receiver(signal, weak=False)
    def log_event(user: User, **_: Any) -> None:
        log.info(event, user_id=user.pk)


log_user_signal(account_signals.user_signed_up, "signed_up")
log_user_signal(account_signals.password_set, "password_set")
log_user_signal(account_signals.password_changed, "password_changed")
log_user_signal(account_signals.password_reset, "password_reset")


@receiver(account_signals.password_reset)
def unlock_password(user: User, **_: Any) -> None:
    """Let the user sign in with the new password at once."""
    for address in EmailAddress.objects.filter(user=user):
        WRONG_PASSWORDS.reset(address.email)


log_user_signal(account_signals.email_changed, "primary_address_changed")
log_user_signal(account_signals.email_added, "address_added")
log_user_signal(account_signals.email_removed, "address_removed")


@receiver(account_signals.email_confirmed)
def log_confirmed_address(email_address: EmailAddress, **_: Any) -> None:
    log.info("address_confirmed", user_id=email_address.user_id)


def log_rejected_code_signal(signal: Signal, purpose: str) -> None:
    @receiver(signal, weak=False)
    def log_event(user: User | None, last_attempt: bool, **_: Any) -> None:
        user_id = user and user.pk
        log.warning("code_refused", user_id=user_id, to=purpose, last=last_attempt)


log_rejected_code_signal(account_signals.login_code_rejected, "sign in")
log_rejected_code_signal(
    account_signals.password_reset_code_rejected, "reset the password"
)
log_rejected_code_signal(
    account_signals.email_verification_code_rejected, "confirm the address"
)


def log_authenticator_signal(signal: Signal, event: str) -> None:
    @receiver(signal, weak=False)
    def log_event(user: User, authenticator: Authenticator, **_: Any) -> None:
        log.info(event, user_id=user.pk, type=str(authenticator.type))


log_authenticator_signal(mfa_signals.authenticator_added, "factor_added")
log_authenticator_signal(mfa_signals.authenticator_removed, "factor_removed")
log_authenticator_signal(mfa_signals.authenticator_reset, "factor_renewed")
log_authenticator_signal(mfa_signals.authentication_failed, "factor_refused")


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


@receiver(social_signals.social_account_removed)
def log_unlinked_provider(socialaccount: SocialAccount, **_: Any) -> None:
    log.info(
        "provider_unlinked",
        user_id=socialaccount.user_id,
        provider=socialaccount.provider,
    )
