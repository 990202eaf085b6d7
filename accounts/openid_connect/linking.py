"""Which account somebody gets who signs in with the organisation for the first time.

From then on `sub` alone decides. A changed address at the organisation changes nothing
here.
"""

from http import HTTPStatus

import structlog
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.http import HttpRequest
from django.shortcuts import redirect, render

from accounts.models import User
from accounts.openid_connect.provider import PROVIDER
from accounts.sign_in_events import record_failure

log = structlog.get_logger("cairn.accounts")


def is_organisation(sociallogin: SocialLogin) -> bool:
    return bool(sociallogin.provider.id == PROVIDER)


def is_linked_already(user: User, sociallogin: SocialLogin) -> bool:
    """Whether the user signs in as somebody else at the same organisation.

    An organisation may give the address of somebody who left to somebody new.
    """
    accounts = SocialAccount.objects.filter(user=user)
    return accounts.filter(provider=sociallogin.account.provider).exists()


def require_usable_address(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Raises ImmediateHttpResponse, with a page, if no account can be made or linked.

    A deactivated account is not linked either. A signed-in user who connects the
    organisation's account has proved both, so the address does not matter then.
    """
    user = sociallogin.user
    if user and sociallogin.is_existing and not user.is_active:
        record_failure(request, user, "organisation", "deactivated")
        raise ImmediateHttpResponse(redirect("account_inactive"))
    is_connecting = sociallogin.state.get("process") == AuthProcess.CONNECT
    if sociallogin.is_existing or is_connecting:
        return
    sent = next(iter(sociallogin.email_addresses), None)  # there is at most one
    if reason := find_fault(sent):
        log.warning("organisation_sign_in_refused", reason=reason)
        context = {
            "reason": reason,
            "address": sent.email if sent else "",
            "organisation": sociallogin.provider.name,
        }
        template, status = "socialaccount/refused.html", HTTPStatus.FORBIDDEN
        raise ImmediateHttpResponse(render(request, template, context, status=status))


def find_fault(sent: EmailAddress | None) -> str:
    """Return why the address cannot be used for a new account, or ""."""
    if sent is None or not sent.email:
        return "missing"
    if not sent.verified:
        return "unverified"
    if EmailAddress.objects.filter(email=sent.email, verified=True).exists():
        return "linked"  # otherwise the account had been found by its address
    is_taken = (
        EmailAddress.objects.filter(email=sent.email).exists()
        or User.objects.filter(email=sent.email).exists()
    )
    return "unconfirmed" if is_taken else ""
