"""One line in the log for each thing that happens to an account.

With the person's id; never with a password, a code, a token or an address.
"""

from typing import Any

import structlog
from allauth.account import signals as account
from allauth.account.internal.flows.login import (
    get_authentication_records,
    record_authentication,
)
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth import signals as auth
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from accounts.models import User

log = structlog.get_logger("cairn.accounts")


@receiver(account.user_logged_in)
def signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    records = get_authentication_records(request, user)
    log.info("signed_in", user_id=user.pk, by=[record["method"] for record in records])


@receiver(auth.user_login_failed)
def sign_in_failed(credentials: dict[str, str], **_: Any) -> None:
    known = User.objects.filter(email=credentials.get("email", "").lower())
    log.warning("sign_in_failed", user_id=known.values_list("pk", flat=True).first())


@receiver(auth.user_logged_out)
def signed_out(user: User | None, **_: Any) -> None:
    if user:
        log.info("signed_out", user_id=user.pk)


def log_of_person(signal: Signal, event: str) -> None:
    @receiver(signal, weak=False)
    def happened(user: User, **_: Any) -> None:
        log.info(event, user_id=user.pk)


log_of_person(account.user_signed_up, "signed_up")
log_of_person(account.password_set, "password_set")
log_of_person(account.password_changed, "password_changed")
log_of_person(account.password_reset, "password_reset")
log_of_person(account.email_changed, "primary_address_changed")
log_of_person(account.email_added, "address_added")
log_of_person(account.email_removed, "address_removed")


@receiver(account.email_confirmed)
def address_confirmed(email_address: EmailAddress, **_: Any) -> None:
    log.info("address_confirmed", user_id=email_address.user_id)


def log_of_wrong_code(signal: Signal, to: str) -> None:
    @receiver(signal, weak=False)
    def refused(user: User | None, last_attempt: bool, **_: Any) -> None:
        log.warning("code_refused", user_id=user and user.pk, to=to, last=last_attempt)


log_of_wrong_code(account.login_code_rejected, "sign in")
log_of_wrong_code(account.password_reset_code_rejected, "reset the password")
log_of_wrong_code(account.email_verification_code_rejected, "confirm the address")


def log_of_factor(signal: Signal, event: str) -> None:
    @receiver(signal, weak=False)
    def happened(user: User, authenticator: Authenticator, **_: Any) -> None:
        log.info(event, user_id=user.pk, type=str(authenticator.type))


log_of_factor(mfa.authenticator_added, "factor_added")
log_of_factor(mfa.authenticator_removed, "factor_removed")
log_of_factor(mfa.authenticator_reset, "factor_renewed")
log_of_factor(mfa.authentication_failed, "factor_refused")


@receiver(mfa.authenticator_added)
def set_up_is_used(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    """Who has just set a factor up has shown it in this session."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", type=authenticator.type)


@receiver(social.social_account_added)
def provider_linked(sociallogin: SocialLogin, **_: Any) -> None:
    account = sociallogin.account
    log.info("provider_linked", user_id=account.user_id, provider=account.provider)


@receiver(social.social_account_removed)
def provider_unlinked(socialaccount: SocialAccount, **_: Any) -> None:
    log.info(
        "provider_unlinked",
        user_id=socialaccount.user_id,
        provider=socialaccount.provider,
    )
