"""The signal that somebody has signed in with the organisation, with their claim."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_logged_in
from allauth.socialaccount.models import SocialLogin
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.openid_connect.linking import is_organisation

# Sent with `request`, `user`, the set `values` of the claim, and the `provider`.
# A receiver that writes needs a transaction of its own: it may fail, and the person is
# signed in all the same.
claims_received = Signal()


@receiver(user_logged_in)
def send_claims(
    request: HttpRequest,
    user: User,
    sociallogin: SocialLogin | None = None,
    **_: Any,
) -> None:
    if sociallogin is None or not is_organisation(sociallogin):
        return
    values = sociallogin.account.extra_data.get("groups")
    if values is not None:
        claims_received.send_robust(
            sender=User,
            request=request,
            user=user,
            values=frozenset(values),
            provider=sociallogin.provider,
        )
