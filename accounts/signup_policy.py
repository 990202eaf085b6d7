"""Who may join: the one rule that every way to sign up asks."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.models import Invitation, User


def is_open() -> bool:
    """Whether anybody at all may join."""
    return bool(settings.SIGN_UP != "closed")


def check(address: str) -> None:
    """Raises ValidationError, with the reason, when nobody may join with `address`."""
    if settings.SIGN_UP == "closed":
        raise ValidationError("New accounts cannot be made here at the moment.")
    if settings.SIGN_UP == "domains":
        domain = address.lower().rpartition("@")[2]
        if domain not in map(str.lower, settings.SIGN_UP_DOMAINS):
            allowed = " or ".join(settings.SIGN_UP_DOMAINS)
            raise ValidationError(f"Use an address that ends in {allowed}.")
    if settings.SIGN_UP == "invitation":
        invited = Invitation.objects.open().filter(address=address.lower())
        if not invited.exists():
            raise ValidationError("There is no open invitation for this address.")


def may_join(address: str) -> bool:
    try:
        check(address)
    except ValidationError:
        return False
    return True


def use_invitations(user: User) -> None:
    """Close what invitations there are for the addresses that the person confirmed."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True).values("email")
    open_ = Invitation.objects.open().filter(address__in=confirmed)
    open_.update(used_at=timezone.now())


def invite(request: HttpRequest, invitation: Invitation) -> None:
    """Open the invitation, again if need be, and mail it.

    Raises MailNotSentError.
    """
    invitation.invited_by = request.user if request.user.is_authenticated else None
    invitation.invited_at, invitation.used_at = timezone.now(), None
    invitation.save()
    query = urlencode({"email": invitation.address})
    url = request.build_absolute_uri(f"{reverse('account_signup')}?{query}")
    get_adapter().send_mail(
        "account/email/invitation",
        invitation.address,
        {"signup_url": url, "invited_by": request.user},
    )
