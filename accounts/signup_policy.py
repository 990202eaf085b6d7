"""Who may sign up. Every way to sign up uses these functions."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.audit import AuditAction, AuditEvent
from accounts.email_addresses import canonical, canonical_domain
from accounts.models import Invitation, User
from core.site_url import get_site_url


def is_open() -> bool:
    """Whether anybody may sign up at all."""
    return bool(settings.SIGN_UP != "closed")


def is_open_by_form() -> bool:
    """Whether people may sign up with an address that they enter."""
    return settings.SIGN_UP not in ("closed", "organisation")


def is_open_by_organisation() -> bool:
    """Whether the organisation's provider is the only way to sign up."""
    return bool(settings.SIGN_UP == "organisation")


def is_open_to_visitors() -> bool:
    """Whether visitors can sign up without an invitation."""
    return settings.SIGN_UP in ("open", "domains", "organisation")


def validate_may_sign_up(email: str) -> None:
    """Raises ValidationError, with the reason, if `email` may not sign up."""
    email = canonical(email)
    if settings.SIGN_UP == "closed":
        raise ValidationError(_("You can’t create an account here at the moment."))
    if settings.SIGN_UP == "organisation":
        raise ValidationError(_("You can’t create an account with an email address."))
    if settings.SIGN_UP == "domains":
        domain = email.rpartition("@")[2]
        if domain not in map(canonical_domain, settings.SIGN_UP_DOMAINS):
            message = ngettext(
                "Use an email address that ends in %(domains)s.",
                "Use an email address that ends in one of these: %(domains)s.",
                len(settings.SIGN_UP_DOMAINS),
            )
            domains = ", ".join(settings.SIGN_UP_DOMAINS)
            raise ValidationError(message % {"domains": domains})
    if settings.SIGN_UP == "invitation":
        invitations = Invitation.objects.open().filter(address=email)
        if not invitations.exists():
            raise ValidationError(
                _("There is no open invitation for this email address.")
            )


def may_sign_up(email: str) -> bool:
    try:
        validate_may_sign_up(email)
    except ValidationError:
        return False
    return True


def mark_invitations_used(user: User) -> None:
    """Mark the open invitations for the user's confirmed addresses as used."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True).values("email")
    invitations = Invitation.objects.open().filter(address__in=confirmed)
    invitations.update(used_at=timezone.now())


@transaction.atomic
def invite(request: HttpRequest, invitation: Invitation) -> None:
    """Save and mail the invitation. A used one becomes open again.

    Raises MailNotSentError.
    """
    invitation.invited_by = request.user if request.user.is_authenticated else None
    invitation.invited_at, invitation.used_at = timezone.now(), None
    invitation.save()
    AuditEvent.objects.record(
        *(AuditAction.PERSON_INVITED, invitation.invited_by), invitation=invitation.pk
    )
    query = urlencode({"email": invitation.address})
    url = f"{get_site_url(request)}{reverse('account_signup')}?{query}"
    get_adapter().send_mail(
        "account/email/invitation",
        invitation.address,
        {"signup_url": url, "invited_by": request.user},
    )
